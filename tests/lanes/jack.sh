#!/usr/bin/env bash
# A private JACK server on the dummy driver, in the foreground: jack.sh NAME PERIOD [ALSA_CONF]
#
# Prints "READY NAME" once clients can connect; its log goes to stderr. Clients: JACK_DEFAULT_SERVER=NAME JACK_NO_AUDIO_RESERVATION=1.
# With ALSA_CONF it writes that file first: ALSA's default device over this server; set ALSA_CONFIG_PATH=ALSA_CONF beside the two above.
# Ends with TERM or INT, and when the process that started it is gone.
set -euo pipefail
name=$1 period=$2 alsa_conf=${3-}
export JACK_NO_AUDIO_RESERVATION=1 JACK_NO_START_SERVER=1 JACK_DEFAULT_SERVER=$name

if [ -n "$alsa_conf" ]; then
  cat >"$alsa_conf" <<CONF
</usr/share/alsa/alsa.conf>
pcm.rawjack {
  type jack
  playback_ports { 0 system:playback_1  1 system:playback_2 }
  capture_ports { 0 system:capture_1  1 system:capture_2 }
}
pcm.!default { type plug  slave.pcm rawjack }
ctl.!default { type null }
CONF
fi

# Real-time priority where the machine grants it; a server that asks in vain is late for no reason given.
priority=(-r)
if chrt -f 70 true 2>/dev/null; then priority=(-R -P70); fi

jackd "${priority[@]}" -n "$name" -d dummy -r 48000 -p "$period" -C 2 -P 2 >&2 &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null; exit 0' TERM INT
trap 'kill $server 2>/dev/null || true' EXIT

for _ in {1..100}; do
  kill -0 $server 2>/dev/null || { echo "jackd ended before it was ready" >&2; exit 1; }
  if jack_wait -s "$name" -c 2>/dev/null | grep -qx running; then ready=yes; break; fi
  sleep 0.1
done
[ "${ready-}" = yes ] || { echo "jackd was not ready within 10 s" >&2; exit 1; }
echo "READY $name"

# shellcheck source-path=SCRIPTDIR source=stay.sh
. "$(dirname "${BASH_SOURCE[0]}")/stay.sh"
stay $server
