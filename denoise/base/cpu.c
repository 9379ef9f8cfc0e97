/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Detection of instruction sets, and their limit by the user. */
#define _GNU_SOURCE /* syscall */
#include "base/cpu.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

/* In ascending order; `flags` holds the set and those whose kernels it uses. */
static const struct {
  const char *name;
  unsigned flags;
} sets[] = {
    {"c", 0},
#if defined(__x86_64__)
    {"sse4.1", ZSD_CPU_SSE41},
    {"avx2", ZSD_CPU_AVX2},
    {"avxvnni", ZSD_CPU_AVX2 | ZSD_CPU_AVXVNNI},
    {"avx512f", ZSD_CPU_AVX2 | ZSD_CPU_AVX512},
    {"avx512", ZSD_CPU_AVX2 | ZSD_CPU_AVX512 | ZSD_CPU_AVX512VNNI},
    {"amx", ZSD_CPU_AVX2 | ZSD_CPU_AVX512 | ZSD_CPU_AVX512VNNI | ZSD_CPU_AMX},
#elif defined(__aarch64__)
    {"neon", ZSD_CPU_NEON},
    {"neonfp16", ZSD_CPU_NEON | ZSD_CPU_NEONFP16},
    {"neoni8mm", ZSD_CPU_NEON | ZSD_CPU_NEONFP16 | ZSD_CPU_NEONI8MM},
#endif
};

/* Part of a set that a machine may lack. */
static const unsigned OPTIONAL = ZSD_CPU_AVX512VNNI;
enum { N_SETS = sizeof sets / sizeof *sets };

#if defined(__x86_64__)
/* __builtin_cpu_supports() of gcc 12 does not know AVX-VNNI. */
static bool has_avxvnni(void) {
  enum { AVX_VNNI = 1 << 4 };
  unsigned a, b, c, d;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & AVX_VNNI);
}

/* Linux saves the tiles' 8 KB only for a process that asked for them ("Using XSTATE features in
 * user space applications", Documentation/x86/xstate.rst). */
static bool has_amx(void) {
#if defined(__linux__)
  enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
  enum { AMX_BF16 = 1 << 22, AMX_TILE = 1 << 24, AVX512_BF16 = 1 << 5 };
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d & AMX_BF16) || !(d & AMX_TILE))
    return false;
  if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || !(a & AVX512_BF16))
    return false;
  return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
#else
  return false;
#endif
}
#endif

static unsigned ask(void) {
  unsigned flags = 0;
#if defined(__x86_64__)
  /* These look at what the operating system saves on a task switch, too. */
  __builtin_cpu_init();
  if (__builtin_cpu_supports("sse4.1"))
    flags |= ZSD_CPU_SSE41;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    flags |= ZSD_CPU_AVX2;
  if ((flags & ZSD_CPU_AVX2) && __builtin_cpu_supports("avx512f") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    flags |= ZSD_CPU_AVX512;
  if ((flags & ZSD_CPU_AVX2) && has_avxvnni())
    flags |= ZSD_CPU_AVXVNNI;
  if ((flags & ZSD_CPU_AVX512) && __builtin_cpu_supports("avx512vnni"))
    flags |= ZSD_CPU_AVX512VNNI;
  if ((flags & ZSD_CPU_AVX512) && has_amx())
    flags |= ZSD_CPU_AMX;
#elif defined(__aarch64__)
  flags |= ZSD_CPU_NEON;
#if defined(__linux__)
  if (getauxval(AT_HWCAP) & HWCAP_ASIMDHP)
    flags |= ZSD_CPU_NEONFP16;
  if ((flags & ZSD_CPU_NEONFP16) && (getauxval(AT_HWCAP2) & HWCAP2_I8MM))
    flags |= ZSD_CPU_NEONI8MM;
#endif
#endif
  return flags;
}

/* Under a hypervisor each question to the processor takes tens of microseconds: it is asked
 * once.
 */
unsigned zsd_cpu_detect(void) {
  static const unsigned ASKED = 1U << 31;
  static atomic_uint known;
  unsigned flags = atomic_load_explicit(&known, memory_order_relaxed);
  if (flags == 0) {
    flags = ask() | ASKED;
    atomic_store_explicit(&known, flags, memory_order_relaxed);
  }
  return flags & ~ASKED;
}

int zsd_cpu_choose(unsigned *flags, char *error, unsigned error_size) {
  const char *wanted = getenv("ZSDENOISE_CPU");
  const unsigned detected = zsd_cpu_detect();

  *flags = detected;
  if (!wanted || !*wanted)
    return 0;
  for (int i = 0; i < N_SETS; i++) {
    if (strcmp(wanted, sets[i].name) != 0)
      continue;
    *flags = detected & sets[i].flags;
    if ((*flags | OPTIONAL) == (sets[i].flags | OPTIONAL))
      return 0;
    snprintf(error, error_size, "ZSDENOISE_CPU=%s: this machine has no %s", wanted, wanted);
    return -1;
  }
  int length = snprintf(error, error_size,
                        "ZSDENOISE_CPU=%.40s: unknown instruction set; the known are:", wanted);
  for (int i = 0; i < N_SETS && length >= 0 && length < (int)error_size; i++)
    length += snprintf(error + length, error_size - length, " %s", sets[i].name);
  return -1;
}

const char *zsd_cpu_name(unsigned flags) {
  for (int i = N_SETS - 1; i > 0; i--)
    if ((flags & sets[i].flags) == sets[i].flags)
      return sets[i].name;
  return sets[0].name;
}
