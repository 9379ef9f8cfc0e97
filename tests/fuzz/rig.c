/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rig.h"

#include "format/gstzsformats.h"

#include <stdlib.h>
#include <string.h>

GST_PLUGIN_STATIC_DECLARE (zsdenoise);

/* Aborts at a critical message. GLib 2.84 has one for a value outside of a property's range, which
 * is not taken. */
static void
check_message (const gchar * domain G_GNUC_UNUSED, GLogLevelFlags level,
    const gchar * message, gpointer user G_GNUC_UNUSED)
{
  if ((level & G_LOG_LEVEL_CRITICAL) != 0
      && strstr (message, "invalid or out of range for property") == NULL)
    abort ();
}

void
rig_init (void)
{
  gst_init (NULL, NULL);
  g_log_set_default_handler (check_message, NULL);
  GST_PLUGIN_STATIC_REGISTER (zsdenoise);
}

/* --- the element --- */

static GstFlowReturn
swallow (GstPad * pad G_GNUC_UNUSED, GstObject * parent G_GNUC_UNUSED,
    GstBuffer * buffer)
{
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static GstStaticPadTemplate any = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

static GstPad *
link_pad (GstElement * element, const gchar * name, GstPadDirection direction)
{
  GstPad *theirs = gst_element_get_static_pad (element, name);
  GstPad *ours = direction == GST_PAD_SINK ?
      gst_pad_new_from_static_template (&any, NULL) :
      gst_pad_new (NULL, direction);

  if (direction == GST_PAD_SINK)
    gst_pad_set_chain_function (ours, swallow);
  gst_pad_set_active (ours, TRUE);
  if (direction == GST_PAD_SINK ? gst_pad_link (theirs, ours) :
      gst_pad_link (ours, theirs))
    abort ();
  gst_object_unref (theirs);
  return ours;
}

Rig
rig_new (const gchar * name)
{
  Rig rig = { gst_element_factory_make (name, NULL), NULL, NULL,
    gst_bus_new ()
  };

  gst_object_ref_sink (rig.element);
  gst_element_set_bus (rig.element, rig.bus);
  rig.src = link_pad (rig.element, "sink", GST_PAD_SRC);
  rig.sink = link_pad (rig.element, "src", GST_PAD_SINK);
  if (gst_element_set_state (rig.element, GST_STATE_PLAYING)
      != GST_STATE_CHANGE_SUCCESS)
    abort ();
  gst_pad_push_event (rig.src, gst_event_new_stream_start ("fuzz"));
  return rig;
}

void
rig_free (Rig * rig)
{
  gst_element_set_state (rig->element, GST_STATE_NULL);
  gst_element_set_bus (rig->element, NULL);
  gst_bus_set_flushing (rig->bus, TRUE);
  gst_pad_set_active (rig->src, FALSE);
  gst_pad_set_active (rig->sink, FALSE);
  gst_object_unref (rig->element);
  gst_object_unref (rig->src);
  gst_object_unref (rig->sink);
  gst_object_unref (rig->bus);
}

/* --- what it gets --- */

GstVideoInfo
take_info (Bytes * b, gint side)
{
  guint n;
  const GstVideoFormat *formats = gst_video_formats_raw (&n);
  GstVideoInterlaceMode mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
  GstVideoFormat format;
  GstVideoInfo info;
  gint kind, width;

  format = formats[take (b) % n];
  if (gst_zs_format_access (gst_video_format_get_info (format)) ==
      GST_ZS_ACCESS_NONE)
    format = GST_VIDEO_FORMAT_I420;
  kind = take_from (b, 0, 5);
  if (kind == 0)
    mode = GST_VIDEO_INTERLACE_MODE_INTERLEAVED;
  else if (kind == 1)
    mode = GST_VIDEO_INTERLACE_MODE_MIXED;
  width = take_from (b, 1, side);
  if (!gst_video_info_set_interlaced_format (&info, format, mode, width,
          take_from (b, 1, side)))
    abort ();
  return info;
}

void
rig_set_info (Rig * rig, const GstVideoInfo * info)
{
  GstCaps *caps = gst_video_info_to_caps (info);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (rig->src, gst_event_new_caps (caps));
  gst_pad_push_event (rig->src, gst_event_new_segment (&segment));
  gst_caps_unref (caps);
  /* a frame that waited for another one may have been an error at the event */
  gst_bus_set_flushing (rig->bus, TRUE);
  gst_bus_set_flushing (rig->bus, FALSE);
}

GstFlowReturn
rig_push (Rig * rig, GstBuffer * buffer)
{
  const GstFlowReturn flow = gst_pad_push (rig->src, buffer);
  GstMessage *message = gst_bus_pop_filtered (rig->bus, GST_MESSAGE_ERROR);

  if ((flow == GST_FLOW_ERROR) != (message != NULL))
    abort ();
  if (message != NULL)
    gst_message_unref (message);
  gst_bus_set_flushing (rig->bus, TRUE);
  gst_bus_set_flushing (rig->bus, FALSE);
  return flow;
}

GstMemory *
take_memory (Bytes * b, gsize size)
{
  guint8 *bytes = malloc (size + (size == 0));
  guint32 random = take (b);
  gsize i;

  for (i = 0; i < size; i++) {
    random = random * 1664525 + 1013904223;
    bytes[i] = 64 + (random >> 26);
  }
  return gst_memory_new_wrapped (0, bytes, size, 0, size, bytes, free);
}
