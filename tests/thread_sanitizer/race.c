/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks that the thread sanitizer understands OpenMP here: it has to be quiet about
 * worksharing loops that the barrier between them orders, and to find the data race of `race
 * racy`. */
#include <stdio.h>

enum { N = 1000, THREADS = 4 };

static int first[N], second[N];

int main(int argc, char **argv) {
  (void)argv;
#pragma omp parallel num_threads(THREADS)
  {
#pragma omp for schedule(dynamic)
    for (int i = 0; i < N; i++)
      first[i] = i;
#pragma omp for schedule(dynamic)
    for (int i = 0; i < N; i++)
      second[i] = first[N - 1 - i];
    if (argc > 1)
      first[0]++;
  }
  printf("%d\n", second[0]);
  return second[0] == N - 1 ? 0 : 1;
}
