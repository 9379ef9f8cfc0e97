/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/media/interleave.h"

/* Maximum lead of the source over the film. */
#define MAX_LEAD (10 * GST_SECOND)

#define TIMEOUT (10 * G_TIME_SPAN_SECOND)

void
interleave_init (Interleave * interleave)
{
  g_mutex_init (&interleave->lock);
  g_cond_init (&interleave->changed);
  interleave->source = GST_CLOCK_TIME_NONE;
  interleave->film = 0;
  interleave->source_ended = interleave->film_ended = FALSE;
}

void
interleave_clear (Interleave * interleave)
{
  g_mutex_clear (&interleave->lock);
  g_cond_clear (&interleave->changed);
}

/* Compares the difference: the sum could overflow. */
static gboolean
is_too_far (const Interleave * interleave, GstClockTime time)
{
  return !interleave->film_ended && !interleave->source_ended
      && time > interleave->film && time - interleave->film > MAX_LEAD;
}

void
interleave_source (Interleave * interleave, GstClockTime time)
{
  const gint64 deadline = g_get_monotonic_time () + TIMEOUT;

  if (!GST_CLOCK_TIME_IS_VALID (time))
    return;
  g_mutex_lock (&interleave->lock);
  if (time > interleave->source
      || !GST_CLOCK_TIME_IS_VALID (interleave->source))
    interleave->source = time;
  g_cond_broadcast (&interleave->changed);
  while (is_too_far (interleave, time)
      && g_cond_wait_until (&interleave->changed, &interleave->lock, deadline));
  g_mutex_unlock (&interleave->lock);
}

void
interleave_film (Interleave * interleave, GstClockTime time)
{
  const gint64 deadline = g_get_monotonic_time () + TIMEOUT;

  g_mutex_lock (&interleave->lock);
  if (GST_CLOCK_TIME_IS_VALID (time))
    interleave->film = time;
  g_cond_broadcast (&interleave->changed);
  while (!GST_CLOCK_TIME_IS_VALID (interleave->source)
      && !interleave->source_ended
      && g_cond_wait_until (&interleave->changed, &interleave->lock, deadline));
  g_mutex_unlock (&interleave->lock);
}

static void
end (Interleave * interleave, gboolean * ended)
{
  g_mutex_lock (&interleave->lock);
  *ended = TRUE;
  g_cond_broadcast (&interleave->changed);
  g_mutex_unlock (&interleave->lock);
}

void
interleave_end_source (Interleave * interleave)
{
  end (interleave, &interleave->source_ended);
}

void
interleave_end_film (Interleave * interleave)
{
  end (interleave, &interleave->film_ended);
}
