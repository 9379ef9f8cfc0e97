/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/progress.h"

#include <unistd.h>

#define BAR 20                  /* characters */
#define LINE 79

struct _Progress
{
  GMutex lock;
  guint pictures, done;
  gboolean terminal;
};

Progress *
progress_new (guint pictures)
{
  Progress *progress = g_new0 (Progress, 1);

  g_mutex_init (&progress->lock);
  progress->pictures = pictures;
  progress->terminal = isatty (STDERR_FILENO);
  return progress;
}

static void
clear_line (const Progress * progress)
{
  if (progress->terminal)
    g_printerr ("\r%*s\r", LINE, "");
}

void
progress_free (Progress * progress)
{
  clear_line (progress);
  g_mutex_clear (&progress->lock);
  g_free (progress);
}

static gchar *
describe (const Progress * progress, const gchar * name,
    const PictureProgress * learning)
{
  const gdouble part = (gdouble) learning->step / MAX (learning->steps, 1);
  const gint full = (gint) (BAR * (progress->done + part) / progress->pictures);
  GString *line = g_string_new ("[");
  gint i;

  for (i = 0; i < BAR; i++)
    g_string_append_c (line, i < full ? '#' : '.');
  if (progress->pictures > 1)
    g_string_append_printf (line, "] %u of %u, %s: ", progress->done,
        progress->pictures, name);
  else
    g_string_append (line, "] ");
  g_string_append_printf (line, "step %u of %u, loss %.3f, %.0f s left",
      learning->step, learning->steps, learning->loss, learning->eta);
  return g_string_free (line, FALSE);
}

void
progress_learn (Progress * progress, const gchar * name,
    const PictureProgress * learning)
{
  gchar *line, *short_line;

  if (!progress->terminal)
    return;
  g_mutex_lock (&progress->lock);
  line = describe (progress, name, learning);
  short_line = g_utf8_substring (line, 0, MIN (LINE, g_utf8_strlen (line, -1)));
  clear_line (progress);
  g_printerr ("%s", short_line);
  g_free (short_line);
  g_free (line);
  g_mutex_unlock (&progress->lock);
}

void
progress_done (Progress * progress, const gchar * line, gboolean failed)
{
  g_mutex_lock (&progress->lock);
  progress->done++;
  clear_line (progress);
  if (failed)
    g_printerr ("image: %s\n", line);
  else
    g_print ("%s\n", line);
  g_mutex_unlock (&progress->lock);
}
