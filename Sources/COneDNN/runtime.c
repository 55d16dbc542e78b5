// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "runtime.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

static _Thread_local char message[256];

const char *tessera_onednn_message(void) { return message; }

tessera_onednn_status report(tessera_onednn_status status, const char *format, ...) {
  va_list values;
  va_start(values, format);
  vsnprintf(message, sizeof message, format, values);
  va_end(values);
  return status;
}

tessera_onednn_status translate(dnnl_status_t status, const char *attempt) {
  switch (status) {
  case dnnl_success:
    return tessera_onednn_ok;
  case dnnl_out_of_memory:
    return report(tessera_onednn_out_of_memory, "oneDNN: out of memory while %s", attempt);
  case dnnl_unimplemented:
    return report(tessera_onednn_unsupported, "oneDNN has no implementation for %s", attempt);
  case dnnl_invalid_arguments:
    return report(tessera_onednn_unsupported, "oneDNN refuses the arguments for %s", attempt);
  default:
    return report(tessera_onednn_failed, "oneDNN: status %d while %s", (int)status, attempt);
  }
}

static dnnl_engine_t engine;
static dnnl_status_t engine_status;
static int (*openmp_width)(void);
static void (*openmp_set_width)(int);

static void start(void) {
  engine_status = dnnl_engine_create(&engine, dnnl_cpu, 0);
  // Found by name because whether oneDNN brings OpenMP along, and whose, is known only at run time.
  openmp_width = (int (*)(void))dlsym(RTLD_DEFAULT, "omp_get_max_threads");
  openmp_set_width = (void (*)(int))dlsym(RTLD_DEFAULT, "omp_set_num_threads");
}

static void start_once(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, start);
}

dnnl_engine_t processor_engine(void) {
  start_once();
  if (engine_status == dnnl_success) return engine;
  translate(engine_status, "making an engine for the processor");
  return NULL;
}

int set_thread_width(int threads) {
  start_once();
  if (!openmp_width || !openmp_set_width) return threads;
  int before = openmp_width();
  if (before != threads) openmp_set_width(threads);
  return before;
}

const char *tessera_onednn_version(void) {
  static _Thread_local char text[32];
  const dnnl_version_t *version = dnnl_version();
  snprintf(text, sizeof text, "%d.%d.%d", version->major, version->minor, version->patch);
  return text;
}

tessera_onednn_status tessera_sgemm(
    int64_t m, int64_t n, int64_t k, const float *a, const float *b, float *c, int32_t threads) {
  if (threads < 1) return report(tessera_onednn_unsupported, "sgemm over %d threads", threads);
  int before = set_thread_width(threads);
  dnnl_status_t status = dnnl_sgemm('N', 'N', m, n, k, 1, a, k, b, n, 0, c, n);
  set_thread_width(before);
  return translate(status, "multiplying matrices");
}
