/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "camera/recording.h"

#include "camera/undenoised.h"
#include "common/pipeline/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* Maximum duration of queued frames before frames are dropped, and timeout of the end of the
 * file. */
#define QUEUED_TIME (2 * GST_SECOND)
#define FINISH_TIME (5 * G_TIME_SPAN_SECOND)

struct _Recording
{
  gchar *file;
  GstPad *entry;                /* sink pad of the queue */

  /* written by streaming threads, atomic */
  gint received, encoded;
  gint undenoised;              /* among the received ones */

  GMutex lock;
  GCond ended_changed;
  gboolean ended;
};

static gboolean
create (const gchar * file)
{
  const int fd = g_open (file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

  return fd >= 0 && close (fd) == 0;
}

/* The name with a number from 2 on: film.mkv, film-2.mkv, film-3.mkv ... */
static gchar *
numbered (const gchar * file, guint number)
{
  const gint stem = (gint) strlen (file) - 4;

  return number == 1 ? g_strdup (file) :
      g_strdup_printf ("%.*s-%u%s", stem, file, number, file + stem);
}

Recording *
recording_new (const gchar * file, gboolean again, GError ** error)
{
  Recording *recording;
  gchar *name = NULL;
  guint number = 0;

  if (!g_str_has_suffix (file, ".mkv") && !g_str_has_suffix (file, ".mp4")) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "%s: the file type is unknown; give a name that ends in .mkv or "
        ".mp4", file);
    return NULL;
  }
  do {
    g_free (name);
    name = numbered (file, ++number);
    errno = 0;
  } while (!create (name) && errno == EEXIST && again);
  if (errno == EEXIST)
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE,
        "%s exists already; remove it, or give another name", file);
  else if (errno)
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE,
        "%s cannot be written: %s; give another name", file,
        g_strerror (errno));
  if (errno) {
    g_free (name);
    return NULL;
  }
  recording = g_new0 (Recording, 1);
  recording->file = name;
  g_mutex_init (&recording->lock);
  g_cond_init (&recording->ended_changed);
  return recording;
}

gchar *
recording_launch_line (const Recording * recording)
{
  return g_strdup_printf ("queue name=to-file leaky=downstream "
      "max-size-buffers=0 max-size-bytes=0 max-size-time=%" G_GUINT64_FORMAT
      " ! videoconvert ! video/x-raw,format=I420 ! x264enc tune=zerolatency "
      "speed-preset=superfast pass=qual quantizer=21 bitrate=50000 "
      "key-int-max=60 ! %s ! " LAUNCH_FILESINK " name=file", QUEUED_TIME,
      g_str_has_suffix (recording->file, ".mkv") ? "matroskamux" : "mp4mux");
}

static GstPadProbeReturn
on_frame (GstPad * pad G_GNUC_UNUSED, GstPadProbeInfo * info G_GNUC_UNUSED,
    gpointer count)
{
  g_atomic_int_inc ((gint *) count);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_received (GstPad * pad G_GNUC_UNUSED, GstPadProbeInfo * info, gpointer data)
{
  Recording *recording = data;

  g_atomic_int_inc (&recording->received);
  if (frame_is_undenoised (GST_PAD_PROBE_INFO_BUFFER (info)))
    g_atomic_int_inc (&recording->undenoised);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_event (GstPad * pad G_GNUC_UNUSED, GstPadProbeInfo * info, gpointer data)
{
  Recording *recording = data;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS) {
    g_mutex_lock (&recording->lock);
    recording->ended = TRUE;
    g_cond_signal (&recording->ended_changed);
    g_mutex_unlock (&recording->lock);
  }
  return GST_PAD_PROBE_OK;
}

void
recording_attach (Recording * recording, GstBin * pipeline)
{
  GstElement *queue = gst_bin_get_by_name (pipeline, "to-file");
  GstElement *file = gst_bin_get_by_name (pipeline, "file");
  GstPad *exit = gst_element_get_static_pad (queue, "src");
  GstPad *end = gst_element_get_static_pad (file, "sink");

  recording->entry = gst_element_get_static_pad (queue, "sink");
  g_object_set (file, "location", recording->file, NULL);
  gst_pad_add_probe (recording->entry, GST_PAD_PROBE_TYPE_BUFFER, on_received,
      recording, NULL);
  gst_pad_add_probe (exit, GST_PAD_PROBE_TYPE_BUFFER, on_frame,
      &recording->encoded, NULL);
  gst_pad_add_probe (end, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event,
      recording, NULL);
  gst_object_unref (end);
  gst_object_unref (exit);
  gst_object_unref (file);
  gst_object_unref (queue);
}

/* Sends EOS into this branch only, as other branches may have failed or be blocked. The pad
 * refuses it if a source that failed has sent EOS already. */
static gboolean
end (Recording * recording)
{
  const gint64 deadline = g_get_monotonic_time () + FINISH_TIME;
  const gboolean sent = gst_pad_send_event (recording->entry,
      gst_event_new_eos ()) || GST_PAD_IS_EOS (recording->entry);
  gboolean ended;

  g_mutex_lock (&recording->lock);
  while (sent && !recording->ended
      && g_cond_wait_until (&recording->ended_changed, &recording->lock,
          deadline));
  ended = recording->ended;
  g_mutex_unlock (&recording->lock);
  return ended;
}

void
recording_finish (Recording * recording)
{
  const gint received = g_atomic_int_get (&recording->received);
  gint lost;

  if (received == 0) {
    g_unlink (recording->file);
  } else {
    if (!end (recording))
      g_printerr ("camera: %s could not be completed; its last "
          "frames may be missing\n", recording->file);
    lost = g_atomic_int_get (&recording->received)
        - g_atomic_int_get (&recording->encoded);
    g_print ("%s: %d frames, %d lost%s", recording->file, recording->encoded,
        lost, lost ? " (the encoder is too slow)" : "");
    if (recording->undenoised > 0)
      g_print (", %d not denoised (the processor is too slow)",
          recording->undenoised);
    g_print ("\n");
  }
}

void
recording_free (Recording * recording)
{
  gst_clear_object (&recording->entry);
  g_mutex_clear (&recording->lock);
  g_cond_clear (&recording->ended_changed);
  g_free (recording->file);
  g_free (recording);
}
