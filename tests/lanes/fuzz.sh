#!/usr/bin/env bash
# libFuzzer on everything that reads bytes from outside: fuzz.sh [SECONDS [TARGET…]]
#
# Runs each target in tests/fuzz (or those named) so long, 4 s if not said, from its seeds, with the same random numbers every time:
# a longer run tries more. Fails with the input that made a target fail and the command that tries it again.
# Needs a C++ compiler for libFuzzer. No sanitizer: what is tried here has no unsafe code. LOOPHOLE_FUZZ_SEED=N: other random numbers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=${1:-4}
if [ $# -gt 0 ]; then shift; fi
targets=("$@")
if [ $# = 0 ]; then
  for file in tests/fuzz/src/targets/*.rs; do targets+=("$(basename "$file" .rs)"); done
fi

# In a folder of its own and for a named system: the flags must not reach build scripts, nor everything else be built again.
out=$(cargo metadata --format-version 1 --no-deps --locked | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')
coverage=(-Cpasses=sancov-module)
for argument in level=4 inline-8bit-counters pc-table trace-compares; do
  coverage+=("-Cllvm-args=-sanitizer-coverage-$argument")
done
RUSTFLAGS="${coverage[*]} ${RUSTFLAGS-}" cargo build --locked -p loophole-fuzz --features libfuzzer --profile fuzz --target "$host" --target-dir "$out"
program=$out/$host/fuzz/loophole-fuzz

# What stands in quotes in the protocol's schemas: names of fields, mostly.
dictionary=$out/dictionary
grep -oE '"[A-Za-z]{2,24}"' tests/golden/schemas.json | sort -u | sed 's/.*"\(.*\)".*/"\\"\1\\""/' >"$dictionary"

failed=()
for target in "${targets[@]}"; do
  corpus=$out/corpus-$target log=$out/$target.log
  rm -rf "$corpus"
  mkdir -p "$corpus"
  if LOOPHOLE_FUZZ_TARGET=$target LOOPHOLE_FUZZ_SEEDS=$corpus "$program" "$corpus" -seed="${LOOPHOLE_FUZZ_SEED:-1}" \
    -max_total_time="$seconds" -dict="$dictionary" -max_len=16384 -timeout=10 -rss_limit_mb=1024 -artifact_prefix="$out/$target-" \
    -print_final_stats=1 >"$log" 2>&1; then
    printf '%-12s %s inputs tried\n' "$target" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
  else
    failed+=("$target")
    grep -E 'panicked at|^ERROR|==[0-9]+== ERROR|SUMMARY|Test unit written' -A 2 "$log" || tail -n 20 "$log"
    echo "try it again: LOOPHOLE_FUZZ_TARGET=$target $program $(ls -t "$out/$target"-* 2>/dev/null | head -n 1)"
  fi
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "failed: ${failed[*]}"
  exit 1
fi
