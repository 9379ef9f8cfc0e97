/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/media/splitter.h"

#include "common/file.h"
#include "common/pipeline/error.h"
#include "film/workdir.h"
#include "transcode/media/demux.h"
#include "transcode/media/packets.h"

#include <glib/gstdio.h>

/* Maximum distance in time between decoding and presentation order. */
#define MAX_REORDER (2 * GST_SECOND)

/* Packets whose segment is corrected together at the start. */
#define FIRST_PACKETS 32

/* Part of its duration by which the video of an undamaged film may end early. */
#define MAX_SHORTFALL GST_SECOND

typedef struct
{
  Manifest *manifest;
  const gchar *workdir;
  GstClockTime length;          /* minimum length of a segment; NONE: a single segment */
  GstClockTime from, to;        /* wanted range */
  gboolean past;                /* behind the wanted range */

  /* current segment; `writer` is NULL between segments */
  PacketWriter *writer;
  gchar *unfinished;
  guint frames;
  GstClockTime latest;          /* latest time so far */
  GstClockTime cut, first;      /* of its keyframe; of its first wanted frame */
} Splitter;

/* --- a segment --- */

static gboolean
begin_segment (Splitter * splitter, GError ** error)
{
  gchar *file =
      workdir_file (splitter->workdir, "in", splitter->manifest->segments->len,
      "gdp");

  splitter->unfinished = file_temporary_name (file);
  splitter->writer = packet_writer_new (splitter->unfinished, error);
  splitter->frames = 0;
  splitter->cut = splitter->first = GST_CLOCK_TIME_NONE;
  g_free (file);
  return splitter->writer != NULL;
}

static gboolean
end_segment (Splitter * splitter, GError ** error)
{
  GArray *all = splitter->manifest->segments;
  PacketWriter *writer = g_steal_pointer (&splitter->writer);
  gchar *file = workdir_file (splitter->workdir, "in", all->len, "gdp");
  Segment segment = {
    .number = all->len,
    .start = splitter->first,
    .end = MIN (splitter->to, G_MAXINT64),
    .frames = splitter->frames,
  };
  gboolean done = packet_writer_finish (writer, error)
      && file_checksum (splitter->unfinished, &segment.bytes, &segment.sha256,
      error)
      && file_publish (splitter->unfinished, file, error);

  if (all->len > 0)
    g_array_index (all, Segment, all->len - 1).end = segment.start;
  g_array_append_val (all, segment);
  g_clear_pointer (&splitter->unfinished, g_free);
  g_free (file);
  return done;
}

/* A segment ends at a keyframe, and contains at least one wanted frame. */
static gboolean
is_complete (const Splitter * splitter, GstSample * sample, GstClockTime time)
{
  return splitter->writer && packet_is_key (sample)
      && GST_CLOCK_TIME_IS_VALID (splitter->length)
      && GST_CLOCK_TIME_IS_VALID (time)
      && splitter->frames > 0 && time >= splitter->cut + splitter->length;
}

/* Discards a segment that ends before the wanted range. */
static void
drop (Splitter * splitter)
{
  packet_writer_finish (g_steal_pointer (&splitter->writer), NULL);
  g_unlink (splitter->unfinished);
  g_clear_pointer (&splitter->unfinished, g_free);
}

static gboolean
add_to_segment (Splitter * splitter, GstSample * sample, GError ** error)
{
  const GstClockTime time = packet_time (sample);
  const gboolean timed = GST_CLOCK_TIME_IS_VALID (time);

  if (splitter->writer && splitter->frames == 0 && timed
      && time <= splitter->from && packet_is_key (sample))
    drop (splitter);
  if (is_complete (splitter, sample, time) && !end_segment (splitter, error))
    return FALSE;
  if (splitter->writer == NULL && !begin_segment (splitter, error))
    return FALSE;
  if (timed && !GST_CLOCK_TIME_IS_VALID (splitter->cut))
    splitter->cut = time;
  if (timed)
    splitter->latest = MAX (splitter->latest, time);
  if (timed && time >= splitter->from && time < splitter->to) {
    splitter->frames++;
    if (!GST_CLOCK_TIME_IS_VALID (splitter->first) || time < splitter->first)
      splitter->first = time;
  }
  return packet_writer_add (splitter->writer, sample, error);
}

/* --- the film --- */

static void
describe (Manifest * manifest, GstSample * sample)
{
  GstCaps *caps = gst_sample_get_caps (sample);
  const GstStructure *structure = gst_caps_get_structure (caps, 0);

  manifest->caps = gst_caps_to_string (caps);
  gst_structure_get_int (structure, "width", &manifest->width);
  gst_structure_get_int (structure, "height", &manifest->height);
}

/* Packets are in decoding order, which differs from presentation order by MAX_REORDER at most. */
static gboolean
is_past (const Splitter * splitter, GstSample * sample)
{
  const GstClockTime time = packet_time (sample);

  return GST_CLOCK_TIME_IS_VALID (time)
      && GST_CLOCK_TIME_IS_VALID (splitter->to)
      && time > splitter->to + MAX_REORDER;
}

static gboolean
add_packet (Splitter * splitter, GstSample * sample, const GstSegment * segment,
    GError ** error)
{
  GstSample *flat = packet_flatten (sample, segment, PACKET_ORIGIN);
  gboolean going;

  if (splitter->manifest->caps == NULL)
    describe (splitter->manifest, sample);
  going = add_to_segment (splitter, flat, error);
  splitter->past = is_past (splitter, flat);
  gst_sample_unref (flat);
  return going;
}

/* matroskademux moves the segment's start back when it finds an earlier track after some packets.
 * The first packets get that segment, too. */
static gboolean
add_first_packets (Splitter * splitter, GPtrArray * first_packets,
    GError ** error)
{
  const GstSegment *last = first_packets->len ?
      gst_sample_get_segment (first_packets->pdata[first_packets->len -
          1]) : NULL;
  gboolean going = TRUE;
  guint i;

  for (i = 0; going && i < first_packets->len; i++) {
    const GstSegment *own = gst_sample_get_segment (first_packets->pdata[i]);

    going =
        add_packet (splitter, first_packets->pdata[i], own->base == last->base
        && own->start > last->start ? last : own, error);
  }
  return going;
}

static gboolean
add_all_packets (Splitter * splitter, PacketReader * reader, GError ** damage,
    GError ** error)
{
  GPtrArray *first_packets = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_sample_unref);
  GstSample *sample = NULL;
  gboolean going;

  while (first_packets->len < FIRST_PACKETS
      && (sample = packet_reader_next (reader, damage)))
    g_ptr_array_add (first_packets, sample);
  going = add_first_packets (splitter, first_packets, error);
  g_ptr_array_unref (first_packets);
  while (going && sample && !splitter->past
      && (sample = packet_reader_next (reader, damage))) {
    going =
        add_packet (splitter, sample, gst_sample_get_segment (sample), error);
    gst_sample_unref (sample);
  }
  return going;
}

/* Keeps what was read before damage in the source, but not before a read error. */
static gboolean
cut_all (Splitter * splitter, PacketReader * reader, GError ** error)
{
  GError *damage = NULL;
  gboolean going = add_all_packets (splitter, reader, &damage, error);

  if (going && damage && pipeline_error_is_temporary (damage)) {
    g_propagate_error (error, damage);
    return FALSE;
  }
  if (going && splitter->writer && splitter->frames > 0)
    going = end_segment (splitter, error);
  if (going && splitter->manifest->segments->len == 0) {
    if (damage)
      g_propagate_error (error, g_steal_pointer (&damage));
    else
      g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE,
          "%s: there is no frame in it%s", splitter->manifest->source,
          splitter->from > 0 ? " after the given start" : "");
    going = FALSE;
  }
  splitter->manifest->damaged = damage != NULL || (!splitter->past
      && GST_CLOCK_TIME_IS_VALID (splitter->manifest->duration)
      && splitter->latest + MAX_SHORTFALL < splitter->manifest->duration);
  g_clear_error (&damage);
  return going;
}

gboolean
splitter_run (Manifest * manifest, const gchar * file, const gchar * workdir,
    GError ** error)
{
  const Settings *settings = &manifest->settings;
  Splitter splitter = {
    .manifest = manifest,
    .workdir = workdir,
    .length = settings->segment > 0 ?
        (GstClockTime) (settings->segment * GST_SECOND) : GST_CLOCK_TIME_NONE,
    .from = (GstClockTime) (settings->start * GST_SECOND),
    .to = settings->end > 0 ? (GstClockTime) (settings->end * GST_SECOND) :
        GST_CLOCK_TIME_NONE,
  };
  PacketReader *reader = demux_open_video (file, error);
  const gboolean done = reader && cut_all (&splitter, reader, error);

  g_clear_pointer (&reader, packet_reader_free);
  if (splitter.writer)
    drop (&splitter);
  g_free (splitter.unfinished);
  return done;
}
