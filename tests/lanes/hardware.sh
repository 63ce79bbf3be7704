#!/usr/bin/env bash
# Runs tests with real drivers in a small virtual machine: hardware.sh TESTS PROGRAM [ARGUMENTS…]
#
# TESTS is a built test executable, PROGRAM the executable under test; both go into the guest's memory with their libraries. The guest has
# sound cards (a dummy one, a loopback), the ALSA sequencer, and USB MIDI and HID devices that the tests plug in and pull (see init).
# The guest's clock counts instructions: the load of this machine causes no dropout and no timeout, and idle time is skipped.
# Prints the guest's console. Ends with the code of TESTS, with 77 when the lane cannot run here, with 99 when the guest did not end well.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tests=$1 program=$2
shift 2
limit_seconds=${LOOPHOLE_HARDWARE_LIMIT_SECONDS:-600}

for tool in busybox cpio strip ldd; do
  command -v "$tool" >/dev/null || { echo "lane hardware: $tool is missing; ./test installs it"; exit 77; }
done
fetched=$(LOOPHOLE_HARDWARE_OFFLINE=1 "$here/hardware/fetch.sh" 2>&1) || { echo "lane hardware: ${fetched##*$'\n'}"; exit 77; }

work=$(mktemp -d "${TMPDIR:-/tmp}/loophole-hardware.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,dev,proc,sys,tmp,etc,root,lib64,lane/deps}
cp "$(command -v busybox)" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
cp "$here/hardware/init" "$root/init"
cp -r "$fetched/drivers" "$root/lane/drivers"
cp "$here/hardware/asound.conf" "$root/etc/asound.conf"
printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\naudio:x:29:root\n' >"$root/etc/group"
printf '%s\n' "$@" >"$root/lane/arguments"

# Without symbols: the guest unpacks it all into its memory.
strip -s -o "$root/lane/deps/hardware" "$tests"
strip -s -o "$root/lane/loophole-under-test" "$program"
libraries() { ldd "$1" | awk '/=> \// { print $3 } /^\t\// { print $1 }'; }
{ libraries "$tests"; libraries "$program"; } | sort -u | while read -r library; do
  mkdir -p "$root${library%/*}"
  cp -L "$library" "$root$library"
done
(cd "$root" && find . -print0 | cpio --null -o -H newc -R 0:0 --quiet >"$work/initrd")
rm -rf "$root"

if [ -x "$fetched/qemu/usr/bin/qemu-system-x86_64" ]; then
  qemu=$fetched/qemu/usr/bin/qemu-system-x86_64 firmware=$fetched/qemu/usr/share/qemu
  libraries=$fetched/qemu/usr/lib/x86_64-linux-gnu:$fetched/qemu/lib/x86_64-linux-gnu
else
  qemu=qemu-system-x86_64 firmware=/usr/share/qemu libraries=''
fi
machine=(-L "$firmware" -M pc -bios qboot.rom -accel "tcg,thread=single" -icount "shift=2,sleep=off" -smp 1 -cpu max -m 768
  -nodefaults -no-user-config -nographic -no-reboot -kernel "$fetched/vmlinux" -initrd "$work/initrd" -serial stdio
  -append "console=ttyS0 quiet panic=-1 mitigations=off nokaslr tsc=reliable random.trust_cpu=on reboot=t cryptomgr.notests")
LD_LIBRARY_PATH=$libraries timeout -k 5 "$limit_seconds" "$qemu" "${machine[@]}" 2>&1 </dev/null | sed -u 's,\r,,g' | tee "$work/console" || true
code=$(sed -n 's/^LANE-EXIT //p' "$work/console" | tail -n 1)
if [ -z "$code" ]; then
  echo "lane hardware: the guest did not end within $limit_seconds s, or not well"
  exit 99
fi
exit "$code"
