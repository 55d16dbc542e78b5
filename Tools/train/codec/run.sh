#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# From recordings, and the speech recipe's rendered sentences, to an exported codec.
#   run.sh WORK_FOLDER [RECORDINGS ...]            the full recipe, about two hours on two cores
#   run.sh WORK_FOLDER --quick [RECORDINGS ...]    the same steps in some minutes; a weak codec
# MINUTES sets how long training takes; a second call goes on with what lies in WORK_FOLDER.
set -eu
here=$(dirname "$0")
work=$1
shift
python=${PYTHON:-python3}
quick="" minutes=${MINUTES:-90}
if [ "${1:-}" = "--quick" ]; then
  quick="--quick" minutes=${MINUTES:-4}
  shift
fi
export OMP_WAIT_POLICY=passive

if [ ! -e "$work/speech/speech-valid.index.npy" ]; then
  OMP_NUM_THREADS=1 $python "$here/../speech/render_speech.py" "$work/speech" $quick
fi
if [ ! -e "$work/data/codec-valid.index.npy" ]; then
  OMP_NUM_THREADS=1 $python "$here/collect_speech.py" "$work/data" "$@" --rendered "$work/speech"
fi
$python "$here/train.py" "$work/data" "$work/run" --minutes "$minutes" --resume
$python "$here/export.py" "$work/run/last.pt" --out "$work/speech-codec-24k.safetensors"
$python "$here/evaluate.py" "$work/data" --model "$work/speech-codec-24k.safetensors"
