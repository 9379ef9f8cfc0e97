/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/media/gaps.h"

/* A gap is longer than this many frames of median duration. */
#define LONG 3

/* The frame rate is constant if at most one in this many durations differs. */
#define STEADY 20

/* Gaps listed one by one. */
#define TOLD 5

static gint
compare (gconstpointer a, gconstpointer b)
{
  const guint64 x = *(const guint64 *) a, y = *(const guint64 *) b;

  return (x > y) - (x < y);
}

/* Durations of all frames but the last, sorted. */
static GArray *
sorted_steps (GArray * times)
{
  GArray *steps = g_array_new (FALSE, FALSE, sizeof (guint64));
  guint i;

  for (i = 1; i < times->len; i++) {
    const guint64 step = g_array_index (times, guint64, i) -
        g_array_index (times, guint64, i - 1);

    g_array_append_val (steps, step);
  }
  g_array_sort (steps, compare);
  return steps;
}

/* Whether the frame rate is constant, so that a gap is a loss. */
static gboolean
is_steady (GArray * steps, guint64 median)
{
  guint alike = 0, i;

  for (i = 0; i < steps->len; i++) {
    const guint64 step = g_array_index (steps, guint64, i);

    alike += MAX (step, median) - MIN (step, median) <= median / 4;
  }
  return STEADY * alike >= (STEADY - 1) * steps->len;
}

/* Duration above which there is a gap; G_MAXUINT64: there are none. */
static guint64
longest_step (GArray * times, gboolean damaged)
{
  GArray *steps;
  guint64 median, longest;

  if (times->len < 2)
    return G_MAXUINT64;
  steps = sorted_steps (times);
  median = g_array_index (steps, guint64, steps->len / 2);
  longest = damaged || is_steady (steps, median) ? LONG * median : G_MAXUINT64;
  g_array_unref (steps);
  return longest;
}

gchar *
gaps_describe (GArray * times, gboolean damaged)
{
  GString *text = g_string_new (NULL);
  guint found = 0, i;
  guint64 most;

  g_array_sort (times, compare);
  most = longest_step (times, damaged);
  for (i = 1; i < times->len; i++) {
    const guint64 from = g_array_index (times, guint64, i - 1);
    const guint64 to = g_array_index (times, guint64, i);

    if (to - from > most && found++ < TOLD)
      g_string_append_printf (text, "%s%.2f to %.2f s", text->len ? ", " : "",
          (gdouble) from / 1e9, (gdouble) to / 1e9);
  }
  if (found > TOLD)
    g_string_append_printf (text, ", and %u times more", found - TOLD);
  return g_string_free (text, found == 0);
}
