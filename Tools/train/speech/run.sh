#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# From nothing but the packages of README.md to an exported file.
#   run.sh WORK_FOLDER            the full recipe, somewhat over an hour on two cores
#   run.sh WORK_FOLDER --quick    the same steps on little material, some minutes; a weak model
set -eu
here=$(dirname "$0")
work=$1
python=${PYTHON:-python3}
if [ "${2:-}" = "--quick" ]; then quick="--quick" minutes=3; else quick="" minutes=45; fi

OMP_NUM_THREADS=1 $python "$here/render_speech.py" "$work/data" $quick
OMP_NUM_THREADS=1 $python "$here/render_noise.py" "$work/data" $quick
$python "$here/train.py" "$work/data" "$work/run" --minutes "$minutes"
$python "$here/calibrate.py" "$work/data" "$work/run/last.pt" "$work/run/calibrated.pt"
$python "$here/export.py" "$work/run/calibrated.pt" --out "$work/speech-noise-16k.safetensors"
$python "$here/evaluate.py" --model "$work/speech-noise-16k.safetensors" --data "$work/data" \
  "$here/../../../AudioFixtures/speech-with-noise.wav=$here/../../../AudioFixtures/speech-with-noise.clean.wav"
