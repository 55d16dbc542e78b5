// SPDX-License-Identifier: Apache-2.0
#ifndef TESSERA_MEMORY_H
#define TESSERA_MEMORY_H

/// Hands memory that was freed back to the system, where the C library keeps it otherwise.
void tessera_return_freed_memory(void);

#endif
