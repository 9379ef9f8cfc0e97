/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/media/probe.h"

#include "common/isobmff/box.h"
#include "common/isobmff/short-tracks.h"
#include "common/pipeline/error.h"
#include "common/pipeline/launch.h"
#include "common/pipeline/local-files.h"
#include "film/source.h"
#include "transcode/chapters/read.h"
#include "transcode/media/tracks.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/base/gsttypefindhelper.h>
#include <gst/pbutils/pbutils.h>
#include <string.h>

#define PATIENCE 20             /* seconds */

/* --- reading --- */

static void
free_track (gpointer data)
{
  Track *track = data;

  gst_caps_unref (track->caps);
  g_free (track->language);
  g_free (track);
}

static void
add_track (Probe * probe, GstDiscovererStreamInfo * stream)
{
  const GstTagList *tags = gst_discoverer_stream_info_get_tags (stream);
  Track *track = g_new0 (Track, 1);

  track->caps = gst_discoverer_stream_info_get_caps (stream);
  track->kind = demux_track_kind (track->caps);
  if (tags) {
    gst_tag_list_get_string (tags, GST_TAG_LANGUAGE_CODE, &track->language);
    if (track->kind == TRACK_VIDEO)
      gst_video_orientation_from_tag ((GstTagList *) tags, &probe->orientation);
  }
  probe->has_video |= track->kind == TRACK_VIDEO;
  g_ptr_array_add (probe->tracks, track);
}

static Probe *
read_info (GstDiscovererInfo * info, const gchar * file)
{
  Probe *probe = g_new0 (Probe, 1);
  GList *streams = gst_discoverer_info_get_stream_list (info), *i;
  GstToc *toc = chapters_read (file, NULL);

  probe->tracks = g_ptr_array_new_with_free_func (free_track);
  probe->duration = gst_discoverer_info_get_duration (info);
  probe->chapters = toc || gst_discoverer_info_get_toc (info);
  if (toc)
    gst_toc_unref (toc);
  for (i = streams; i; i = i->next)
    if (!GST_IS_DISCOVERER_CONTAINER_INFO (i->data))
      add_track (probe, i->data);
  gst_discoverer_stream_info_list_free (streams);
  return probe;
}

/* Error for a format without demuxer; `details` are caps behind "decoder-". */
static void
set_unsupported (const gchar * file, const gchar * description,
    const gchar * details, GError ** error)
{
  GstCaps *caps = g_str_has_prefix (details, "decoder-") ?
      gst_caps_from_string (details + strlen ("decoder-")) : NULL;

  if (caps && local_files_is_list (caps))
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE,
        "%s: it is a list of other files or addresses, not a film; give "
        "the film itself", file);
  else if (g_str_has_prefix (details, "decoder-image/gif"))
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE,
        "%s: GIFs are not supported; convert it to a film without palette",
        file);
  else
    pipeline_error_set_missing (file, description, error);
  if (caps)
    gst_caps_unref (caps);
}

static gboolean
is_cut_off (const gchar * file)
{
  FILE *stream = g_fopen (file, "rb");
  const gboolean cut_off = stream && box_is_cut_off (stream);

  if (stream)
    fclose (stream);
  return cut_off;
}

/* Sets an error for a read that failed, now or while the film was examined. FALSE if none did. */
static gboolean
set_read_error (const gchar * file, const GError * local_error, GError ** error)
{
  if (!g_error_matches (local_error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_OPEN_READ)
      && !g_error_matches (local_error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_READ)
      && !g_error_matches (local_error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_SEEK))
    return !source_check_readable (file, error);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, "%s: it cannot be read "
      "(%s); once it can, start again", file, local_error->message);
  return TRUE;
}

/* Whether the file begins like a picture, or several without a container and times. */
static gboolean
is_picture (const gchar * file)
{
  guint8 start[4096];
  FILE *stream = g_fopen (file, "rb");
  const gsize size = stream ? fread (start, 1, sizeof start, stream) : 0;
  GstCaps *caps = size ?
      gst_type_find_helper_for_data (NULL, start, size, NULL) : NULL;
  const gboolean is = caps && g_str_has_prefix (gst_structure_get_name
      (gst_caps_get_structure (caps, 0)), "image/");

  if (caps)
    gst_caps_unref (caps);
  if (stream)
    fclose (stream);
  return is;
}

/* Reason why there is no film. */
static void
set_error (const gchar * file, GstDiscovererInfo * info,
    const GError * local_error, GError ** error)
{
  const gchar **missing = info && gst_discoverer_info_get_result (info) ==
      GST_DISCOVERER_MISSING_PLUGINS ?
      gst_discoverer_info_get_missing_elements_installer_details (info) : NULL;
  /* gstreamer|1.0|program|description|element details */
  gchar **fields = g_strsplit (missing && *missing ? *missing : "", "|", -1);

  if (g_strv_length (fields) > 4)
    set_unsupported (file, fields[3], fields[4], error);
  else if (is_picture (file))
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE,
        "%s: it is a picture, not a film; `image` denoises pictures", file);
  else if (is_cut_off (file))
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DEMUX,
        "%s: it is incomplete: its index, which most MP4 and MOV files have at "
        "the end, is missing; copy or record it again", file);
  else if (local_error)
    g_set_error (error, local_error->domain, local_error->code, "%s: %s", file,
        local_error->message);
  else if (info && gst_discoverer_info_get_result (info) ==
      GST_DISCOVERER_TIMEOUT)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY,
        "%s: it could not be examined within %d s", file, PATIENCE);
  else
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE,
        "%s: there is no video in it", file);
  g_strfreev (fields);
}

static void
on_source (GstDiscoverer * discoverer G_GNUC_UNUSED, GstElement * source,
    gpointer data G_GNUC_UNUSED)
{
  short_tracks_keep (source);
}

Probe *
probe_new (const gchar * file, GError ** error)
{
  GstDiscoverer *discoverer = gst_discoverer_new (PATIENCE * GST_SECOND, error);
  gchar *path = g_canonicalize_filename (file, NULL);
  gchar *uri = g_filename_to_uri (path, NULL, NULL);
  GError *local_error = NULL;
  GstDiscovererInfo *info = NULL;
  Probe *probe;

  if (discoverer) {
    g_signal_connect (discoverer, "source-setup", G_CALLBACK (on_source), NULL);
    info = gst_discoverer_discover_uri (discoverer, uri, &local_error);
  }
  probe = info ? read_info (info, file) : NULL;
  if (discoverer && (probe == NULL || !probe->has_video || is_picture (file))) {
    g_clear_pointer (&probe, probe_free);
    if (!set_read_error (file, local_error, error))
      set_error (file, info, local_error, error);
  }
  g_clear_error (&local_error);
  g_clear_object (&info);
  g_clear_object (&discoverer);
  g_free (uri);
  g_free (path);
  return probe;
}

void
probe_free (Probe * probe)
{
  g_ptr_array_unref (probe->tracks);
  g_free (probe);
}

/* --- describing --- */

static gchar *
name_track (const Track * track)
{
  gchar *codec = gst_pb_utils_get_codec_description (track->caps);
  gchar *name = g_strdup_printf ("%s%s%s", codec ? codec :
      gst_structure_get_name (gst_caps_get_structure (track->caps, 0)),
      track->language ? ", " : "", track->language ? track->language : "");

  g_free (codec);
  return name;
}

gboolean
probe_fits_container (const Probe * probe, const gchar * mux_line,
    const gchar * out, GError ** error)
{
  GstElement *mux = launch (mux_line, GST_PARSE_FLAG_NONE, error);
  gboolean fits = mux != NULL;
  guint i;

  for (i = 0; fits && i < probe->tracks->len; i++) {
    const Track *track = probe->tracks->pdata[i];

    if (track->kind == TRACK_AUDIO || track->kind == TRACK_SUBTITLES)
      fits = tracks_supported (mux, track->kind, track->caps);
    if (!fits) {
      gchar *name = name_track (track);

      g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
          "%s: this container does not hold %s (%s) unchanged; give a "
          "name that ends in .mkv", out,
          track->kind == TRACK_AUDIO ? "the sound" : "the subtitles", name);
      g_free (name);
    }
  }
  gst_clear_object (&mux);
  return fits;
}

gchar *
probe_describe (const Probe * probe)
{
  static const gchar *const kinds[] = { "video", "sound", "subtitles",
    "other"
  };
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < probe->tracks->len; i++) {
    const Track *track = probe->tracks->pdata[i];
    const GstStructure *structure = gst_caps_get_structure (track->caps, 0);
    gchar *name = name_track (track);
    gint width, height;

    g_string_append_printf (text, "  %s: %s", kinds[track->kind], name);
    if (gst_structure_get_int (structure, "width", &width)
        && gst_structure_get_int (structure, "height", &height))
      g_string_append_printf (text, ", %dx%d", width, height);
    g_string_append_c (text, '\n');
    g_free (name);
  }
  if (GST_CLOCK_TIME_IS_VALID (probe->duration))
    g_string_append_printf (text, "  length: %.2f s%s\n",
        (gdouble) probe->duration / GST_SECOND, probe->chapters ?
        ", with chapters" : "");
  return g_string_free (text, FALSE);
}
