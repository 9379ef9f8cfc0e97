/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processors that the process may use. */
#ifndef ZSD_PROCESSORS_H
#define ZSD_PROCESSORS_H

/* Number of processors, 1 or more: those of the calling thread's affinity mask, or the CPU
 * quota of the process (Linux control groups, version 1 or 2), rounded up, where that is lower.
 */
int zsd_processors(void);

/* CPU quota in processors: the lowest of the control groups listed in the file `membership`
 * (/proc/self/cgroup) and of all groups above them, which are mounted at `root`
 * (/sys/fs/cgroup). Infinity where there is none. */
double zsd_processors_quota(const char *membership, const char *root);

#endif
