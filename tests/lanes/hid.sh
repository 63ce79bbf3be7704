#!/usr/bin/env bash
# Invented HID devices that unmodified programs find behind /dev/hidraw, in the foreground: hid.sh
#
# Prints {"ready": {…}} once programs can be started with the environment in it; commands on stdin and what the devices hear on stdout are
# JSON lines, see hid/lab.py. Needs no kernel driver and no privilege. Ends with the end of stdin.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# GObject introspection comes with the system's Python, which need not be the first one of the PATH.
for candidate in /usr/bin/python3 python3; do
  if "$candidate" -c 'import gi; gi.require_version("UMockdev", "1.0")' 2>/dev/null; then python=$candidate; break; fi
done
[ -n "${python-}" ] || { echo "lane hid: no Python knows UMockdev; ./test installs gir1.2-umockdev-1.0 and python3-gi"; exit 77; }

work=$(mktemp -d "${TMPDIR:-/tmp}/loophole-hid.XXXXXX")
cc -shared -fPIC -O1 -o "$work/open.so" "$here/hid/open.c" -ldl
exec umockdev-wrapper "$python" -B "$here/hid/lab.py" "$work"
