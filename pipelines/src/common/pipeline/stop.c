/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/pipeline/stop.h"

#define STOP_TIME (10 * G_USEC_PER_SEC)

typedef struct
{
  GstElement *pipeline;
  GAsyncQueue *stopped;
} Stop;

static gpointer
stop (gpointer data)
{
  Stop *job = data;

  gst_element_set_state (job->pipeline, GST_STATE_NULL);
  gst_object_unref (job->pipeline);
  g_async_queue_push (job->stopped, GINT_TO_POINTER (TRUE));
  g_async_queue_unref (job->stopped);
  g_free (job);
  return NULL;
}

gboolean
pipeline_stop (GstElement * pipeline)
{
  GAsyncQueue *stopped = g_async_queue_new ();
  Stop *job = g_new (Stop, 1);
  GThread *thread;
  gboolean done;

  job->pipeline = gst_object_ref (pipeline);
  job->stopped = g_async_queue_ref (stopped);
  thread = g_thread_new ("stop", stop, job);
  done = g_async_queue_timeout_pop (stopped, STOP_TIME) != NULL;
  g_async_queue_unref (stopped);
  if (done)
    g_thread_join (thread);
  else
    g_thread_unref (thread);
  return done;
}
