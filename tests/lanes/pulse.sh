#!/usr/bin/env bash
# A private PulseAudio with two null sinks, in the foreground: pulse.sh DIR
#
# Prints "READY PULSE_SERVER=unix:…" once clients can connect; its log goes to stderr and DIR/pulse.log. Everything it writes is in DIR.
# Sinks: loophole_a (the default) and loophole_b. Ends with TERM or INT, and when the process that started it is gone.
set -euo pipefail
mkdir -p "$1"
dir=$(cd "$1" && pwd)
mkdir -p "$dir/run" "$dir/home"
chmod 700 "$dir/run" "$dir/home"
socket=$dir/run/native
if [ ${#socket} -gt 100 ]; then echo "the path of $dir is too long for a socket" >&2; exit 1; fi

# norewinds: cpal writes ahead, and a null sink that takes it back plays silence.
cat >"$dir/pulse.pa" <<CONF
load-module module-native-protocol-unix auth-anonymous=1 socket=$socket
load-module module-null-sink sink_name=loophole_a sink_properties=device.description=Loophole-A rate=48000 norewinds=1
load-module module-null-sink sink_name=loophole_b sink_properties=device.description=Loophole-B rate=48000 norewinds=1
set-default-sink loophole_a
CONF

export XDG_RUNTIME_DIR=$dir/run HOME=$dir/home XDG_CONFIG_HOME=$dir/home PULSE_STATE_PATH=$dir/home PULSE_RUNTIME_PATH=$dir/run
unset PULSE_SERVER DBUS_SESSION_BUS_ADDRESS DISPLAY
pulseaudio -n --daemonize=no --use-pid-file=no --exit-idle-time=-1 --disallow-exit=no --log-target="newfile:$dir/pulse.log" -F "$dir/pulse.pa" >&2 &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null; exit 0' TERM INT
trap 'kill $server 2>/dev/null || true' EXIT

for _ in {1..100}; do
  kill -0 $server 2>/dev/null || { cat "$dir"/pulse.log* >&2; echo "pulseaudio ended before it was ready" >&2; exit 1; }
  if PULSE_SERVER=unix:$socket pactl list short sinks 2>/dev/null | grep -q loophole_b; then ready=yes; break; fi
  sleep 0.1
done
[ "${ready-}" = yes ] || { cat "$dir"/pulse.log* >&2; echo "pulseaudio was not ready within 10 s" >&2; exit 1; }
echo "READY PULSE_SERVER=unix:$socket"

# shellcheck source-path=SCRIPTDIR source=stay.sh
. "$(dirname "${BASH_SOURCE[0]}")/stay.sh"
stay $server
