#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Joins the parts of a list in OUTPUT_FOLDER to standard output, and fails where one is missing.
set -euo pipefail
shopt -s nullglob
parts=("$1"/part-*-of-*.jsonl)
[ ${#parts[@]} -gt 0 ] || { echo "join: no parts in $1" >&2; exit 66; }
count=$((10#$(basename "${parts[0]}" .jsonl | sed 's/.*-of-//')))
for ((index = 0; index < count; index++)); do
  part=$(printf '%s/part-%05d-of-%05d.jsonl' "$1" "$index" "$count")
  [ -e "$part" ] || { echo "join: $part is missing; run its task again" >&2; exit 66; }
done
for ((index = 0; index < count; index++)); do
  cat "$(printf '%s/part-%05d-of-%05d.jsonl' "$1" "$index" "$count")"
done
