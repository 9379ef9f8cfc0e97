/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/media/interleave.h"

/* How far the source may be ahead of the film. */
#define AHEAD (10 * GST_SECOND)
#define PATIENCE (10 * G_TIME_SPAN_SECOND)

void
pace_init (Pace * pace)
{
  g_mutex_init (&pace->lock);
  g_cond_init (&pace->changed);
  pace->source = GST_CLOCK_TIME_NONE;
  pace->film = 0;
  pace->ended = FALSE;
}

void
pace_clear (Pace * pace)
{
  g_mutex_clear (&pace->lock);
  g_cond_clear (&pace->changed);
}

void
pace_source (Pace * pace, GstClockTime time)
{
  const gint64 deadline = g_get_monotonic_time () + PATIENCE;

  if (!GST_CLOCK_TIME_IS_VALID (time))
    return;
  g_mutex_lock (&pace->lock);
  if (time > pace->source || !GST_CLOCK_TIME_IS_VALID (pace->source))
    pace->source = time;
  g_cond_broadcast (&pace->changed);
  while (time > pace->film + AHEAD && !pace->ended
      && g_cond_wait_until (&pace->changed, &pace->lock, deadline));
  g_mutex_unlock (&pace->lock);
}

void
pace_end_source (Pace * pace)
{
  g_mutex_lock (&pace->lock);
  pace->ended = TRUE;
  g_cond_broadcast (&pace->changed);
  g_mutex_unlock (&pace->lock);
}

gboolean
pace_film (Pace * pace, GstClockTime time)
{
  const gint64 deadline = g_get_monotonic_time () + PATIENCE;
  gboolean there;

  g_mutex_lock (&pace->lock);
  pace->film = time;
  g_cond_broadcast (&pace->changed);
  while (!(there = GST_CLOCK_TIME_IS_VALID (pace->source)) && !pace->ended
      && g_cond_wait_until (&pace->changed, &pace->lock, deadline));
  g_mutex_unlock (&pace->lock);
  return there;
}
