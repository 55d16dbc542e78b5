// SPDX-License-Identifier: Apache-2.0
#ifndef TESSERA_CKERNELS_H
#define TESSERA_CKERNELS_H
#include "elementwise.h"
#include "resample.h"
#endif
