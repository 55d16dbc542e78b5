#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# From nothing but the packages of README.md to an exported file.
#   run.sh WORK_FOLDER            the full recipe, somewhat over two hours on two cores
#   run.sh WORK_FOLDER --quick    the same steps on little material, some minutes; a weak model
#   run.sh WORK_FOLDER --resume   goes on with an interrupted training, with what was rendered
# RECORDINGS names folders of recorded voices that may sing, besides the rendered speech.
set -eu
here=$(dirname "$0")
work=$1
python=${PYTHON:-python3}
quick= resume= minutes=${MINUTES:-90}
case "${2:-}" in
  --quick) quick=--quick minutes=3 ;;
  --resume) resume=--resume ;;
esac

if [ -z "$resume" ]; then
  sentences=$here/../speech/render_speech.py
  # shellcheck disable=SC2086
  [ -e "$work/speech/speech-train.npy" ] ||
    OMP_NUM_THREADS=1 $python "$sentences" "$work/speech" $quick
  # shellcheck disable=SC2086
  OMP_NUM_THREADS=1 $python "$here/render.py" "$work/data" --speech "$work/speech/speech-train" \
    ${RECORDINGS:+--recordings $RECORDINGS} $quick
fi
# shellcheck disable=SC2086
OMP_WAIT_POLICY=passive $python "$here/train.py" "$work/data" "$work/run" --minutes "$minutes" $resume
$python "$here/export.py" "$work/run/last.pt" --out "$work/music-4stems.safetensors"
$python "$here/evaluate.py" --model "$work/music-4stems.safetensors" --data "$work/data" "$here/../../../AudioFixtures/song."
