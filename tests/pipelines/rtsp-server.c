/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A camera on the network, for tests: rtsp-server [PORT [closed]]
 *
 * rtsp://127.0.0.1:PORT/stream is for everybody, or with "closed" for user:password. PORT 0 is one
 * that is free; it is printed when the server listens. */
#include <gst/rtsp-server/rtsp-server.h>
#include <stdio.h>

static void
add_stream (GstRTSPServer * server)
{
  GstRTSPMountPoints *mounts = gst_rtsp_server_get_mount_points (server);
  GstRTSPMediaFactory *factory = gst_rtsp_media_factory_new ();

  gst_rtsp_media_factory_set_launch (factory, "( videotestsrc is-live=true ! "
      "video/x-raw,format=I420,width=160,height=120,framerate=30/1 ! "
      "x264enc tune=zerolatency key-int-max=15 ! rtph264pay name=pay0 pt=96 "
      "audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay1 )");
  gst_rtsp_media_factory_set_shared (factory, TRUE);
  gst_rtsp_media_factory_add_role (factory, "user",
      GST_RTSP_PERM_MEDIA_FACTORY_ACCESS, G_TYPE_BOOLEAN, TRUE,
      GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, G_TYPE_BOOLEAN, TRUE, NULL);
  gst_rtsp_mount_points_add_factory (mounts, "/stream", factory);
  g_object_unref (mounts);
}

static void
close_stream (GstRTSPServer * server)
{
  GstRTSPAuth *auth = gst_rtsp_auth_new ();
  GstRTSPToken *user = gst_rtsp_token_new (GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE,
      G_TYPE_STRING, "user", NULL);
  gchar *basic = gst_rtsp_auth_make_basic ("user", "password");

  gst_rtsp_auth_add_basic (auth, basic, user);
  gst_rtsp_server_set_auth (server, auth);
  g_free (basic);
  gst_rtsp_token_unref (user);
  g_object_unref (auth);
}

int
main (int argc, char **argv)
{
  GMainLoop *loop;
  GstRTSPServer *server;

  gst_init (&argc, &argv);
  loop = g_main_loop_new (NULL, FALSE);
  server = gst_rtsp_server_new ();
  gst_rtsp_server_set_address (server, "127.0.0.1");
  gst_rtsp_server_set_service (server, argc > 1 ? argv[1] : "0");
  add_stream (server);
  if (argc > 2)
    close_stream (server);
  if (gst_rtsp_server_attach (server, NULL) == 0)
    return 1;
  printf ("%d\n", gst_rtsp_server_get_bound_port (server));
  fflush (stdout);
  g_main_loop_run (loop);
  return 0;
}
