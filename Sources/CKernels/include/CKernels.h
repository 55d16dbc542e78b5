// SPDX-License-Identifier: Apache-2.0
//
// The loops of the house that no library does well: plain C on clang's vector types, compiled for
// several processors and chosen at run time. All arrays are float32, row-major, channels-last.
#ifndef TESSERA_CKERNELS_H
#define TESSERA_CKERNELS_H
#include "activation.h"
#include "attention.h"
#include "depthwise.h"
#include "glu.h"
#include "grid.h"
#include "group_norm.h"
#include "local_attention.h"
#include "lstm.h"
#include "masking.h"
#include "matmul.h"
#include "memory.h"
#include "nearest.h"
#include "normalization.h"
#include "online_softmax.h"
#include "pointwise.h"
#include "pooling.h"
#include "resample.h"
#include "row_pairs.h"
#include "spectral_mask.h"
#include "winograd.h"
#endif
