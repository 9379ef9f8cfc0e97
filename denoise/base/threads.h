/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ZSD_THREADS_H
#define ZSD_THREADS_H

/* A pool of threads that share out the items of a loop. Idle threads sleep: nothing spins. */
typedef struct ZsdThreads ZsdThreads;

/* Does item number `item`; `worker` (0 .. count-1) says which worker's scratch memory to use.
 */
typedef void (*ZsdWork)(void *context, int worker, int item);

/* `count` workers, the calling thread among them; 0: as many as the process may use processors.
 * Where the system gives fewer threads, the pool has fewer. NULL: no memory. */
ZsdThreads *zsd_threads_new(unsigned count);
void zsd_threads_free(ZsdThreads *threads);

int zsd_threads_count(const ZsdThreads *threads);

/* Does items 0 .. items-1, in any order, and returns when all are done. One call at a time. */
void zsd_threads_run(ZsdThreads *threads, ZsdWork work, void *context, int items);

#endif
