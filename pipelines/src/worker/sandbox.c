/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/sandbox.h"

#include "worker/events.h"
#include "worker/landlock.h"
#include "worker/seccomp.h"

#include <linux/capability.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Limits of the size of a file, and of open files. */
#define FILE_MIB 1024
#define FILES 128

/* The address and thread sanitizers reserve terabytes of address space, which therefore has no
 * limit in programs that are built with them. */
#if defined __has_feature
#if __has_feature (address_sanitizer) || __has_feature (thread_sanitizer)
#define HAVE_SANITIZER
#endif
#elif defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define HAVE_SANITIZER
#endif

/* Nothing is processed without limits. */
static void
fail (const gchar * fault)
{
  GError *error = g_error_new_literal (G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
      fault);

  events_send_error (error);
  _exit (1);
}

static void
set_limit (__rlimit_resource_t resource, rlim_t most)
{
  struct rlimit both;

  if (getrlimit (resource, &both) != 0)
    both.rlim_max = RLIM_INFINITY;
  /* The soft limit of processor time ends the process with SIGXCPU, which names the reason; the
   * hard limit kills it a second later. */
  both.rlim_cur = MIN (most, both.rlim_max);
  both.rlim_max = MIN (most + (resource == RLIMIT_CPU), both.rlim_max);
  if (setrlimit (resource, &both) != 0)
    fail ("the limits of its process could not be set");
}

/* Those of root, where bubblewrap has not taken them. */
static gboolean
drop_capabilities (void)
{
  struct __user_cap_header_struct header = {
    .version = _LINUX_CAPABILITY_VERSION_3,
  };
  const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { {0} };

  return syscall (SYS_capset, &header, none) == 0;
}

void
sandbox_enter (const WorkerSettings * settings, gboolean exec)
{
  const rlim_t seconds =
      (rlim_t) settings->seconds * (rlim_t) settings->threads;

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  /* The server may have ended before the call of prctl(). */
  if (settings->parent && getppid () != settings->parent)
    raise (SIGKILL);
#ifdef HAVE_SANITIZER
  exec = TRUE;
#endif
  if (!landlock_enter () && settings->landlock)
    fail ("the files of its process could not be limited");
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !drop_capabilities ())
    fail ("the rights of its process could not be limited");
  if (!seccomp_enter (exec))
    fail ("the system calls of its process could not be limited");
  umask (077);
  setpriority (PRIO_PROCESS, 0, 10);
  /* Each malloc arena reserves address space. */
  mallopt (M_ARENA_MAX, 2);
  set_limit (RLIMIT_CORE, 0);
#ifndef HAVE_SANITIZER
  set_limit (RLIMIT_AS, (rlim_t) settings->memory << 20);
#endif
  set_limit (RLIMIT_CPU, seconds);
  set_limit (RLIMIT_FSIZE, (rlim_t) FILE_MIB << 20);
  set_limit (RLIMIT_NOFILE, FILES);
}
