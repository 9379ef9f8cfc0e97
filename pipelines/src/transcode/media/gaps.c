/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/media/gaps.h"

/* A gap is longer than this many frames of median duration. */
#define GAP_FACTOR 3

/* The frame rate is constant if at most one in this many durations differs. */
#define CONSTANT_RATE 20

/* Gaps listed one by one. */
#define MAX_LISTED 5

static gint
compare (gconstpointer a, gconstpointer b)
{
  const guint64 x = *(const guint64 *) a, y = *(const guint64 *) b;

  return (x > y) - (x < y);
}

/* Durations of all frames but the last, sorted. */
static GArray *
sorted_durations (GArray * times)
{
  GArray *durations = g_array_new (FALSE, FALSE, sizeof (guint64));
  guint i;

  for (i = 1; i < times->len; i++) {
    const guint64 duration = g_array_index (times, guint64, i) -
        g_array_index (times, guint64, i - 1);

    g_array_append_val (durations, duration);
  }
  g_array_sort (durations, compare);
  return durations;
}

/* Whether the frame rate is constant, so that a gap is a loss. */
static gboolean
is_constant_rate (GArray * durations, guint64 median)
{
  guint equal = 0, i;

  for (i = 0; i < durations->len; i++) {
    const guint64 duration = g_array_index (durations, guint64, i);

    equal += MAX (duration, median) - MIN (duration, median) <= median / 4;
  }
  return CONSTANT_RATE * equal >= (CONSTANT_RATE - 1) * durations->len;
}

/* Duration above which there is a gap; G_MAXUINT64: there are none. */
static guint64
gap_threshold (GArray * times, gboolean damaged)
{
  GArray *durations;
  guint64 median, longest;

  if (times->len < 2)
    return G_MAXUINT64;
  durations = sorted_durations (times);
  median = g_array_index (durations, guint64, durations->len / 2);
  longest = damaged
      || is_constant_rate (durations,
      median) ? GAP_FACTOR * median : G_MAXUINT64;
  g_array_unref (durations);
  return longest;
}

gchar *
gaps_describe (GArray * times, gboolean damaged)
{
  GString *text = g_string_new (NULL);
  guint found = 0, i;
  guint64 most;

  g_array_sort (times, compare);
  most = gap_threshold (times, damaged);
  for (i = 1; i < times->len; i++) {
    const guint64 from = g_array_index (times, guint64, i - 1);
    const guint64 to = g_array_index (times, guint64, i);

    if (to - from > most && found++ < MAX_LISTED)
      g_string_append_printf (text, "%s%.2f to %.2f s", text->len ? ", " : "",
          (gdouble) from / 1e9, (gdouble) to / 1e9);
  }
  if (found > MAX_LISTED)
    g_string_append_printf (text, ", and %u times more", found - MAX_LISTED);
  return g_string_free (text, found == 0);
}
