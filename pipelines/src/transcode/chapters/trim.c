/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/chapters/trim.h"

static GList *trim_entries (GList * entries, gint64 from, gint64 to);

/* Trimmed copy; NULL if outside. An entry without an end lasts until the next one. */
static GstTocEntry *
copy_entry (GList * place, gint64 from, gint64 to)
{
  GstTocEntry *entry = place->data, *part;
  GstTagList *tags = gst_toc_entry_get_tags (entry);
  gint64 start = 0, stop = -1;

  gst_toc_entry_get_start_stop_times (entry, &start, &stop);
  if (stop < 0 && place->next)
    gst_toc_entry_get_start_stop_times (place->next->data, &stop, NULL);
  if (start >= to || (stop >= 0 && stop <= from && start < from))
    return NULL;
  stop = stop < 0 ? to : MIN (stop, to);
  part = gst_toc_entry_new (gst_toc_entry_get_entry_type (entry),
      gst_toc_entry_get_uid (entry));
  gst_toc_entry_set_start_stop_times (part, MAX (start - from, 0),
      stop == G_MAXINT64 ? -1 : stop - from);
  if (tags)
    gst_toc_entry_set_tags (part, gst_tag_list_ref (tags));
  return part;
}

static GstTocEntry *
trim_entry (GList * place, gint64 from, gint64 to)
{
  GstTocEntry *part = copy_entry (place, from, to);
  GList *parts, *i;

  if (part == NULL)
    return NULL;
  parts = trim_entries (gst_toc_entry_get_sub_entries (place->data), from, to);
  for (i = parts; i; i = i->next)
    gst_toc_entry_append_sub_entry (part, i->data);
  g_list_free (parts);
  if (parts || !gst_toc_entry_is_alternative (part))
    return part;
  gst_toc_entry_unref (part);
  return NULL;
}

static GList *
trim_entries (GList * entries, gint64 from, gint64 to)
{
  GList *parts = NULL;

  for (; entries; entries = entries->next) {
    GstTocEntry *part = trim_entry (entries, from, to);

    if (part)
      parts = g_list_prepend (parts, part);
  }
  return g_list_reverse (parts);
}

GstToc *
chapters_trim (GstToc * toc, GstClockTime from, GstClockTime to)
{
  const gboolean endless = !GST_CLOCK_TIME_IS_VALID (to);
  GstToc *part;
  GList *entries, *i;

  if (from == 0 && endless)
    return gst_toc_ref (toc);
  part = gst_toc_new (gst_toc_get_scope (toc));
  entries = trim_entries (gst_toc_get_entries (toc), (gint64) from, endless ?
      G_MAXINT64 : (gint64) to);
  for (i = entries; i; i = i->next)
    gst_toc_append_entry (part, i->data);
  g_list_free (entries);
  if (entries)
    return part;
  gst_toc_unref (part);
  return NULL;
}
