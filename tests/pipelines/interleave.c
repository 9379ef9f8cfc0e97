/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether source and film keep together, and neither waits without a reason. Prints TAP. */
#include "transcode/media/interleave.h"

/* Far below the ten seconds after which a wait is given up, far above a loaded machine's delays. */
#define AT_ONCE (3 * G_TIME_SPAN_SECOND)
#define WHILE (200 * 1000)      /* microseconds in which a thread that need not wait is done */

typedef struct
{
  Interleave *interleave;
  GstClockTime time;
  gint done;                    /* atomic */
} Source;

static gpointer
run_source (gpointer data)
{
  Source *source = data;

  interleave_source (source->interleave, source->time);
  g_atomic_int_set (&source->done, TRUE);
  return NULL;
}

/* A picture without a time came last: the source, five seconds ahead, goes on. */
static void
test_film_without_time (void)
{
  Interleave interleave;
  gint64 started;

  interleave_init (&interleave);
  interleave_source (&interleave, 0);
  interleave_film (&interleave, 60 * GST_SECOND);
  interleave_film (&interleave, GST_CLOCK_TIME_NONE);
  started = g_get_monotonic_time ();
  interleave_source (&interleave, 65 * GST_SECOND);
  g_assert_cmpint (g_get_monotonic_time () - started, <, AT_ONCE);
  interleave_clear (&interleave);
}

/* The source waits for the film, and goes on as soon as that has come near. */
static void
test_source_waits (void)
{
  Interleave interleave;
  Source source = {.interleave = &interleave,.time = 30 * GST_SECOND };
  gint64 started;
  GThread *thread;

  interleave_init (&interleave);
  interleave_source (&interleave, 0);
  thread = g_thread_new ("source", run_source, &source);
  g_usleep (WHILE);
  interleave_film (&interleave, 19 * GST_SECOND);
  g_usleep (WHILE);
  g_assert_false (g_atomic_int_get (&source.done));
  started = g_get_monotonic_time ();
  interleave_film (&interleave, 21 * GST_SECOND);
  g_thread_join (thread);
  g_assert_cmpint (g_get_monotonic_time () - started, <, AT_ONCE);
  interleave_clear (&interleave);
}

/* The source's other tracks may be longer than the film. */
static void
test_film_ends (void)
{
  Interleave interleave;
  Source source = {.interleave = &interleave,.time = 3600 * GST_SECOND };
  gint64 started = g_get_monotonic_time ();
  GThread *thread;

  interleave_init (&interleave);
  thread = g_thread_new ("source", run_source, &source);
  interleave_film (&interleave, GST_SECOND);
  interleave_end_film (&interleave);
  g_thread_join (thread);
  g_assert_cmpint (g_get_monotonic_time () - started, <, AT_ONCE);
  interleave_clear (&interleave);
}

/* A source that has ended without a picture is not waited for. */
static void
test_source_ends (void)
{
  Interleave interleave;
  gint64 started = g_get_monotonic_time ();

  interleave_init (&interleave);
  interleave_end_source (&interleave);
  interleave_film (&interleave, GST_SECOND);
  g_assert_cmpint (g_get_monotonic_time () - started, <, AT_ONCE);
  interleave_clear (&interleave);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/interleave/film-without-time", test_film_without_time);
  g_test_add_func ("/interleave/source-waits", test_source_waits);
  g_test_add_func ("/interleave/film-ends", test_film_ends);
  g_test_add_func ("/interleave/source-ends", test_source_ends);
  return g_test_run ();
}
