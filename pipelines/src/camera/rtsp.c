/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "camera/rtsp.h"

#include <gio/gio.h>

#define CONNECT_SECONDS 5

static GUri *
parse (const gchar * url, GError ** error)
{
  GUri *uri = g_uri_parse (url, G_URI_FLAGS_HAS_PASSWORD, NULL);

  if (uri && g_str_has_prefix (g_uri_get_scheme (uri), "rtsp")
      && g_uri_get_host (uri) && *g_uri_get_host (uri))
    return uri;
  g_clear_pointer (&uri, g_uri_unref);
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "--rtsp: this is not the address of a camera; give it as "
      "rtsp://HOST/PATH or rtsp://USER:PASSWORD@HOST/PATH");
  return NULL;
}

gchar *
rtsp_public_url (const gchar * url, GError ** error)
{
  GUri *uri = parse (url, error);
  gchar *name = NULL;

  if (uri) {
    name = g_uri_to_string_partial (uri, G_URI_HIDE_USERINFO);
    g_uri_unref (uri);
  }
  return name;
}

gboolean
rtsp_check_connection (const gchar * url, GError ** error)
{
  GUri *uri = parse (url, error);
  GSocketClient *client = g_socket_client_new ();
  GSocketConnection *connection = NULL;
  GError *reason = NULL;
  gchar *name;

  if (uri) {
    g_socket_client_set_timeout (client, CONNECT_SECONDS);
    connection = g_socket_client_connect_to_uri (client, url,
        g_str_equal (g_uri_get_scheme (uri), "rtsps") ? 322 : 554, NULL,
        &reason);
    if (connection == NULL) {
      name = g_uri_to_string_partial (uri, G_URI_HIDE_USERINFO);
      g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ,
          "%s cannot be reached: %s; check the camera and the address",
          name, reason->message);
      g_clear_error (&reason);
      g_free (name);
    }
    g_uri_unref (uri);
  }
  g_object_unref (client);
  if (connection)
    g_object_unref (connection);
  return connection != NULL;
}

static gboolean
on_select_stream (GstElement * source G_GNUC_UNUSED,
    guint number G_GNUC_UNUSED, GstCaps * caps, gpointer data G_GNUC_UNUSED)
{
  return g_strcmp0 (gst_structure_get_string (gst_caps_get_structure (caps, 0),
          "media"), "video") == 0;
}

void
rtsp_select_video (GstElement * source)
{
  g_signal_connect (source, "select-stream", G_CALLBACK (on_select_stream),
      NULL);
}
