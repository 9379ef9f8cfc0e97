/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares every kernel of every instruction set of this machine with plain C, and plain C with
 * loops in double precision, on hostile input. --benchmark measures their speed instead. */
#include "check.h"

#include "base/cpu.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
  const char *name;
  void (*check)(Check *);
} tests[] = {
    {"conv3x3", check_conv3x3},
    {"conv1x1", check_conv1x1},
    {"conv3x3_grad", check_conv3x3_grad},
    {"conv1x1_grad", check_conv1x1_grad},
    {"pass bf16", check_pass_bf16},
    {"sum", check_sum},
    {"pass", check_pass},
    {"pass int16", check_pass_int16},
    {"pass fp16", check_pass_fp16},
    {"pass int8", check_pass_int8},
    {"sad16", check_sad16},
    {"displacement16", check_displacement16},
    {"noise_stats", check_noise_stats},
    {"brightness_sums", check_brightness_sums},
    {"binomial5x5", check_binomial5x5},
    {"downsample2x2", check_downsample2x2},
    {"patch_ssd", check_patch_ssd},
    {"matrix_centre", check_matrix_centre},
    {"matrix_multiply", check_matrix_multiply},
    {"matrix_invert", check_matrix_invert},
    {"load8", check_load8},
    {"load16", check_load16},
    {"store8", check_store8},
    {"store16", check_store16},
    {"store8_interleaved", check_store8_interleaved},
    {"predict", check_predict},
    {"store_state", check_store_state},
    {"join_states", check_join_states},
    {"innovation", check_innovation},
    {"kalman_update", check_kalman_update},
    {"wiener_load", check_wiener_load},
    {"wiener_blocks", check_wiener_blocks},
    {"wiener_finish", check_wiener_finish},
    {"input_features", check_input_features},
    {"denormalise", check_denormalise},
};
enum { N_TESTS = sizeof tests / sizeof *tests };

/* Instruction sets, each with those that it includes. */
static const unsigned levels[] = {0,
                                  ZSD_CPU_SSE41,
                                  ZSD_CPU_AVX2,
                                  ZSD_CPU_AVX2 | ZSD_CPU_AVXVNNI,
                                  ZSD_CPU_AVX2 | ZSD_CPU_AVX512,
                                  ZSD_CPU_AVX2 | ZSD_CPU_AVX512 | ZSD_CPU_AVX512VNNI,
                                  ZSD_CPU_AVX2 | ZSD_CPU_AVX512 | ZSD_CPU_AVX512VNNI |
                                      ZSD_CPU_AMX,
                                  ZSD_CPU_NEON,
                                  ZSD_CPU_NEON | ZSD_CPU_NEONFP16,
                                  ZSD_CPU_NEON | ZSD_CPU_NEONFP16 | ZSD_CPU_NEONI8MM};
enum { N_LEVELS = sizeof levels / sizeof *levels };

static bool has(unsigned level) {
  return (zsd_cpu_detect() & level) == level;
}

static char running[100];

static void crashed(int signal) {
  (void)signal;
  static const char what[] = "Bail out! memory out of bounds in ";
  if (write(1, what, sizeof what - 1) < 0 || write(1, running, strlen(running)) < 0 ||
      write(1, "\n", 1) < 0)
    _exit(2);
  _exit(1);
}

static bool run(int number, unsigned level, int test, uint64_t seed, bool brief) {
  Check check = {.set = zsd_kernels(level), .plain = zsd_kernels(0), .brief = brief};
  zsd_random_seed(&check.random, seed);
  snprintf(running, sizeof running, "%s %s", zsd_cpu_name(level), tests[test].name);
  if (check.set->flags != level)
    check_fail(&check, "this is the table for flags %#x", check.set->flags);
  else
    tests[test].check(&check);
  printf("%s %d - %s\n", *check.failure ? "not ok" : "ok", number, running);
  if (*check.failure)
    printf("# %s\n", check.failure);
  fflush(stdout);
  return !*check.failure;
}

static int run_all(uint64_t seed, bool brief) {
  int number = 0, passed = 0, planned = 0;
  signal(SIGSEGV, crashed);
  signal(SIGBUS, crashed);
  for (int l = 0; l < N_LEVELS; l++)
    planned += has(levels[l]) ? N_TESTS : 0;
  printf("1..%d\n# seed %llu\n", planned, (unsigned long long)seed);
  for (int l = 0; l < N_LEVELS; l++)
    for (int t = 0; t < N_TESTS && has(levels[l]); t++)
      passed += run(++number, levels[l], t, seed, brief);
  return passed == planned ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv) {
  uint64_t seed = 1;
  bool measure = false, brief = false;
  for (int i = 1; i < argc; i++)
    if (strcmp(argv[i], "--benchmark") == 0)
      measure = true;
    else if (strcmp(argv[i], "--brief") == 0)
      brief = true;
    else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
      seed = strtoull(argv[++i], NULL, 0);
    else {
      fprintf(stderr, "usage: %s [--seed N] [--brief] [--benchmark]\n", argv[0]);
      return EXIT_FAILURE;
    }
  if (!measure)
    return run_all(seed, brief);
  for (int l = 0; l < N_LEVELS; l++)
    if (has(levels[l]))
      benchmark(zsd_kernels(levels[l]));
  return EXIT_SUCCESS;
}
