/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/media/splitter.h"

#include "common/file.h"
#include "film/workdir.h"
#include "transcode/media/demux.h"
#include "transcode/media/packets.h"

#include <glib/gstdio.h>

/* How far a picture may come before one that is shown earlier. */
#define REORDERED (2 * GST_SECOND)

/* Packets that are looked at together at the beginning. */
#define EARLY 32

/* The picture of a film that is whole lasts that nearly as long as all of it. */
#define EARLY_END GST_SECOND

typedef struct
{
  Manifest *manifest;
  const gchar *workdir;
  GstClockTime length;          /* least of a segment; NONE: all of it */
  GstClockTime from, to;        /* what is wanted of the film */
  gboolean past;                /* nothing of that is to come */

  /* the segment under way; no writer: there is none */
  PacketWriter *writer;
  gchar *unfinished;
  guint frames;
  GstClockTime seen;            /* the latest picture of all */
  GstClockTime cut, first;      /* its keyframe, and the first of its pictures that is wanted */
} Cut;

/* --- a segment --- */

static gboolean
begin (Cut * cut, GError ** error)
{
  gchar *file = workdir_file (cut->workdir, "in", cut->manifest->segments->len,
      "gdp");

  cut->unfinished = file_temporary_name (file);
  cut->writer = packet_writer_new (cut->unfinished, error);
  cut->frames = 0;
  cut->cut = cut->first = GST_CLOCK_TIME_NONE;
  g_free (file);
  return cut->writer != NULL;
}

static gboolean
end (Cut * cut, GError ** error)
{
  GArray *all = cut->manifest->segments;
  PacketWriter *writer = g_steal_pointer (&cut->writer);
  gchar *file = workdir_file (cut->workdir, "in", all->len, "gdp");
  Segment segment = {
    .number = all->len,
    .start = cut->first,
    .end = MIN (cut->to, G_MAXINT64),
    .frames = cut->frames,
  };
  gboolean done = packet_writer_finish (writer, error)
      && file_checksum (cut->unfinished, &segment.bytes, &segment.sha256, error)
      && file_publish (cut->unfinished, file, error);

  if (all->len > 0)
    g_array_index (all, Segment, all->len - 1).end = segment.start;
  g_array_append_val (all, segment);
  g_clear_pointer (&cut->unfinished, g_free);
  g_free (file);
  return done;
}

/* A segment ends at a keyframe, and begins with pictures of its own. */
static gboolean
is_over (const Cut * cut, GstSample * sample, GstClockTime time)
{
  return cut->writer && packet_is_key (sample)
      && GST_CLOCK_TIME_IS_VALID (cut->length) && GST_CLOCK_TIME_IS_VALID (time)
      && cut->frames > 0 && time >= cut->cut + cut->length;
}

/* Gives up what lies before a keyframe that is early enough itself. */
static void
drop (Cut * cut)
{
  packet_writer_finish (g_steal_pointer (&cut->writer), NULL);
  g_unlink (cut->unfinished);
  g_clear_pointer (&cut->unfinished, g_free);
}

static gboolean
add (Cut * cut, GstSample * sample, GError ** error)
{
  const GstClockTime time = packet_time (sample);
  const gboolean timed = GST_CLOCK_TIME_IS_VALID (time);

  if (cut->writer && cut->frames == 0 && timed && time <= cut->from
      && packet_is_key (sample))
    drop (cut);
  if (is_over (cut, sample, time) && !end (cut, error))
    return FALSE;
  if (cut->writer == NULL && !begin (cut, error))
    return FALSE;
  if (timed && !GST_CLOCK_TIME_IS_VALID (cut->cut))
    cut->cut = time;
  if (timed)
    cut->seen = MAX (cut->seen, time);
  if (timed && time >= cut->from && time < cut->to) {
    cut->frames++;
    if (!GST_CLOCK_TIME_IS_VALID (cut->first) || time < cut->first)
      cut->first = time;
  }
  return packet_writer_add (cut->writer, sample, error);
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

/* Pictures come in the order of their decoding, which is about that of their times. */
static gboolean
is_past (const Cut * cut, GstSample * sample)
{
  const GstClockTime time = packet_time (sample);

  return GST_CLOCK_TIME_IS_VALID (time) && GST_CLOCK_TIME_IS_VALID (cut->to)
      && time > cut->to + REORDERED;
}

static gboolean
take (Cut * cut, GstSample * sample, const GstSegment * segment,
    GError ** error)
{
  GstSample *flat = packet_flatten (sample, segment, PACKET_ORIGIN);
  gboolean going;

  if (cut->manifest->caps == NULL)
    describe (cut->manifest, sample);
  going = add (cut, flat, error);
  cut->past = is_past (cut, flat);
  gst_sample_unref (flat);
  return going;
}

/* The demuxer of Matroska finds only after some packets that a track begins earlier than another
 * one, and moves the beginning there: it holds for the first packets, too. */
static gboolean
take_early (Cut * cut, GPtrArray * early, GError ** error)
{
  const GstSegment *last = early->len ?
      gst_sample_get_segment (early->pdata[early->len - 1]) : NULL;
  gboolean going = TRUE;
  guint i;

  for (i = 0; going && i < early->len; i++) {
    const GstSegment *own = gst_sample_get_segment (early->pdata[i]);

    going = take (cut, early->pdata[i], own->base == last->base
        && own->start > last->start ? last : own, error);
  }
  return going;
}

static gboolean
take_all (Cut * cut, PacketReader * reader, GError ** damage, GError ** error)
{
  GPtrArray *early = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_sample_unref);
  GstSample *sample = NULL;
  gboolean going;

  while (early->len < EARLY && (sample = packet_reader_next (reader, damage)))
    g_ptr_array_add (early, sample);
  going = take_early (cut, early, error);
  g_ptr_array_unref (early);
  while (going && sample && !cut->past
      && (sample = packet_reader_next (reader, damage))) {
    going = take (cut, sample, gst_sample_get_segment (sample), error);
    gst_sample_unref (sample);
  }
  return going;
}

/* What can be read is kept, whatever comes after it. */
static gboolean
cut_all (Cut * cut, PacketReader * reader, GError ** error)
{
  GError *damage = NULL;
  gboolean going = take_all (cut, reader, &damage, error);

  if (going && cut->writer && cut->frames > 0)
    going = end (cut, error);
  if (going && cut->manifest->segments->len == 0) {
    if (damage)
      g_propagate_error (error, g_steal_pointer (&damage));
    else
      g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE,
          "%s: there is no picture in it%s", cut->manifest->source,
          cut->from > 0 ? " after the start that is given" : "");
    going = FALSE;
  }
  cut->manifest->damaged = damage != NULL || (!cut->past
      && GST_CLOCK_TIME_IS_VALID (cut->manifest->duration)
      && cut->seen + EARLY_END < cut->manifest->duration);
  g_clear_error (&damage);
  return going;
}

gboolean
segments_cut (Manifest * manifest, const gchar * file, const gchar * workdir,
    GError ** error)
{
  const Settings *settings = &manifest->settings;
  Cut cut = {
    .manifest = manifest,
    .workdir = workdir,
    .length = settings->segment > 0 ?
        (GstClockTime) (settings->segment * GST_SECOND) : GST_CLOCK_TIME_NONE,
    .from = (GstClockTime) (settings->start * GST_SECOND),
    .to = settings->end > 0 ? (GstClockTime) (settings->end * GST_SECOND) :
        GST_CLOCK_TIME_NONE,
  };
  PacketReader *reader = demux_open_video (file, error);
  const gboolean done = reader && cut_all (&cut, reader, error);

  g_clear_pointer (&reader, packet_reader_free);
  if (cut.writer)
    drop (&cut);
  g_free (cut.unfinished);
  return done;
}
