/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/progress.h"

#include "common/progress-bar.h"

struct _Progress
{
  GMutex lock;
  guint pictures, done;
};

Progress *
progress_new (guint pictures)
{
  Progress *progress = g_new0 (Progress, 1);

  g_mutex_init (&progress->lock);
  progress->pictures = pictures;
  return progress;
}

void
progress_free (Progress * progress)
{
  progress_bar_clear ();
  g_mutex_clear (&progress->lock);
  g_free (progress);
}

static gchar *
describe (const Progress * progress, const gchar * name,
    const PictureProgress * learning)
{
  GString *text = g_string_new (NULL);

  if (progress->pictures > 1)
    g_string_append_printf (text, "%u of %u, %s: ", progress->done,
        progress->pictures, name);
  if (learning->loss < 0)
    g_string_append_printf (text, "denoising %.0f %%, %.0f s left",
        100.0 * learning->step / MAX (learning->steps, 1), learning->eta);
  else
    g_string_append_printf (text, "step %u of %u, loss %.3f, %.0f s left",
        learning->step, learning->steps, learning->loss, learning->eta);
  return g_string_free (text, FALSE);
}

void
progress_learn (Progress * progress, const gchar * name,
    const PictureProgress * learning)
{
  const gdouble part = (gdouble) learning->step / MAX (learning->steps, 1);
  gchar *text;

  g_mutex_lock (&progress->lock);
  text = describe (progress, name, learning);
  progress_bar_show ((progress->done + part) / progress->pictures, text);
  g_free (text);
  g_mutex_unlock (&progress->lock);
}

void
progress_done (Progress * progress, const gchar * line, gboolean failed)
{
  g_mutex_lock (&progress->lock);
  progress->done++;
  progress_bar_clear ();
  if (failed)
    g_printerr ("image: %s\n", line);
  else
    g_print ("%s\n", line);
  g_mutex_unlock (&progress->lock);
}
