#!/usr/bin/env bash
# Fetches what the hardware lane boots, once: QEMU and a Debian kernel with the drivers. fetch.sh
#
# Prints the folder that holds it: LOOPHOLE_HARDWARE_LANE, else in the user's cache folder. Nothing is installed: packages are downloaded
# (about 85 MB) and unpacked, and all but QEMU, the kernel and the drivers is removed again (about 130 MB stay).
# Fails with one line on stderr that says why the lane cannot run here.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${LOOPHOLE_HARDWARE_LANE:-${XDG_CACHE_HOME:-$HOME/.cache}/loophole/hardware-lane}

# In the order in which the guest loads them, each after what it needs.
drivers=(snd-dummy snd-aloop snd-seq-midi snd-seq snd-hrtimer hid-generic usbhid libcomposite dummy_hcd usb_f_midi usb_f_hid
  snd-usb-audio)

die() { echo "$*" >&2; exit 1; }

recipe=$(cat "$here/fetch.sh" "$here/vmlinux.py" | sha256sum)
if [ "$(cat "$out/recipe" 2>/dev/null)" = "$recipe" ]; then echo "$out"; exit 0; fi

[ "$(uname -sm)" = "Linux x86_64" ] || die "its virtual machine is an x86_64 Linux, this is $(uname -sm)"
for tool in apt-get apt-cache dpkg modprobe depmod python3; do
  command -v "$tool" >/dev/null || PATH=$PATH:/sbin:/usr/sbin command -v "$tool" >/dev/null ||
    die "$tool is missing: it takes its kernel from Debian packages"
done
PATH=$PATH:/sbin:/usr/sbin

[ -z "${LOOPHOLE_HARDWARE_OFFLINE-}" ] || die "its kernel is not there yet; ./test fetches it"
mkdir -p "$out"
exec 9>"$out/lock"
flock 9
if [ "$(cat "$out/recipe" 2>/dev/null)" = "$recipe" ]; then echo "$out"; exit 0; fi
work=$(mktemp -d "$out/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

kernel=$(apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends: linux-image-/ { print $2; exit }')
[ -n "$kernel" ] || die "this system has no package linux-image-amd64 (Debian), try: apt-get update"
packages=("$kernel")
if ! command -v qemu-system-x86_64 >/dev/null; then
  # What an installation would add. Unpacked only: installing it may replace another qemu.
  mapfile -t -O 1 packages < <(apt-get -s install --no-install-recommends qemu-system-x86 2>/dev/null | awk '/^Inst / { print $2 }')
  [ ${#packages[@]} -gt 1 ] || die "neither qemu-system-x86_64 nor its package is there, try: apt-get install qemu-system-x86"
fi
mkdir "$work/packages" "$work/kernel" "$work/qemu" "$work/drivers"
(cd "$work/packages" && apt-get download "${packages[@]}" >download.log 2>&1) ||
  die "its packages cannot be downloaded: $(grep -m 1 '^E:' "$work/packages/download.log" || echo 'see apt-get download')"
for package in "$work"/packages/*.deb; do
  case ${package##*/} in
    linux-image-*) dpkg -x "$package" "$work/kernel" ;;
    *) dpkg -x "$package" "$work/qemu" ;;
  esac
done

release=$(ls "$work/kernel/lib/modules")
depmod -b "$work/kernel" "$release"
for driver in "${drivers[@]}"; do
  modprobe -d "$work/kernel" -S "$release" --show-depends "$driver" | awk '/^insmod/ { print $2 }'
done | awk '!seen[$0]++' >"$work/paths"
while read -r path; do
  cp "$path" "$work/drivers/"
  basename "$path"
done <"$work/paths" >"$work/drivers/order"
# Uncompressed, the kernel starts seconds earlier on an emulated processor.
python3 -B "$here/vmlinux.py" "$work/kernel/boot/vmlinuz-$release" "$work/vmlinux"

rm -rf "$out/recipe" "$out/qemu" "$out/drivers" "$out/vmlinux"
mv "$work/qemu" "$work/drivers" "$work/vmlinux" "$out/"
echo "$recipe" >"$out/recipe"
echo "$out"
