#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A Slurm array that scores a list: each task takes a block of it.
#
#   sbatch --array=0-15 Tools/scale/slurm-array.sh LIST OUTPUT_FOLDER [options of 'evaluate-stems list']
#
# A task that was stopped (time limit, preemption, a lost node) goes on where it was when the same line is
# submitted again; tasks that are complete end at once. Then: Tools/scale/join.sh OUTPUT_FOLDER > scores.jsonl
#SBATCH --job-name=evaluate-stems
#SBATCH --requeue
#SBATCH --signal=B:TERM@60
set -euo pipefail
list=$1 output=$2
shift 2
first=${SLURM_ARRAY_TASK_MIN:-0}
count=${SLURM_ARRAY_TASK_COUNT:?run me with sbatch --array}
index=$((SLURM_ARRAY_TASK_ID - first))
mkdir -p "$output"
part=$(printf '%s/part-%05d-of-%05d.jsonl' "$output" "$index" "$count")
# exec: Slurm's TERM must reach the program, which then ends with everything done so far kept.
exec "${EVALUATE_STEMS:-evaluate-stems}" list "$list" -o "$part" \
  --shard "$index/$count" --shard-by block --threads "${SLURM_CPUS_PER_TASK:-1}" --progress none "$@"
