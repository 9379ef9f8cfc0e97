/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/media/subtitles.h"

#include <string.h>

typedef struct
{
  GString *text;
  gboolean styled;
} Plain;

gboolean
subtitles_have_markup (const GstCaps * caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);

  return gst_structure_has_name (structure, "text/x-raw")
      && g_strcmp0 (gst_structure_get_string (structure, "format"),
      "pango-markup") == 0;
}

static gboolean
is_style (const Plain * plain, const gchar * element)
{
  return plain->styled && (g_str_equal (element, "b")
      || g_str_equal (element, "i") || g_str_equal (element, "u"));
}

static void
on_start (GMarkupParseContext * context G_GNUC_UNUSED, const gchar * element,
    const gchar ** names G_GNUC_UNUSED, const gchar ** values G_GNUC_UNUSED,
    gpointer data, GError ** error G_GNUC_UNUSED)
{
  Plain *plain = data;

  if (is_style (plain, element))
    g_string_append_printf (plain->text, "<%s>", element);
}

static void
on_end (GMarkupParseContext * context G_GNUC_UNUSED, const gchar * element,
    gpointer data, GError ** error G_GNUC_UNUSED)
{
  Plain *plain = data;

  if (is_style (plain, element))
    g_string_append_printf (plain->text, "</%s>", element);
}

static void
on_text (GMarkupParseContext * context G_GNUC_UNUSED, const gchar * text,
    gsize length, gpointer data, GError ** error G_GNUC_UNUSED)
{
  g_string_append_len (((Plain *) data)->text, text, (gssize) length);
}

/* Text that is not valid markup is kept unchanged. */
static gchar *
strip_markup (const gchar * markup, gsize length, gboolean styled)
{
  const GMarkupParser parser = {
    .start_element = on_start,
    .end_element = on_end,
    .text = on_text,
  };
  Plain plain = { g_string_new (NULL), styled };
  GMarkupParseContext *context = g_markup_parse_context_new (&parser, 0,
      &plain, NULL);
  const gboolean done = g_markup_parse_context_parse (context, "<t>", 3, NULL)
      && g_markup_parse_context_parse (context, markup, (gssize) length, NULL)
      && g_markup_parse_context_parse (context, "</t>", 4, NULL);

  g_markup_parse_context_free (context);
  if (!done)
    g_string_overwrite_len (g_string_truncate (plain.text, 0), 0, markup,
        (gssize) length);
  return g_string_free (plain.text, FALSE);
}

static GstPadProbeReturn
on_buffer (GstPad * pad G_GNUC_UNUSED, GstPadProbeInfo * info, gpointer data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info), *plain;
  GstMapInfo map;
  gchar *text;

  if (gst_buffer_get_size (buffer) == 0
      || !gst_buffer_map (buffer, &map, GST_MAP_READ))
    return GST_PAD_PROBE_OK;
  text =
      strip_markup ((const gchar *) map.data, strnlen ((const gchar *) map.data,
          map.size), GPOINTER_TO_INT (data));
  gst_buffer_unmap (buffer, &map);
  plain = gst_buffer_new_wrapped (text, strlen (text));
  gst_buffer_copy_into (plain, buffer, GST_BUFFER_COPY_FLAGS |
      GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  gst_buffer_unref (buffer);
  info->data = plain;
  return GST_PAD_PROBE_OK;
}

void
subtitles_strip_markup (GstPad * pad, gboolean styled)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer,
      GINT_TO_POINTER (styled), NULL);
}

/* The pad's time at running time 0; GST_CLOCK_TIME_NONE if its segment has none. */
static GstClockTime
origin (GstPad * pad)
{
  GstEvent *event = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  GstClockTime time = GST_CLOCK_TIME_NONE;
  const GstSegment *segment;

  if (event == NULL)
    return time;
  gst_event_parse_segment (event, &segment);
  if (segment->format == GST_FORMAT_TIME)
    time = gst_segment_position_from_running_time (segment, GST_FORMAT_TIME, 0);
  gst_event_unref (event);
  return time;
}

static GstPadProbeReturn
on_first (GstPad * pad, GstPadProbeInfo * info, gpointer data G_GNUC_UNUSED)
{
  const GstClockTime begin = origin (pad);
  const GstClockTime time = GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info));

  gst_pad_remove_probe (pad, GST_PAD_PROBE_INFO_ID (info));
  if (GST_CLOCK_TIME_IS_VALID (begin) && GST_CLOCK_TIME_IS_VALID (time)
      && begin + GST_MSECOND < time) {
    GstBuffer *empty = gst_buffer_new ();

    GST_BUFFER_PTS (empty) = GST_BUFFER_DTS (empty) = begin;
    GST_BUFFER_DURATION (empty) = GST_MSECOND;  /* the muxer adds the rest */
    gst_pad_chain (pad, empty);
  }
  return GST_PAD_PROBE_OK;
}

void
subtitles_begin_at_zero (GstPad * pad)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_first, NULL, NULL);
}
