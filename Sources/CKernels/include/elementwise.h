// SPDX-License-Identifier: Apache-2.0
#ifndef TESSERA_ELEMENTWISE_H
#define TESSERA_ELEMENTWISE_H
#include <stddef.h>
#endif
