/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/mkv/tags.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

/* Tag names of the Matroska specification. */
static const struct
{
  const gchar *tag, *name;
} names[] = {
  {GST_TAG_ARTIST, "ARTIST"},
  {GST_TAG_ALBUM, "ALBUM"},
  {GST_TAG_COMMENT, "COMMENT"},
  {GST_TAG_COMPOSER, "COMPOSER"},
  {GST_TAG_COPYRIGHT, "COPYRIGHT"},
  {GST_TAG_DATE_TIME, "DATE_RELEASED"},
  {GST_TAG_DESCRIPTION, "DESCRIPTION"},
  {GST_TAG_GENRE, "GENRE"},
  {GST_TAG_KEYWORDS, "KEYWORDS"},
  {GST_TAG_PERFORMER, "LEAD_PERFORMER"},
};

static gchar *
get_text (const GstTagList * tags, const gchar * tag)
{
  gchar *text = NULL;
  GstDateTime *date;

  if (!gst_tag_exists (tag))
    return NULL;
  if (gst_tag_get_type (tag) == G_TYPE_STRING)
    gst_tag_list_get_string (tags, tag, &text);
  else if (gst_tag_list_get_date_time (tags, tag, &date)) {
    text = gst_date_time_to_iso8601_string (date);
    gst_date_time_unref (date);
  }
  return text;
}

static gboolean
write_tags (const gchar * file, const GstTagList * film, GError ** error)
{
  GString *xml = g_string_new (NULL);
  gboolean done;
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    gchar *text = get_text (film, names[i].tag);
    gchar *simple = text ? g_markup_printf_escaped ("<Simple><Name>%s</Name>"
        "<String>%s</String></Simple>\n", names[i].name, text) : NULL;

    if (simple)
      g_string_append (xml, simple);
    g_free (simple);
    g_free (text);
  }
  if (xml->len > 0) {
    g_string_prepend (xml, "<Tag>\n");
    g_string_append (xml, "</Tag>\n");
  }
  g_string_prepend (xml, "<?xml version=\"1.0\"?>\n<Tags>\n");
  g_string_append (xml, "</Tags>\n");
  done = g_file_set_contents (file, xml->str, (gssize) xml->len, error);
  g_string_free (xml, TRUE);
  return done;
}

static void
add (GPtrArray * arguments, const gchar * first, gchar * second)
{
  g_ptr_array_add (arguments, g_strdup (first));
  g_ptr_array_add (arguments, second);
}

static void
add_text (GPtrArray * arguments, const gchar * property,
    const GstTagList * tags, const gchar * tag)
{
  gchar *text = get_text (tags, tag);

  if (text)
    add (arguments, "--set", g_strdup_printf ("%s=%s", property, text));
  else
    add (arguments, "--delete", g_strdup (property));
  g_free (text);
}

static GPtrArray *
describe (const gchar * file, const gchar * tags, const GstTagList * film,
    GPtrArray * tracks)
{
  GPtrArray *arguments = g_ptr_array_new_with_free_func (g_free);
  guint i;

  add (arguments, "mkvpropedit", g_strdup (file));
  add (arguments, "--tags", g_strdup_printf ("all:%s", tags));
  add (arguments, "--edit", g_strdup ("info"));
  add_text (arguments, "title", film, GST_TAG_TITLE);
  for (i = 0; i < tracks->len; i++) {
    const MkvTrack *track = tracks->pdata[i];

    add (arguments, "--edit", g_strdup_printf ("track:%u", i + 1));
    add_text (arguments, "name", track->tags, GST_TAG_TITLE);
    if (gst_tag_list_get_value_index (track->tags, GST_TAG_LANGUAGE_CODE,
            0) == NULL)
      add (arguments, "--set", g_strdup ("language=und"));
    if (track->codec_delay > 0)
      add (arguments, "--set", g_strdup_printf ("codec-delay=%"
              G_GUINT64_FORMAT, track->codec_delay));
  }
  g_ptr_array_add (arguments, NULL);
  return arguments;
}

gboolean
mkv_tags_available (void)
{
  gchar *program = g_find_program_in_path ("mkvpropedit");

  g_free (program);
  return program != NULL;
}

gboolean
mkv_tags_write (const gchar * file, const GstTagList * film, GPtrArray * tracks,
    GError ** error)
{
  /* mkvpropedit takes names that begin with "-" or "@" for something else. */
  gchar *path = g_canonicalize_filename (file, NULL);
  gchar *tags = g_strconcat (path, ".tags", NULL);
  GPtrArray *arguments = describe (path, tags, film, tracks);
  gchar *said = NULL;
  gint status;
  gboolean done = write_tags (tags, film, error)
      && g_spawn_sync (NULL, (gchar **) arguments->pdata, NULL,
      G_SPAWN_SEARCH_PATH, NULL, NULL, &said, NULL, &status, error);

  /* Exit status 1 is a warning. */
  if (done && !(WIFEXITED (status) && WEXITSTATUS (status) <= 1)) {
    g_strstrip (said);
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_MUX,
        "mkvpropedit could not write titles and languages: %s", said);
    done = FALSE;
  }
  g_unlink (tags);
  g_free (said);
  g_ptr_array_unref (arguments);
  g_free (tags);
  g_free (path);
  return done;
}
