#!/usr/bin/env bash
# The real program in a real window: window.sh BIN RENDERER OUTDIR [ARGUMENTS…]
#
# Starts an own X server, opens BIN with `--renderer RENDERER --audio silent ARGUMENTS…` and an empty home, uses keyboard and mouse, and
# leaves pictures in OUTDIR: start, palette, playing, one of each panel, stopped. Measures start, CPU playing and idle, and memory.
# Fails if the window does not come, nothing moves while playing, anything moves while stopped, or a process outlives the window.
set -euo pipefail
bin=$(realpath "$1") renderer=$2
mkdir -p "$3"
out=$(cd "$3" && pwd)
shift 3
panels=(arranger mixer ipc devices engine surfaces)
# A window that paints takes over 100 % here; telemetry of the stopped engine takes 3 to 5 % in a debug build.
idle_limit_percent=${LOOPHOLE_IDLE_LIMIT_PERCENT:-10}

began=$(date +%s%N)
report() { echo "[$((($(date +%s%N) - began) / 1000000)) ms] $*"; }
failures=()
fail() { failures+=("$*"); report "FAIL: $*"; }
die() { report "FAIL: $*"; tail -n 20 "$out/app.log" 2>/dev/null || true; exit 1; }

app='' x_server=''
# shellcheck disable=SC2317 # the trap calls it
end_all() {
  if [ -n "$app" ]; then kill "$app" 2>/dev/null || true; fi
  if [ -n "$x_server" ]; then kill "$x_server" 2>/dev/null || true; fi
}
trap end_all EXIT
trap 'exit 1' INT TERM

# -displayfd: the server picks a free display, so that runs side by side do not meet.
: >"$out/display"
exec 9>"$out/display"
Xvfb -displayfd 9 -screen 0 1400x900x24 -dpi 96 +extension GLX +extension RANDR -nolisten tcp -noreset >"$out/xvfb.log" 2>&1 &
x_server=$!
exec 9>&-
for _ in {1..100}; do
  display=$(tr -d '\n' <"$out/display")
  [ -z "$display" ] || break
  kill -0 "$x_server" 2>/dev/null || die "Xvfb ended: $(tail -n 3 "$out/xvfb.log")"
  sleep 0.1
done
[ -n "$display" ] || die "Xvfb named no display within 10 s"
export DISPLAY=:$display
report "X server on $DISPLAY"

# An empty home: a first run, and nothing of the user's is read or written.
rm -rf "${out:?}/home"
mkdir -p "$out/home/run"
chmod 700 "$out/home/run"
unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME
export HOME=$out/home XDG_RUNTIME_DIR=$out/home/run LIBGL_ALWAYS_SOFTWARE=1

started=$(date +%s%N)
"$bin" --renderer "$renderer" --audio silent "$@" >"$out/app.log" 2>&1 &
app=$!
window=''
for _ in {1..600}; do
  window=$(xdotool search --onlyvisible --name Loophole 2>/dev/null | head -n 1) || true
  [ -z "$window" ] || break
  kill -0 "$app" 2>/dev/null || die "the program ended before it had a window"
  sleep 0.05
done
[ -n "$window" ] || die "no window within 30 s"
report "window mapped $((($(date +%s%N) - started) / 1000000)) ms after the start"
xdotool windowmove "$window" 0 0
xdotool windowfocus --sync "$window" || true

shot() { import -window "$window" "$out/$1.png" || die "no picture of $1"; }
differing_pixels() { # PICTURE PICTURE; `compare` says 1 for "they differ"
  local count
  count=$(compare -metric AE "$out/$1.png" "$out/$2.png" null: 2>&1) || true
  printf '%.0f' "${count%% *}"
}
# The first picture that is more than a blank area, at most 20 s away.
painted() {
  for _ in {1..100}; do
    kill -0 "$app" 2>/dev/null || die "the program ended while $1 was awaited"
    shot "$1"
    colours=$(identify -format '%k' "$out/$1.png")
    if [ "$colours" -gt 8 ]; then report "$1: $(identify -format '%wx%h' "$out/$1.png"), $colours colours"; return 0; fi
    sleep 0.2
  done
  fail "$1 stayed blank ($colours colours)"
}
# Waits until two pictures half a second apart are alike: animations over, nothing blinks. NAME SECONDS
settled() {
  local deadline=$((SECONDS + $2))
  shot "$1"
  while [ "$SECONDS" -lt "$deadline" ]; do
    mv "$out/$1.png" "$out/before.png"
    sleep 0.5
    shot "$1"
    if [ "$(differing_pixels before "$1")" = 0 ]; then return 0; fi
  done
  return 1
}
processes() { # the program and its children
  local stat pid rest parent
  echo "$app"
  for stat in /proc/[0-9]*/stat; do
    rest=$(cat "$stat" 2>/dev/null) || continue
    pid=${rest%% *} rest=${rest##*) }
    read -r _ parent _ <<<"$rest"
    if [ "$parent" = "$app" ]; then echo "$pid"; fi
  done
}
ticks() { # CPU time of one process, in 1/100 s
  local rest
  rest=$(cat "/proc/$1/stat" 2>/dev/null) || { echo 0; return; }
  rest=${rest##*) }
  # shellcheck disable=SC2086 # the fields are wanted apart
  set -- $rest
  echo $((${12} + ${13}))
}
# cpu NAME SECONDS: sets `percent` (of one core) of the window's process, reports that and its children's.
cpu() {
  local pid children=0 app_before children_before=0 pids
  pids=$(processes | tail -n +2)
  app_before=$(ticks "$app")
  for pid in $pids; do children_before=$((children_before + $(ticks "$pid"))); done
  sleep "$2"
  for pid in $pids; do children=$((children + $(ticks "$pid"))); done
  percent=$((($(ticks "$app") - app_before) / $2))
  report "CPU $1: window $percent %, engine $(((children - children_before) / $2)) % of one core, window's memory $(awk '/VmRSS/ {print int($2 / 1024)}' "/proc/$app/status") MB"
}
key() { xdotool key --clearmodifiers "$@"; }

painted 1-start
settled 1-start 10 || fail "the window does not come to rest after the start"

key ctrl+p
sleep 0.5
xdotool type --delay 40 mixer
sleep 0.5
shot 2-palette
[ "$(differing_pixels 1-start 2-palette)" -gt 0 ] || fail "Ctrl+P changed nothing"
key Escape
key Escape
sleep 0.5

number=3
for panel in "${panels[@]}"; do
  key ctrl+p
  sleep 0.4
  xdotool type --delay 40 "$panel"
  sleep 0.4
  key Return
  sleep 0.6
  painted "$number-$panel"
  number=$((number + 1))
done

key space
sleep 1
painted "$number-playing"
sleep 0.5
shot "$((number + 1))-playing-later"
[ "$(differing_pixels "$number-playing" "$((number + 1))-playing-later")" -gt 0 ] || fail "nothing moves while playing"
cpu playing 3
key space
number=$((number + 2))
settled "$number-stopped" 15 || fail "something still moves while stopped"
# Levels fall for a while, and reverbs ring.
for _ in {1..4}; do
  cpu idle 3
  [ "$percent" -gt "$idle_limit_percent" ] || break
done
[ "$percent" -le "$idle_limit_percent" ] || fail "idle takes $percent % of a core, at most $idle_limit_percent are allowed"

family=$(processes)
key ctrl+q
for _ in {1..100}; do
  kill -0 "$app" 2>/dev/null || break
  sleep 0.1
done
if kill -0 "$app" 2>/dev/null; then
  shot "$((number + 1))-not-closed"
  fail "Ctrl+Q does not close the window within 10 s"
else
  report "closed by Ctrl+Q"
  wait "$app" || fail "the program ended with code $?"
  sleep 1
  for pid in $family; do
    if kill -0 "$pid" 2>/dev/null; then fail "process $pid outlives the window"; kill "$pid"; fi
  done
  app=''
fi
if grep -q "panicked at" "$out/app.log"; then fail "a panic: $(grep -m 1 "panicked at" "$out/app.log")"; fi
rm -f "$out/before.png" "$out/display"

report "pictures in $out"
if [ ${#failures[@]} -gt 0 ]; then
  printf 'FAIL: %s\n' "${failures[@]}"
  exit 1
fi
report "all good"
