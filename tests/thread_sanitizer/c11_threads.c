/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* C11 threads as POSIX threads, the only ones that the thread sanitizer knows: instrumented
 * code crashes in others. */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

typedef struct {
  thrd_start_t run;
  void *data;
} Start;

static void *begin(void *data) {
  const Start start = *(Start *)data;
  free(data);
  return (void *)(intptr_t)start.run(start.data);
}

int thrd_create(thrd_t *thread, thrd_start_t run, void *data) {
  Start *start = malloc(sizeof *start);
  if (!start)
    return thrd_nomem;
  *start = (Start){run, data};
  if (pthread_create(thread, NULL, begin, start) == 0)
    return thrd_success;
  free(start);
  return thrd_error;
}

int thrd_join(thrd_t thread, int *result) {
  void *value;
  if (pthread_join(thread, &value) != 0)
    return thrd_error;
  if (result)
    *result = (int)(intptr_t)value;
  return thrd_success;
}
