/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several live streams in a process: all of them learn, and what they take while they play. */
#include "picture.h"
#include "suite.h"

#define N_INSTANCES 4
#define INTERVAL (10 * GST_SECOND)

/* Limits of each instance of 640x360. */
#define MAX_THREADS 4
#define MAX_MEMORY (30 * 1024)  /* kB, resident */

/* A number of /proc/self/status. */
static gint
status_of (const gchar * name)
{
  gchar *text, *line;
  gint value;

  fail_unless (g_file_get_contents ("/proc/self/status", &text, NULL, NULL));
  line = strstr (text, name);
  fail_unless (line != NULL);
  value = atoi (line + strlen (name));
  g_free (text);
  return value;
}

GST_START_TEST (test_resources)
{
  const GstVideoInfo info = picture_info ("I420", 640, 360);
  GstBuffer *noisy[2] = { picture_noisy (&info, 1), picture_noisy (&info, 2) };
  GstHarness *h[N_INSTANCES];
  gint memory, threads, most_threads = 0;
  guint i, n, learned = 0;
  GstBuffer *frame;

  memory = status_of ("VmRSS:");
  threads = status_of ("Threads:");
  for (i = 0; i < N_INSTANCES; i++) {
    h[i] = start_element ("zsdenoise", NULL);
    gst_harness_set_live (h[i], TRUE);
    set_format (h[i], &info);
  }
  for (n = 0; learned < N_INSTANCES; n++) {
    for (learned = i = 0; i < N_INSTANCES; i++) {
      frame = gst_buffer_copy_deep (noisy[n % 2]);
      GST_BUFFER_PTS (frame) = n * INTERVAL;
      GST_BUFFER_DURATION (frame) = INTERVAL;
      gst_buffer_unref (filtered (h[i], frame));
      learned += count_of (h[i]->element, "trainings") > 0;
    }
    most_threads = MAX (most_threads, status_of ("Threads:"));
  }
  fail_unless (most_threads - threads <= MAX_THREADS * N_INSTANCES,
      "%d threads", most_threads - threads);
  memory = status_of ("VmRSS:") - memory;
  fail_unless (SANITIZED || memory <= MAX_MEMORY * N_INSTANCES, "%d kB",
      memory);
  for (i = 0; i < N_INSTANCES; i++)
    stop_element (h[i]);
  gst_buffer_unref (noisy[0]);
  gst_buffer_unref (noisy[1]);
}

GST_END_TEST;

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("instances");
  TCase *tc = tcase_create ("instances");

  tcase_add_test (tc, test_resources);
  suite_add_tcase (suite, tc);
  return suite;
}
