/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/interrupt.h"


#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Read by the signal handler: changed while the signals are blocked. */
static char text[4096];
static size_t length;

static void
on_signal (int signal G_GNUC_UNUSED)
{
  const ssize_t written = write (STDERR_FILENO, text, length);

  (void) written;
  _exit (128 + SIGINT);
}

static void
catch_signal (int number)
{
  const struct sigaction action = {.sa_handler = on_signal };
  struct sigaction found;

  if (sigaction (number, NULL, &found) == 0 && found.sa_handler != SIG_IGN)
    sigaction (number, &action, NULL);
}

void
interrupt_catch (const gchar * sentence)
{
  sigset_t both, before;

  sigemptyset (&both);
  sigaddset (&both, SIGINT);
  sigaddset (&both, SIGTERM);
  pthread_sigmask (SIG_BLOCK, &both, &before);
  g_snprintf (text, sizeof text, "%s%s\n", isatty (STDERR_FILENO) ? "\n" : "",
      sentence);
  length = strlen (text);
  catch_signal (SIGINT);
  catch_signal (SIGTERM);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
}
