/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/media/tracks.h"

#include "transcode/chapters/read.h"
#include "transcode/chapters/trim.h"
#include "transcode/chapters/write.h"
#include "transcode/media/interleave.h"
#include "transcode/media/subtitles.h"
#include "transcode/mkv/codec-delay.h"
#include "transcode/mkv/tags.h"

#include <string.h>

#define QUEUE "queue max-size-time=0 max-size-bytes=0 max-size-buffers=0"
#define TRACK_NUMBER "zsdenoise-track"

struct _Tracks
{
  GstElement *pipeline, *mux;
  gchar *file;                  /* source */
  GstClockTime from, to;        /* wanted range */
  gboolean keep_delays;         /* codec delays go to the film's header */
  gboolean styled;              /* the container holds styled subtitles */
  gboolean have_video, have_chapters;

  Interleave interleave;        /* source's video and the film */

  GMutex lock;
  GstTagList *tags;             /* of the film */
  GPtrArray *own;               /* of each muxer track: MkvTrack */
  GQueue events;                /* sent before the film's next frame */
  GString *left_out;
};

static GstClockTime
running_time (GstPad * pad, GstClockTime time)
{
  GstEvent *event = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;

  gst_event_parse_segment (event, &segment);
  time = gst_segment_to_running_time (segment, GST_FORMAT_TIME, time);
  gst_event_unref (event);
  return time;
}

static gboolean
is_whole (const Tracks * tracks)
{
  return tracks->from == 0 && !GST_CLOCK_TIME_IS_VALID (tracks->to);
}

/* --- video --- */

/* Removes tags about the source's coding and orientation. */
static GstEvent *
clean_tags (GstEvent * event)
{
  static const gchar *const stale[] = {
    GST_TAG_VIDEO_CODEC, GST_TAG_CODEC, GST_TAG_BITRATE,
    GST_TAG_NOMINAL_BITRATE, GST_TAG_MAXIMUM_BITRATE, GST_TAG_MINIMUM_BITRATE,
    GST_TAG_ENCODER, GST_TAG_ENCODER_VERSION, GST_TAG_CONTAINER_FORMAT,
    GST_TAG_IMAGE_ORIENTATION,
  };
  GstTagList *tags;
  gsize i;

  gst_event_parse_tag (event, &tags);
  tags = gst_tag_list_copy (tags);
  for (i = 0; i < G_N_ELEMENTS (stale); i++)
    gst_tag_list_remove_tag (tags, stale[i]);
  return gst_event_new_tag (tags);
}

static void
queue_event (Tracks * tracks, GstEvent * event)
{
  g_mutex_lock (&tracks->lock);
  g_queue_push_tail (&tracks->events, event);
  g_mutex_unlock (&tracks->lock);
}

static void
note_unsupported (Tracks * tracks, const gchar * name)
{
  g_mutex_lock (&tracks->lock);
  if (!strstr (tracks->left_out->str, name))
    g_string_append_printf (tracks->left_out, "%s%s", tracks->left_out->len ?
        ", " : "", name);
  g_mutex_unlock (&tracks->lock);
}

/* Stores the tags of the film or of one track. */
static void
store_tags (Tracks * tracks, guint number, GstEvent * event)
{
  GstTagList *tags, **own;

  gst_event_parse_tag (event, &tags);
  g_mutex_lock (&tracks->lock);
  own = gst_tag_list_get_scope (tags) == GST_TAG_SCOPE_GLOBAL ? &tracks->tags :
      &((MkvTrack *) tracks->own->pdata[number])->tags;
  *own = gst_tag_list_make_writable (*own);
  gst_tag_list_insert (*own, tags, GST_TAG_MERGE_REPLACE);
  g_mutex_unlock (&tracks->lock);
}

/* Sends pending events after caps and segment, which come with a frame. */
static GstPadProbeReturn
on_video_frame (GstPad * pad, GstPadProbeInfo * info G_GNUC_UNUSED,
    gpointer data)
{
  Tracks *tracks = data;
  GstEvent *event;

  do {
    g_mutex_lock (&tracks->lock);
    event = g_queue_pop_head (&tracks->events);
    g_mutex_unlock (&tracks->lock);
  } while (event && (gst_pad_push_event (pad, event), TRUE));
  return GST_PAD_PROBE_OK;
}

static void
on_event (Tracks * tracks, GstEvent * event)
{
  GstToc *toc;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_TAG:
      store_tags (tracks, 0, event);
      queue_event (tracks, clean_tags (event));
      break;
    case GST_EVENT_TOC:
      gst_event_parse_toc (event, &toc, NULL);
      tracks_set_chapters (tracks, toc);
      gst_toc_unref (toc);
      break;
    case GST_EVENT_EOS:
      interleave_end_source (&tracks->interleave);
      break;
    default:
      break;
  }
}

/* Blocks the source's video, and with it the rest of the source, until the film catches up. */
static GstPadProbeReturn
on_video (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Tracks *tracks = data;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER)
    interleave_source (&tracks->interleave, running_time (pad,
            GST_BUFFER_DTS_OR_PTS (GST_PAD_PROBE_INFO_BUFFER (info))));
  else
    on_event (tracks, GST_PAD_PROBE_INFO_EVENT (info));
  return GST_PAD_PROBE_OK;
}

/* --- other tracks --- */

static MkvTrack *
add_track (Tracks * tracks)
{
  MkvTrack *track = g_new0 (MkvTrack, 1);

  track->tags = gst_tag_list_new_empty ();
  g_ptr_array_add (tracks->own, track);
  return track;
}

static void
free_track (gpointer data)
{
  MkvTrack *track = data;

  gst_tag_list_unref (track->tags);
  g_free (track);
}

static GstPadProbeReturn
on_other (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  const Tracks *tracks = data;
  const GstClockTime time = running_time (pad,
      GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info)));

  return GST_CLOCK_TIME_IS_VALID (time) && (time < tracks->from
      || time >= tracks->to) ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

/* Chapters go with the video only. */
static GstPadProbeReturn
on_other_event (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Tracks *tracks = data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  const guint number = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (pad),
          TRACK_NUMBER));

  if (GST_EVENT_TYPE (event) == GST_EVENT_TAG)
    store_tags (tracks, number, event);
  return GST_EVENT_TYPE (event) == GST_EVENT_TOC ? GST_PAD_PROBE_DROP :
      GST_PAD_PROBE_OK;
}

/* Enters a track, which the muxer numbers in the order of pads. Drops buffers outside the wanted
 * range and shifts timestamps to its start. */
static void
enter_track (Tracks * tracks, GstPad * pad)
{
  const GstClockTime delay = codec_delay_read (tracks->file, pad);
  MkvTrack *track;

  g_mutex_lock (&tracks->lock);
  g_object_set_data (G_OBJECT (pad), TRACK_NUMBER,
      GUINT_TO_POINTER (tracks->own->len));
  track = add_track (tracks);
  track->codec_delay = tracks->keep_delays ? delay : 0;
  g_mutex_unlock (&tracks->lock);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_other_event,
      tracks, NULL);
  if (!is_whole (tracks))
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_other, tracks, NULL);
  gst_pad_set_offset (pad, -(gint64) (tracks->from +
          (tracks->keep_delays ? 0 : delay)));
}

/* Converts a track to a format that the muxer accepts. */
static const gchar *
parser_line (const GstCaps * caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  gint version = 0;

  if (subtitles_have_markup (caps))
    return "capssetter caps=text/x-raw,format=utf8 ! " QUEUE;
  if (gst_structure_has_name (structure, "audio/mpeg")
      && gst_structure_get_int (structure, "mpegversion", &version)
      && version != 1)
    return "aacparse ! " QUEUE;
  return QUEUE;
}

static const gchar *
pad_template (TrackKind kind)
{
  return kind == TRACK_AUDIO ? "audio_%u" : "subtitle_%u";
}

/* Ignores fields that a parser can convert. */
gboolean
tracks_supported (GstElement * mux, TrackKind kind, const GstCaps * caps)
{
  GstPadTemplate *template = gst_element_get_pad_template (mux,
      pad_template (kind));
  GstCaps *taken = template ? gst_pad_template_get_caps (template) :
      gst_caps_new_empty ();
  GstCaps *bare = gst_caps_copy (caps);
  gboolean fits;

  gst_structure_remove_fields (gst_caps_get_structure (bare, 0), "format",
      "stream-format", "framed", NULL);
  if (gst_structure_has_name (gst_caps_get_structure (bare, 0), "audio/x-raw"))
    fits = gst_caps_can_intersect (taken, caps);
  else
    fits = gst_caps_can_intersect (taken, bare);
  gst_caps_unref (bare);
  gst_caps_unref (taken);
  return fits;
}

static gboolean
link_to_mux (Tracks * tracks, GstPad * pad, TrackKind kind, GstCaps * caps)
{
  GstElement *bin = gst_parse_bin_from_description (parser_line (caps), TRUE,
      NULL);
  GstPad *in = gst_element_get_static_pad (bin, "sink");
  GstPad *out = gst_element_get_static_pad (bin, "src");
  GstPad *entry = gst_element_request_pad_simple (tracks->mux,
      pad_template (kind));
  gboolean linked;

  gst_bin_add (GST_BIN (tracks->pipeline), bin);
  linked = entry && gst_pad_link (out, entry) == GST_PAD_LINK_OK;
  gst_element_sync_state_with_parent (bin);
  linked = linked && gst_pad_link (pad, in) == GST_PAD_LINK_OK;
  if (linked)
    enter_track (tracks, pad);
  if (linked && subtitles_have_markup (caps))
    subtitles_strip_markup (in, tracks->styled);
  if (linked && kind == TRACK_SUBTITLES && !tracks->styled)
    subtitles_begin_at_zero (in);
  if (!linked) {
    if (entry)
      gst_element_release_request_pad (tracks->mux, entry);
    gst_element_set_state (bin, GST_STATE_NULL);
    gst_bin_remove (GST_BIN (tracks->pipeline), bin);
  }
  gst_clear_object (&entry);
  gst_object_unref (in);
  gst_object_unref (out);
  return linked;
}

static void
discard_track (Tracks * tracks, GstPad * pad, const GstCaps * caps)
{
  note_unsupported (tracks,
      gst_structure_get_name (gst_caps_get_structure (caps, 0)));
  demux_discard_track (tracks->pipeline, pad);
}

static void
on_pad (GstElement * parser G_GNUC_UNUSED, GstPad * pad, gpointer data)
{
  Tracks *tracks = data;
  GstCaps *caps = demux_track_caps (pad);
  const TrackKind kind = demux_track_kind (caps);

  if (kind == TRACK_VIDEO && !tracks->have_video) {
    tracks->have_video = TRUE;
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER |
        GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_video, tracks, NULL);
    demux_discard_track (tracks->pipeline, pad);
  } else if ((kind != TRACK_AUDIO && kind != TRACK_SUBTITLES)
      || !tracks_supported (tracks->mux, kind, caps)
      || !link_to_mux (tracks, pad, kind, caps))
    discard_track (tracks, pad, caps);
  gst_caps_unref (caps);
}

/* --- interface --- */

Tracks *
tracks_new (GstElement * pipeline, GstClockTime from, GstClockTime to,
    gboolean keep_delays)
{
  Tracks *tracks = g_new0 (Tracks, 1);
  GstElement *parser = gst_bin_get_by_name (GST_BIN (pipeline), "parser");
  GstElement *source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  GstElement *video;
  GstPad *pad;

  g_mutex_init (&tracks->lock);
  interleave_init (&tracks->interleave);
  tracks->left_out = g_string_new (NULL);
  tracks->tags = gst_tag_list_new_empty ();
  tracks->own = g_ptr_array_new_with_free_func (free_track);
  add_track (tracks);
  tracks->pipeline = pipeline;
  g_object_get (source, "location", &tracks->file, NULL);
  gst_object_unref (source);
  tracks->from = from;
  tracks->to = to;
  tracks->keep_delays = keep_delays;
  tracks->mux = gst_bin_get_by_name (GST_BIN (pipeline), "mux");
  video = gst_bin_get_by_name (GST_BIN (pipeline), "video");
  pad = gst_element_get_static_pad (video, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_video_frame, tracks,
      NULL);
  gst_object_unref (pad);
  gst_object_unref (video);
  tracks->styled = gst_element_get_pad_template (tracks->mux,
      "subtitle_%u") && GST_IS_TOC_SETTER (tracks->mux);
  g_signal_connect (parser, "pad-added", G_CALLBACK (on_pad), tracks);
  gst_object_unref (parser);
  return tracks;
}

void
tracks_film_at (Tracks * tracks, GstClockTime time)
{
  interleave_film (&tracks->interleave, time);
}

void
tracks_end_film (Tracks * tracks)
{
  interleave_end_film (&tracks->interleave);
}

void
tracks_set_chapters (Tracks * tracks, GstToc * toc)
{
  GstToc *part = chapters_trim (toc, tracks->from, tracks->to);

  if (part && !tracks->have_chapters) {
    const gchar *lost = chapters_write (tracks->mux, part);

    if (lost)
      note_unsupported (tracks, lost);
    tracks->have_chapters = TRUE;
  }
  if (part)
    gst_toc_unref (part);
}

gchar *
tracks_unsupported (Tracks * tracks, const gchar * film)
{
  GstToc *toc = chapters_read (film, NULL);

  if (tracks->have_chapters && toc == NULL && !GST_IS_TOC_SETTER (tracks->mux))
    note_unsupported (tracks, "chapters");
  if (toc)
    gst_toc_unref (toc);
  return tracks->left_out->len ? g_strdup (tracks->left_out->str) : NULL;
}

const GstTagList *
tracks_tags (Tracks * tracks, GPtrArray ** own)
{
  *own = tracks->own;
  return tracks->tags;
}

void
tracks_free (Tracks * tracks)
{
  gst_object_unref (tracks->mux);
  g_free (tracks->file);
  g_queue_clear_full (&tracks->events, (GDestroyNotify) gst_event_unref);
  g_string_free (tracks->left_out, TRUE);
  gst_tag_list_unref (tracks->tags);
  g_ptr_array_unref (tracks->own);
  g_mutex_clear (&tracks->lock);
  interleave_clear (&tracks->interleave);
  g_free (tracks);
}
