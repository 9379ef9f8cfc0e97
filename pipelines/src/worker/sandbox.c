/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/worker.h"

#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* The largest file that a job may write, and how many it may have open. */
#define FILE_MIB 1024
#define FILES 128

/* The address and thread sanitizers map terabytes of address space, so that it cannot be limited
 * in a program that has one: tests of that limit run without. */
#if defined __has_feature
#if __has_feature (address_sanitizer) || __has_feature (thread_sanitizer)
#define HAVE_SANITIZER
#endif
#elif defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define HAVE_SANITIZER
#endif

static void
limit (__rlimit_resource_t resource, rlim_t most)
{
  /* (A second after the first limit on time, which ends it by a signal that tells why, is the other.) */
  const struct rlimit both = { most, most + (resource == RLIMIT_CPU) };

  if (setrlimit (resource, &both) != 0)
    worker_say_fault ("Its process could not be limited.");
}

void
worker_cage (const Work * work)
{
  const rlim_t seconds = (rlim_t) work->seconds * (rlim_t) work->threads;

  /* A group of its own can be ended as a whole. */
  setpgid (0, 0);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  /* It may have ended before this one heeded that. */
  if (work->parent && getppid () != work->parent)
    raise (SIGKILL);
  prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  umask (077);
  setpriority (PRIO_PROCESS, 0, 10);
  /* Each arena takes address space that nobody uses. */
  mallopt (M_ARENA_MAX, 2);
  limit (RLIMIT_CORE, 0);
#ifndef HAVE_SANITIZER
  limit (RLIMIT_AS, (rlim_t) work->memory << 20);
#endif
  limit (RLIMIT_CPU, seconds);
  limit (RLIMIT_FSIZE, (rlim_t) FILE_MIB << 20);
  limit (RLIMIT_NOFILE, FILES);
}
