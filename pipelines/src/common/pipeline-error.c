/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/pipeline-error.h"

#include <gio/gio.h>
#include <gst/pbutils/missing-plugins.h>
#include <sysexits.h>

void
pipeline_error_set_missing (const gchar * name, const gchar * missing,
    GError ** error)
{
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
      "%s: GStreamer has no %s here; most are in the packages "
      "gstreamer1.0-libav, -plugins-good, -bad and -ugly", name, missing);
}

/* Longest time between a missing-plugin message and the error that follows it. */
#define ERROR_DELAY (100 * GST_MSECOND)

static void
set_error (GstMessage * message, const gchar * missing, const gchar * name,
    GError ** error)
{
  GError *found;

  gst_message_parse_error (message, &found, NULL);
  if (g_error_matches (found, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_NO_SPACE_LEFT))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
        "%s: the disk is full; free some space, then continue with "
        "--resume", name);
  else if (missing)
    pipeline_error_set_missing (name, missing, error);
  else
    g_set_error (error, found->domain, found->code, "%s: %s", name,
        found->message);
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
    set_error (message, missing, name, error);
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
  gchar *missing = NULL;
  GstMessage *message = next_message (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_ERROR | GST_MESSAGE_EOS, &missing);
  const gboolean ended = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;

  if (!ended)
    set_error (message, missing, name, error);
  g_free (missing);
  gst_message_unref (message);
  gst_object_unref (bus);
  return ended;
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

gint
pipeline_error_exit_status (const GError * error)
{
  return pipeline_error_is_no_space (error)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BUSY) ? EX_TEMPFAIL : 1;
}
