#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Scores a list in several processes on this machine, or with PARALLEL_OPTIONS='--sshloginfile hosts' on
# several that see the same files, with GNU parallel.
#
#   Tools/scale/parallel.sh PARTS LIST OUTPUT_FOLDER [options of 'evaluate-stems list']
set -euo pipefail
parts=$1 list=$2 output=$3
shift 3
mkdir -p "$output"
# shellcheck disable=SC2086 # options are words
seq 0 $((parts - 1)) | parallel ${PARALLEL_OPTIONS:-} --halt never --quote \
  "${EVALUATE_STEMS:-evaluate-stems}" list "$list" \
  -o "$output/part-{= \$_ = sprintf('%05d', \$_) =}-of-$(printf %05d "$parts").jsonl" \
  --shard "{}/$parts" --shard-by block --progress none "$@"
