#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fuzzes the readers of checkpoints or token files with libFuzzer and the address sanitizer.
#
#     Tools/Fuzz/run.sh checkpoints|token-files [SECONDS] [CORPUS]
#
# The corpus folder keeps what was found between runs; it is seeded with the tests' golden files, or
# with a small file of each token format. An input that crashes, hangs or takes too much memory is left
# in the corpus' parent folder.
set -eu
target=${1:-}
seconds=${2:-60}
here=$(cd "$(dirname "$0")" && pwd)
corpus=${3:-$here/.build/corpus-$target}
case $target in
  checkpoints) product=FuzzCheckpoints ;;
  token-files) product=FuzzTokenFiles ;;
  *) echo "usage: $0 checkpoints|token-files [SECONDS] [CORPUS]" >&2; exit 64 ;;
esac
swift build --package-path "$here" -c release --product "$product" \
  -Xswiftc -sanitize=address -Xswiftc -sanitize=fuzzer -Xswiftc -parse-as-library
# oneDNN has no module that would name it to the linker.
swiftc -sanitize=address -sanitize=fuzzer -parse-as-library \
  "$here/.build/release/lib$product.a" -ldnnl -o "$here/.build/fuzz-$target"
mkdir -p "$corpus"
if [ "$target" = token-files ]; then
  python3 "$here/token_seeds.py" "$corpus"
else
  goldens=$here/../../Tests/CheckpointsTests/Goldens
  for file in "$goldens"/*.pt "$goldens"/*.ckpt "$goldens"/plain.safetensors; do
    name=$(basename "$file")
    { printf '\001'; cat "$file"; } >"$corpus/$name"
    # The pickles of zip archives on their own, too.
    if python3 -m zipfile -t "$file" >/dev/null 2>&1; then
      { printf '\000'; python3 -c 'import sys, zipfile
file = zipfile.ZipFile(sys.argv[1])
name = next(name for name in file.namelist() if name.endswith("/data.pkl"))
sys.stdout.buffer.write(file.read(name))' "$file"; } >"$corpus/$name.pickle"
    fi
  done
fi
cd "$corpus/.."
exec nice -n 10 "$here/.build/fuzz-$target" -max_total_time="$seconds" -max_len=16384 \
  -rss_limit_mb=1024 -malloc_limit_mb=512 -timeout=10 -print_final_stats=1 "$corpus"
