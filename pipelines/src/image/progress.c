/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/progress.h"

#include "common/clock.h"
#include "common/progress-bar.h"

#include <unistd.h>

#define LOG_INTERVAL 10         /* seconds between two lines where there is no terminal */

struct _Progress
{
  GMutex lock;
  gboolean quiet;
  guint pictures, done, skipped;
  gdouble *parts;               /* of each picture in progress; 0 for others */
  ProgressClock clock;
  gint64 logged;                /* time of the last line, or of the beginning */
};

Progress *
progress_new (guint pictures, gboolean quiet)
{
  Progress *progress = g_new0 (Progress, 1);

  g_mutex_init (&progress->lock);
  progress->quiet = quiet;
  progress->pictures = pictures;
  progress->parts = g_new0 (gdouble, pictures);
  progress->logged = g_get_monotonic_time ();
  return progress;
}

void
progress_free (Progress * progress)
{
  progress_bar_clear ();
  g_mutex_clear (&progress->lock);
  g_free (progress->parts);
  g_free (progress);
}

/* Part of all pictures that are not skipped. */
static gdouble
part_of_all (const Progress * progress)
{
  gdouble part = progress->done;
  guint i;

  for (i = 0; i < progress->pictures; i++)
    part += progress->parts[i];
  return part / MAX (1, progress->pictures - progress->skipped);
}

/* Without a terminal, as in a log file, prints a line now and then. */
static void
show (Progress * progress, const gchar * file, const gchar * text)
{
  gchar *name = g_filename_display_basename (file);

  if (isatty (STDERR_FILENO)) {
    progress_bar_show (part_of_all (progress),
        progress->pictures > 1 ? name : NULL, text);
  } else if (clock_seconds_since (progress->logged) >= LOG_INTERVAL) {
    progress->logged = g_get_monotonic_time ();
    g_printerr ("image: %s: %s\n", name, text);
  }
  g_free (name);
}

/* Number of pictures, and the time left for them. */
static gchar *
describe_all (Progress * progress)
{
  const gdouble left = progress_clock_left (&progress->clock,
      part_of_all (progress));
  gchar *time = left >= 0 ? progress_time (left) : NULL;
  gchar *text = g_strdup_printf ("%u of %u done%s%s%s", progress->done,
      progress->pictures - progress->skipped, time ? ", " : "",
      time ? time : "", time ? " left" : "");

  g_free (time);
  return text;
}

/* The loss is that of a training; other steps have none. */
static gchar *
describe_one (const PictureProgress * learning)
{
  if (learning->loss < 0)
    return g_strdup_printf ("denoising %.0f %%, %.0f s left",
        100.0 * learning->step / MAX (learning->steps, 1), learning->eta);
  return g_strdup_printf ("step %u of %u, loss %.3f, %.0f s left",
      learning->step, learning->steps, learning->loss, learning->eta);
}

void
progress_begin (Progress * progress, const gchar * file)
{
  gchar *text;

  if (progress->quiet || progress->pictures == 1)
    return;
  g_mutex_lock (&progress->lock);
  text = describe_all (progress);
  show (progress, file, text);
  g_free (text);
  g_mutex_unlock (&progress->lock);
}

void
progress_learn (Progress * progress, guint index, const gchar * file,
    const PictureProgress * learning)
{
  const gdouble part = (gdouble) learning->step / MAX (learning->steps, 1);
  gchar *text;

  if (progress->quiet)
    return;
  g_mutex_lock (&progress->lock);
  /* There may be several trainings. */
  progress->parts[index] = MAX (progress->parts[index], part);
  text = progress->pictures > 1 ? describe_all (progress) :
      describe_one (learning);
  show (progress, file, text);
  g_free (text);
  g_mutex_unlock (&progress->lock);
}

void
progress_done (Progress * progress, guint index, gboolean skipped,
    const gchar * out, const gchar * err)
{
  g_mutex_lock (&progress->lock);
  progress->parts[index] = 0;
  if (skipped)
    progress->skipped++;
  else
    progress->done++;
  if (!progress->quiet)
    progress_bar_clear ();
  if (err)
    g_printerr ("image: %s\n", err);
  if (out)
    g_print ("%s\n", out);
  g_mutex_unlock (&progress->lock);
}
