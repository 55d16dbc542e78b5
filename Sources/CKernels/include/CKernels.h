// SPDX-License-Identifier: Apache-2.0
#ifndef TESSERA_CKERNELS_H
#define TESSERA_CKERNELS_H
#include "elementwise.h"
#include "glu.h"
#include "group_norm.h"
#endif
