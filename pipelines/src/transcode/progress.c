/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/progress.h"

#include "common/progress-bar.h"

static struct
{
  guint films, number;          /* of the run; the current one, from 1 */
  guint64 bytes, done;          /* of the run; of the films that have ended */
  gchar *name;                  /* of the current film */
  gdouble part;                 /* of the run */
  ProgressClock clock;
} progress;

void
progress_plan (guint films, guint64 bytes)
{
  progress.films = films;
  progress.bytes = bytes;
}

void
progress_film (const gchar * file)
{
  progress.number++;
  g_free (progress.name);
  progress.name = g_filename_display_basename (file);
}

void
progress_film_end (guint64 bytes)
{
  progress.done += bytes;
  progress.part = (gdouble) progress.done / (gdouble) MAX (progress.bytes, 1);
  progress_bar_clear ();
}

/* Shows text behind bar, number and name. */
static void
show (const gchar * text)
{
  gchar *line = progress.films > 1 ? g_strdup_printf ("%s, film %u of %u", text,
      progress.number, progress.films) : g_strdup (text);

  progress_bar_show (MIN (progress.part, 1), progress.name, line);
  g_free (line);
}

void
progress_phase (const gchar * phase)
{
  show (phase);
}

void
progress_part (gdouble part, guint64 bytes, gdouble rate, guint64 size)
{
  gchar *formatted = g_format_size (size), *left;
  GString *text = g_string_new (NULL);
  gdouble seconds;

  progress.part = ((gdouble) progress.done + part * (gdouble) bytes) /
      (gdouble) MAX (progress.bytes, 1);
  seconds = progress_clock_left (&progress.clock, MIN (progress.part, 1));
  g_string_append_printf (text, "%.0f %%, %.1f frames/s, %s", 100 * part, rate,
      formatted);
  if (seconds >= 0) {
    left = progress_time (seconds);
    g_string_append_printf (text, ", %s left", left);
    g_free (left);
  }
  show (text->str);
  g_string_free (text, TRUE);
  g_free (formatted);
}
