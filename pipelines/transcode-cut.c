/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode-codec.h"
#include "transcode-look.h"
#include "transcode-mend.h"
#include "transcode-packets.h"
#include "transcode-parts.h"
#include "transcode-source.h"
#include "transcode-steps.h"
#include "transcode-survey.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <errno.h>
#include <string.h>

/* How far a picture may come before one that is shown earlier. */
#define REORDERED (2 * GST_SECOND)

/* Packets that are looked at together at the beginning. */
#define EARLY 32

/* The picture of a film that is whole lasts that nearly as long as all of it. */
#define EARLY_END GST_SECOND

typedef struct
{
  Manifest *manifest;
  const gchar *parts;
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

gchar *
step_parts (const gchar * out)
{
  return g_strconcat (out, PARTS_SUFFIX, NULL);
}

/* --- segments --- */

static gboolean
begin (Cut * cut, GError ** error)
{
  gchar *file = parts_file (cut->parts, "in", cut->manifest->segments->len,
      "gdp");

  cut->unfinished = parts_unfinished (file);
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
  gchar *file = parts_file (cut->parts, "in", all->len, "gdp");
  Segment segment = {
    .number = all->len,
    .start = cut->first,
    .end = MIN (cut->to, G_MAXINT64),
    .frames = cut->frames,
  };
  gboolean done = packet_writer_finish (writer, error)
      && parts_sum (cut->unfinished, &segment.bytes, &segment.sha256, error)
      && parts_publish (cut->unfinished, file, error);

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

static gboolean
stat_source (const gchar * in, GStatBuf * status, GError ** error)
{
  const gchar *fault = NULL;

  if (g_stat (in, status) != 0)
    fault = errno == ENOENT ? "there is no such file" : g_strerror (errno);
  else if (!S_ISREG (status->st_mode))
    fault = "it is no file";
  else if (g_access (in, R_OK) != 0)
    fault = "you may not read it";
  else if (status->st_size == 0)
    fault = "it is empty";
  if (fault)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", in, fault);
  return fault == NULL;
}

static Manifest *
plan (const Options * options, const gchar * in, const gchar * out,
    GError ** error)
{
  const Settings *settings = &options->settings;
  Manifest *manifest;
  GStatBuf status;

  if (!stat_source (in, &status, error))
    return NULL;
  manifest = manifest_new ();
  manifest->source = g_canonicalize_filename (in, NULL);
  manifest->source_bytes = (guint64) status.st_size;
  manifest->source_modified = status.st_mtime;
  manifest->out = g_canonicalize_filename (out, NULL);
  manifest->settings = *settings;
  manifest->settings.codec = g_strdup (settings->codec);
  manifest->settings.profile = g_strdup (settings->profile);
  manifest->settings.model = settings->model ?
      g_canonicalize_filename (settings->model, NULL) : NULL;
  return manifest;
}

/* Whether all that is in the source will be in the film. */
static gboolean
survey (Manifest * manifest, GError ** error)
{
  gchar *mux = codec_muxer_line (manifest->settings.codec, manifest->out,
      error);
  Survey *survey = mux ? survey_new (manifest->source, error) : NULL;
  const gboolean fits = survey && survey_fits (survey, mux, manifest->out,
      error);

  if (survey)
    manifest->turn = survey->turn;
  manifest->duration = survey ? survey->duration : GST_CLOCK_TIME_NONE;
  g_clear_pointer (&survey, survey_free);
  g_free (mux);
  return fits;
}

static gboolean
make_folder (const gchar * parts, GError ** error)
{
  gchar *folder = g_path_get_dirname (parts);
  const gboolean made = g_mkdir_with_parents (parts, 0777) == 0;

  if (!made)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
        "%s: %s", folder, g_strerror (errno));
  g_free (folder);
  return made;
}

/* Whether the codec keeps frames as they are. */
static gboolean
look (Manifest * manifest, const gchar * parts, GError ** error)
{
  const gchar *codec = manifest->settings.codec;

  if (!look_at_frames (manifest, parts, error))
    return FALSE;
  if (strstr (manifest->raw, "field-order") && !codec_keeps_interlacing (codec))
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "%s: it is interlaced, and %s would not keep its fields apart; give "
        "--codec h264 or ffv1", manifest->source, codec);
  else if (manifest->depth > codec_depth (codec))
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "%s: its samples have %u bits, and %s would keep %u of them; give "
        "another --codec, or convert it", manifest->source, manifest->depth,
        codec, codec_depth (codec));
  else
    return TRUE;
  return FALSE;
}

/* Makes the segments of what can be read. */
static gboolean
cut_film (Manifest * manifest, const gchar * parts, GError ** error)
{
  const Settings *settings = &manifest->settings;
  Cut cut = {
    .manifest = manifest,
    .parts = parts,
    .length = settings->segment > 0 ?
        (GstClockTime) (settings->segment * GST_SECOND) : GST_CLOCK_TIME_NONE,
    .from = (GstClockTime) (settings->start * GST_SECOND),
    .to = settings->end > 0 ? (GstClockTime) (settings->end * GST_SECOND) :
        GST_CLOCK_TIME_NONE,
  };
  gchar *file = mend_file (manifest, parts);
  PacketReader *reader = source_open_video (file, error);
  const gboolean done = reader && cut_all (&cut, reader, error);

  g_clear_pointer (&reader, packet_reader_free);
  if (cut.writer)
    packet_writer_finish (cut.writer, NULL);
  g_free (cut.unfinished);
  g_free (file);
  return done;
}

/* The same behind damage, where it can be got at. */
static gboolean
cut_behind (Manifest * manifest, const gchar * parts, GError ** error)
{
  g_array_set_size (manifest->segments, 0);
  g_clear_pointer (&manifest->caps, g_free);
  return cut_film (manifest, parts, error);
}

static gboolean
run (Manifest * manifest, const gchar * parts, GError ** error)
{
  GError *fault = NULL;
  gboolean done = cut_film (manifest, parts, &fault);

  if (manifest->damaged && mend_source (manifest, parts)) {
    g_clear_error (&fault);
    done = cut_behind (manifest, parts, &fault);
  }
  if (fault)
    g_propagate_error (error, fault);
  done = done && look (manifest, parts, error)
      && manifest_write (manifest, parts, error);
  if (!done)
    parts_remove (parts, NULL);
  return done;
}

static gboolean
fits (const Manifest * found, const Manifest * wanted, GError ** error)
{
  const Settings *a = &found->settings, *b = &wanted->settings;

  if (g_str_equal (found->source, wanted->source)
      && found->source_bytes == wanted->source_bytes
      && found->source_modified == wanted->source_modified
      && g_str_equal (a->codec, b->codec) && a->quality == b->quality
      && g_strcmp0 (a->profile, b->profile) == 0
      && g_strcmp0 (a->model, b->model) == 0 && a->strength == b->strength
      && a->split == b->split && a->start == b->start && a->end == b->end
      && a->segment == b->segment)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s%s is of another source or other options; give those, or "
      "--overwrite to begin anew", found->out, PARTS_SUFFIX);
  return FALSE;
}

gboolean
step_cut (const Options * options, const gchar * in, const gchar * out,
    GError ** error)
{
  Manifest *manifest = plan (options, in, out, error), *found;
  gchar *parts = step_parts (out);
  gchar *file = g_build_filename (parts, PARTS_MANIFEST, NULL);
  gboolean done = FALSE;

  if (manifest && !options->overwrite && g_file_test (file, G_FILE_TEST_EXISTS)) {
    found = manifest_read (parts, error);
    done = found && fits (found, manifest, error);
    g_clear_pointer (&found, manifest_free);
  } else if (manifest) {
    done = survey (manifest, error) && (!g_file_test (parts, G_FILE_TEST_EXISTS)
        || parts_remove (parts, error)) && make_folder (parts, error)
        && run (manifest, parts, error);
  }
  g_clear_pointer (&manifest, manifest_free);
  g_free (file);
  g_free (parts);
  return done;
}
