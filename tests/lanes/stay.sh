# shellcheck shell=bash
# Sourced by the lanes' servers: stays while the server runs and somebody wants it.

# stay PID: returns the server's exit code; ends this script when its parent is gone (killed, so it could not say so).
stay() {
  while kill -0 "$1" 2>/dev/null; do
    # The fourth field of stat, after the name in brackets, is the parent: it changes when that one dies.
    local stat
    stat=$(<"/proc/$$/stat")
    stat=${stat##*) }
    read -r _ parent _ <<<"$stat"
    if [ "$parent" != "$PPID" ]; then exit 0; fi
    sleep 0.2
  done
  wait "$1"
}
