/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OpenMP teams: how many threads work on a frame, and how they wait for each other. */
#ifndef ZSD_TEAM_H
#define ZSD_TEAM_H

enum { ZSD_MOST_THREADS = 256 };

/* The threads of one denoiser. */
typedef struct ZsdTeam ZsdTeam;

/* A team of up to `wanted` threads (0: one for each processor that the process may use), the
 * calling one among them. NULL: no memory. */
ZsdTeam *zsd_team_new(unsigned wanted);
void zsd_team_free(ZsdTeam *team);

/* The most threads that the team ever has: 1 to ZSD_MOST_THREADS. */
int zsd_team_most(const ZsdTeam *team);

/* Called before each frame, by the thread that works on it: makes that thread's OpenMP team
 * ready and returns the number of its threads, for num_threads(). That is fewer than the most
 * where other teams of an unset size have been at work within the last second, with which they
 * share the processors, and where the system gives no more threads. */
int zsd_team_begin(ZsdTeam *team);

#endif
