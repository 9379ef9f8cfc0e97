/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode-fault.h"

#include <gio/gio.h>
#include <gst/pbutils/missing-plugins.h>

static void
translate (GstMessage * message, const gchar * missing, const gchar * what,
    GError ** error)
{
  GError *found;

  gst_message_parse_error (message, &found, NULL);
  if (g_error_matches (found, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_NO_SPACE_LEFT))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
        "%s: there is no room left on the disk; make some, then go on with "
        "--resume", what);
  else if (missing)
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "%s: GStreamer has no %s here; most are in the packages "
        "gstreamer1.0-libav, -plugins-good, -bad and -ugly", what, missing);
  else
    g_set_error (error, found->domain, found->code, "%s: %s", what,
        found->message);
  g_error_free (found);
}

gboolean
fault_take (GstElement * pipeline, const gchar * what, GError ** error)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR |
      GST_MESSAGE_ELEMENT);
  gchar *missing = NULL;

  while (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT) {
    if (missing == NULL && gst_is_missing_plugin_message (message))
      missing = gst_missing_plugin_message_get_description (message);
    gst_message_unref (message);
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR |
        GST_MESSAGE_ELEMENT);
  }
  if (message) {
    translate (message, missing, what, error);
    gst_message_unref (message);
  }
  g_free (missing);
  gst_object_unref (bus);
  return message != NULL;
}

gboolean
fault_wait_end (GstElement * pipeline, const gchar * what, GError ** error)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  const gboolean ended = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;

  if (!ended)
    translate (message, NULL, what, error);
  gst_message_unref (message);
  gst_object_unref (bus);
  return ended;
}

gboolean
fault_is_no_space (const GError * error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE)
      || g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
}

gint
fault_status (const GError * error)
{
  return fault_is_no_space (error)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BUSY) ?
      FAULT_TEMPORARY : 1;
}
