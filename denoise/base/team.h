/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OpenMP teams: how many threads work on a frame, and how they wait for each other. */
#ifndef ZSD_TEAM_H
#define ZSD_TEAM_H

enum { ZSD_MOST_THREADS = 256 };

/* The threads of one denoiser. */
typedef struct ZsdTeam ZsdTeam;

/* A team of up to `wanted` threads, including the calling one; 0: one for each processor that
 * the process may use. NULL without memory. */
ZsdTeam *zsd_team_new(unsigned wanted);
void zsd_team_free(ZsdTeam *team);

/* Upper bound of the team's threads, 1 to ZSD_MOST_THREADS. */
int zsd_team_most(const ZsdTeam *team);

/* Prepares the calling thread's OpenMP team; to be called before each frame, by the thread that
 * processes it. Returns the number of threads for num_threads(): fewer than the bound where the
 * system refuses threads, and, for teams of unset size, where others of unset size have been at
 * work within the last second, which share the processors. */
int zsd_team_begin(ZsdTeam *team);

#endif
