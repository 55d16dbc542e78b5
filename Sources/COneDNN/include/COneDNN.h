// SPDX-License-Identifier: Apache-2.0
#ifndef TESSERA_CONEDNN_H
#define TESSERA_CONEDNN_H
#endif
