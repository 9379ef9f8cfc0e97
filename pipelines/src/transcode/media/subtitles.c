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

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
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
