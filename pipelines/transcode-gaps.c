/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode-gaps.h"

/* A gap is so many times as long as most pictures last. */
#define LONG 3

/* Gaps that are told one by one. */
#define TOLD 5

static gint
compare (gconstpointer a, gconstpointer b)
{
  const guint64 x = *(const guint64 *) a, y = *(const guint64 *) b;

  return (x > y) - (x < y);
}

static guint64
median_step (GArray * times)
{
  GArray *steps = g_array_new (FALSE, FALSE, sizeof (guint64));
  guint64 median;
  guint i;

  for (i = 1; i < times->len; i++) {
    const guint64 step = g_array_index (times, guint64, i) -
        g_array_index (times, guint64, i - 1);

    g_array_append_val (steps, step);
  }
  g_array_sort (steps, compare);
  median = g_array_index (steps, guint64, steps->len / 2);
  g_array_unref (steps);
  return median;
}

gchar *
gaps_describe (GArray * times)
{
  GString *text = g_string_new (NULL);
  guint found = 0, i;
  guint64 most;

  g_array_sort (times, compare);
  most = times->len > 1 ? LONG * median_step (times) : 0;
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
