// SPDX-License-Identifier: Apache-2.0
#ifndef TESSERA_ONEDNN_RUNTIME_H
#define TESSERA_ONEDNN_RUNTIME_H

#include "COneDNN.h"
#include "onednn_interface.h"

/// The processor's engine, made once; NULL, with a message set, where oneDNN offers none.
dnnl_engine_t processor_engine(void);

/// Keeps a sentence for `tessera_onednn_message` and gives `status` back.
tessera_onednn_status report(tessera_onednn_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/// Translates oneDNN's status; `attempt` says what was tried.
tessera_onednn_status translate(dnnl_status_t status, const char *attempt);

/// Lets oneDNN use `threads` OpenMP threads when it is called from this thread. Gives back the width
/// before, to be set again afterwards. The width belongs to the calling thread, so that workers don't
/// disturb each other.
int set_thread_width(int threads);

#endif
