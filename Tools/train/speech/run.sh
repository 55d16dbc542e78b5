#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# From the packages of README.md, and folders of recordings, to an exported file.
#   run.sh WORK_FOLDER [RECORDINGS ...]            the full recipe, somewhat over an hour on two cores
#   run.sh WORK_FOLDER --quick [RECORDINGS ...]    the same steps on little material, some minutes; a weak model
# MINUTES sets how long training takes.
set -eu
here=$(dirname "$0")
work=$1
shift
python=${PYTHON:-python3}
quick="" minutes=${MINUTES:-60}
if [ "${1:-}" = "--quick" ]; then
  quick="--quick" minutes=${MINUTES:-3}
  shift
fi
export OMP_WAIT_POLICY=passive

if [ ! -e "$work/data/noise-valid.index.npy" ]; then
  OMP_NUM_THREADS=1 $python "$here/render_speech.py" "$work/data" $quick
  OMP_NUM_THREADS=1 $python "$here/render_noise.py" "$work/data" $quick
fi
if [ $# -gt 0 ] && [ ! -e "$work/data/speech-recorded.index.npy" ]; then
  OMP_NUM_THREADS=1 $python "$here/add_recordings.py" "$work/data" "$@"
fi
$python "$here/train.py" "$work/data" "$work/run" --minutes "$minutes"
$python "$here/export.py" "$work/run/last.pt" --out "$work/speech-noise-16k.safetensors"
$python "$here/evaluate.py" --model "$work/speech-noise-16k.safetensors" --data "$work/data" \
  "$here/../../../AudioFixtures/speech-with-noise.wav=$here/../../../AudioFixtures/speech-with-noise.clean.wav"
