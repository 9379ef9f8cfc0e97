/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE /* sched_getaffinity, CPU_ALLOC */
#include "base/processors.h"

#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
  MOST_PROCESSORS = 1 << 16, /* the largest mask that is tried */
  PATH = 4096,
};

/* --- affinity --- */

/* The kernel refuses a mask smaller than its own, of a size that it does not tell. */
static int in_affinity_mask(void) {
  for (int most = CPU_SETSIZE; most <= MOST_PROCESSORS; most *= 2) {
    cpu_set_t *set = CPU_ALLOC((size_t)most);
    const size_t size = CPU_ALLOC_SIZE((size_t)most);
    const bool fits = set && sched_getaffinity(0, size, set) == 0;
    const int count = fits ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    if (fits)
      return count;
  }
  return 1;
}

/* --- quota --- */

/* Reads the numbers of a file's first line. Returns how many there are, 0 for "max". */
static int read_numbers(const char *folder, const char *name, double *first, double *second) {
  char path[3 * PATH];
  FILE *file = NULL;
  if (snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path)
    file = fopen(path, "r");
  const int count = file ? fscanf(file, "%lf %lf", first, second) : 0;
  if (file)
    fclose(file);
  return count > 0 ? count : 0;
}

/* Quota of one control group, in processors: microseconds of each period. */
static double quota_of(const char *folder) {
  double quota, period, unused;
  if (read_numbers(folder, "cpu.max", &quota, &period) == 2 ||
      (read_numbers(folder, "cpu.cfs_quota_us", &quota, &unused) == 1 &&
       read_numbers(folder, "cpu.cfs_period_us", &period, &unused) == 1))
    return quota > 0 && period > 0 ? quota / period : INFINITY;
  return INFINITY;
}

/* The lowest quota from `group` up to the root of the hierarchy. */
static double lowest_quota(const char *root, char *group) {
  double lowest = INFINITY;
  for (;;) {
    char folder[2 * PATH];
    if (snprintf(folder, sizeof folder, "%s%s", root, group) < (int)sizeof folder)
      lowest = fmin(lowest, quota_of(folder));
    char *last = strrchr(group, '/');
    if (!last)
      return lowest;
    *last = '\0';
  }
}

/* Whether a list of controllers, "cpu,cpuacct", names the one that has quotas. */
static bool names_cpu(const char *controllers) {
  while (controllers) {
    const char *end = strchr(controllers, ',');
    if (strncmp(controllers, "cpu", 3) == 0 && (controllers[3] == ',' || !controllers[3]))
      return true;
    controllers = end ? end + 1 : NULL;
  }
  return false;
}

double zsd_processors_quota(const char *membership, const char *root) {
  FILE *file = fopen(membership, "r");
  double lowest = INFINITY;
  char line[PATH];
  /* hierarchy:controllers:/group; version 2 has hierarchy 0 and no controllers */
  while (file && fgets(line, sizeof line, file)) {
    char *controllers = strchr(line, ':'), *group = NULL;
    if (controllers)
      group = strchr(++controllers, ':');
    if (!group)
      continue;
    *group++ = '\0';
    group[strcspn(group, "\n")] = '\0';
    char mounted[PATH];
    const bool known = !*controllers || names_cpu(controllers);
    if (known && snprintf(mounted, sizeof mounted, "%s%s", root, *controllers ? "/cpu" : "") <
                     (int)sizeof mounted)
      lowest = fmin(lowest, lowest_quota(mounted, group));
  }
  if (file)
    fclose(file);
  return lowest;
}

int zsd_processors(void) {
  const int count = in_affinity_mask();
  const double quota = zsd_processors_quota("/proc/self/cgroup", "/sys/fs/cgroup");
  return quota < count ? (int)fmax(1, ceil(quota)) : count;
}
