/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/pipeline/error.h"

#include <errno.h>
#include <gio/gio.h>
#include <gst/pbutils/missing-plugins.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>

void
pipeline_error_set_missing (const gchar * name, const gchar * missing,
    GError ** error)
{
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
      "%s: GStreamer has no %s here; most are in the packages "
      "gstreamer1.0-libav, -plugins-good, -bad and -ugly", name, missing);
}

/* Seconds without work after which a pipeline is taken for stuck. */
#define STALL_SECONDS 30

/* Longest time between a missing-plugin message and the error that follows it. */
#define ERROR_DELAY (100 * GST_MSECOND)

/* Whether the error is that of a system call: of a source, of a sink, or of an element that reports
 * errno. */
static gboolean
is_system_error (GstMessage * message, const GError * found,
    const gchar * debug)
{
  return found->domain == GST_RESOURCE_ERROR
      && (GST_OBJECT_FLAG_IS_SET (message->src, GST_ELEMENT_FLAG_SOURCE)
      || GST_OBJECT_FLAG_IS_SET (message->src, GST_ELEMENT_FLAG_SINK)
      || (debug && strstr (debug, "system error: ")));
}

/* Sets an error for a read or write that failed. FALSE if none did. */
static gboolean
set_system_error (GstMessage * message, const GError * found,
    const gchar * debug, const gchar * name, GError ** error)
{
  /* The text of errno ends the debug information. */
  const gchar *colon = debug ? strrchr (debug, ':') : NULL;
  const gchar *reason = colon && colon[1] == ' ' ? colon + 2 : found->message;
  const gboolean read = found->code == GST_RESOURCE_ERROR_OPEN_READ
      || found->code == GST_RESOURCE_ERROR_READ
      || found->code == GST_RESOURCE_ERROR_SEEK;

  if (!is_system_error (message, found, debug))
    return FALSE;
  if (found->code == GST_RESOURCE_ERROR_NO_SPACE_LEFT)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
        "%s: the disk is full; free some space, then continue with "
        "--resume", name);
  else if (g_str_equal (reason, g_strerror (EDQUOT)))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
        "%s: the disk quota is used up; free some space, then continue with "
        "--resume", name);
  else if (read || found->code == GST_RESOURCE_ERROR_OPEN_WRITE
      || found->code == GST_RESOURCE_ERROR_WRITE
      || found->code == GST_RESOURCE_ERROR_CLOSE)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, "%s: a file cannot be %s "
        "(%s); once it can, continue with --resume", name,
        read ? "read" : "written", reason);
  else
    return FALSE;
  return TRUE;
}

void
pipeline_error_set (GstMessage * message, const gchar * missing,
    const gchar * name, GError ** error)
{
  GError *found;
  gchar *debug;

  gst_message_parse_error (message, &found, &debug);
  if (!set_system_error (message, found, debug, name, error)) {
    if (missing)
      pipeline_error_set_missing (name, missing, error);
    else
      g_set_error (error, found->domain, found->code, "%s: %s", name,
          found->message);
  }
  g_free (debug);
  g_error_free (found);
}

/* Next message of the given types. Notes the first missing plugin, which is announced before the
 * error. */
static GstMessage *
next_message (GstBus * bus, GstClockTime timeout, GstMessageType types,
    gchar ** missing)
{
  GstMessage *message;

  while ((message = gst_bus_timed_pop_filtered (bus, timeout,
              types | GST_MESSAGE_ELEMENT))
      && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT) {
    if (*missing == NULL && gst_is_missing_plugin_message (message))
      *missing = gst_missing_plugin_message_get_description (message);
    gst_message_unref (message);
  }
  return message;
}

gboolean
pipeline_error_take (GstElement * pipeline, const gchar * name, GError ** error)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  gchar *missing = NULL;
  GstMessage *message = next_message (bus, 0, GST_MESSAGE_ERROR, &missing);

  if (message == NULL && missing)
    message = next_message (bus, ERROR_DELAY, GST_MESSAGE_ERROR, &missing);
  if (message) {
    pipeline_error_set (message, missing, name, error);
    gst_message_unref (message);
  }
  g_free (missing);
  gst_object_unref (bus);
  return message != NULL;
}

gboolean
pipeline_error_start (GstElement * pipeline, const gchar * name,
    GError ** error)
{
  return gst_element_set_state (pipeline, GST_STATE_PLAYING) !=
      GST_STATE_CHANGE_FAILURE || !pipeline_error_take (pipeline, name, error);
}

gboolean
pipeline_error_wait_eos (GstElement * pipeline, const gchar * name,
    GError ** error)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message = NULL;
  gchar *missing = NULL;
  Stall stall = { 0 };
  gboolean ended;

  while (message == NULL && !pipeline_error_stalled (&stall, name, error))
    message = next_message (bus, GST_SECOND,
        GST_MESSAGE_ERROR | GST_MESSAGE_EOS, &missing);
  ended = message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
  if (message && !ended)
    pipeline_error_set (message, missing, name, error);
  g_free (missing);
  if (message)
    gst_message_unref (message);
  gst_object_unref (bus);
  return ended;
}

gboolean
pipeline_error_stalled (Stall * stall, const gchar * name, GError ** error)
{
  if (!stall_lasts (stall, STALL_SECONDS))
    return FALSE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, "%s: nothing has happened "
      "for %d s: it is of a kind that cannot be processed, or its disk does "
      "not answer", name, STALL_SECONDS);
  return TRUE;
}

gboolean
pipeline_error_is_cancelled (const GError * error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

gboolean
pipeline_error_is_no_space (const GError * error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE)
      || g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
}

gboolean
pipeline_error_is_temporary (const GError * error)
{
  return pipeline_error_is_no_space (error)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BUSY)
      || g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_IO);
}

gint
pipeline_error_exit_status (const GError * error)
{
  return pipeline_error_is_cancelled (error) ? 128 + SIGINT :
      pipeline_error_is_temporary (error) ? EX_TEMPFAIL : 1;
}
