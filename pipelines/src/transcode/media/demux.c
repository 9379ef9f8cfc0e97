/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/media/demux.h"

#include "common/pipeline/launch.h"

GstCaps *
demux_track_caps (GstPad * pad)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);

  return caps ? caps : gst_pad_query_caps (pad, NULL);
}

TrackKind
demux_track_kind (const GstCaps * caps)
{
  const gchar *name;

  if (gst_caps_get_size (caps) == 0)
    return TRACK_OTHER;
  name = gst_structure_get_name (gst_caps_get_structure (caps, 0));
  if (g_str_has_prefix (name, "video/") || g_str_has_prefix (name, "image/"))
    return TRACK_VIDEO;
  if (g_str_has_prefix (name, "audio/"))
    return TRACK_AUDIO;
  if (g_str_has_prefix (name, "text/") || g_str_has_prefix (name, "subpicture/")
      || g_str_has_prefix (name, "subtitle/")
      || g_str_equal (name, "application/x-ssa")
      || g_str_equal (name, "application/x-ass"))
    return TRACK_SUBTITLES;
  return TRACK_OTHER;
}

void
demux_discard_track (GstElement * pipeline, GstPad * pad)
{
  GstElement *fakesink = gst_element_factory_make ("fakesink", NULL);
  GstPad *sink = gst_element_get_static_pad (fakesink, "sink");

  g_object_set (fakesink, "async", FALSE, "sync", FALSE, NULL);
  gst_bin_add (GST_BIN (pipeline), fakesink);
  gst_element_sync_state_with_parent (fakesink);
  gst_pad_link (pad, sink);
  gst_object_unref (sink);
}

static void
on_pad (GstElement * parser, GstPad * pad, gpointer data)
{
  GstElement *pipeline = data;
  GstElement *out = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  GstPad *in = gst_element_get_static_pad (out, "sink");
  GstCaps *caps = demux_track_caps (pad);

  if (demux_track_kind (caps) != TRACK_VIDEO || gst_pad_is_linked (in)
      || gst_pad_link (pad, in) != GST_PAD_LINK_OK)
    demux_discard_track (GST_ELEMENT (GST_ELEMENT_PARENT (parser)), pad);
  gst_caps_unref (caps);
  gst_object_unref (in);
  gst_object_unref (out);
}

PacketReader *
demux_open_video (const gchar * file, GError ** error)
{
  GstElement *pipeline = launch ("filesrc name=file ! parsebin name=parser "
      "appsink name=out sync=false max-buffers=64", GST_PARSE_FLAG_NONE, error);
  GstElement *parser;

  if (pipeline == NULL)
    return NULL;
  launch_set_location (pipeline, "file", file);
  parser = gst_bin_get_by_name (GST_BIN (pipeline), "parser");
  g_signal_connect (parser, "pad-added", G_CALLBACK (on_pad), pipeline);
  gst_object_unref (parser);
  return packet_reader_new (pipeline, file, error);
}
