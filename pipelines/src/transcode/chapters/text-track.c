/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/chapters/text-track.h"

#include <string.h>

#define MAX_REFERENCES 8        /* tracks named in one chap reference */
#define TEXT_BYTES (2 + G_MAXUINT16)

/* --- samples --- */

/* Sample tables of a track (ISO/IEC 14496-12, 8.6 and 8.7) and the position in them. */
typedef struct
{
  Table times, runs, sizes, offsets;
  gboolean wide;                /* 64-bit offsets */
  guint32 size;                 /* of each sample; 0: see `sizes` */
  guint32 scale;                /* time units per second */
  guint32 time_run, left;       /* samples left in the run */
  guint64 time;
  GstClockTime delay;
} Track;

static gboolean
open_sizes (const Box * stbl, Track * track)
{
  Box box;

  if (!box_find (stbl, "stsz", &box) || box.size < 12)
    return FALSE;
  track->size = GST_READ_UINT32_BE (box.data + 4);
  track->sizes.count = GST_READ_UINT32_BE (box.data + 8);
  return track->sizes.count <= MAX_CHAPTERS && (track->size > 0
      || box_table (stbl, "stsz", 12, 4, &track->sizes));
}

static gboolean
open_track (const Box * trak, Track * track)
{
  Box stbl;

  memset (track, 0, sizeof *track);
  if (!box_header (trak, "mdia/mdhd", &track->scale, NULL)
      || !box_find (trak, "mdia/minf/stbl", &stbl))
    return FALSE;
  track->wide = !box_table (&stbl, "stco", 8, 4, &track->offsets);
  return (!track->wide || box_table (&stbl, "co64", 8, 8, &track->offsets))
      && box_table (&stbl, "stts", 8, 8, &track->times)
      && box_table (&stbl, "stsc", 8, 12, &track->runs)
      && open_sizes (&stbl, track);
}

/* Length of the empty edit at the start of the track (8.6.6). */
static GstClockTime
read_delay (const Box * moov, const Box * trak)
{
  guint32 scale;
  guint64 length;
  Box box;

  if (!box_header (moov, "mvhd", &scale, NULL)
      || !box_find (trak, "edts/elst", &box) || box.size < 20)
    return 0;
  if (box.data[0] == 0 && GST_READ_UINT32_BE (box.data + 12) == G_MAXUINT32)
    length = GST_READ_UINT32_BE (box.data + 8);
  else if (box.data[0] != 0 && box.size >= 28
      && GST_READ_UINT64_BE (box.data + 16) == G_MAXUINT64)
    length = GST_READ_UINT64_BE (box.data + 8);
  else
    return 0;
  return MIN (gst_util_uint64_scale (length, GST_SECOND, scale), MAX_START);
}

static void
pass_sample (Track * track)
{
  while (track->left == 0 && track->time_run < track->times.count)
    track->left = GST_READ_UINT32_BE (track->times.data +
        8 * (gsize) track->time_run++);
  if (track->left > 0) {
    track->left--;
    track->time += GST_READ_UINT32_BE (track->times.data +
        8 * (gsize) (track->time_run - 1) + 4);
  }
}

/* Samples in a chunk. `run` is the stsc entry of the previous chunk, and is advanced. */
static guint32
samples_in_chunk (const Track * track, guint32 chunk, guint32 * run)
{
  const guint8 *runs = track->runs.data;

  while (*run + 1 < track->runs.count
      && GST_READ_UINT32_BE (runs + 12 * (gsize) (*run + 1)) <= chunk + 1)
    (*run)++;
  return *run < track->runs.count ?
      GST_READ_UINT32_BE (runs + 12 * (gsize) * run + 4) : 0;
}

/* Text sample: 16-bit length, then UTF-8, or UTF-16 with a byte order mark. */
static gchar *
read_text (FILE * file, guint64 offset, gsize size)
{
  guint8 *data = box_load_bytes (file, offset, MIN (size, TEXT_BYTES));
  gchar *text = NULL;
  gsize length;

  if (data && size >= 2) {
    length = GST_READ_UINT16_BE (data);
    length = MIN (length, size - 2);
    if (length >= 2 && (GST_READ_UINT16_BE (data + 2) == 0xfeff
            || GST_READ_UINT16_BE (data + 2) == 0xfffe))
      text = g_convert ((gchar *) data + 2, (gssize) length, "UTF-8", "UTF-16",
          NULL, NULL, NULL);
    else
      text = g_utf8_make_valid ((gchar *) data + 2,
          (gssize) strnlen ((gchar *) data + 2, length));
  }
  g_free (data);
  return text;
}

static gboolean
read_sample (FILE * file, Track * track, guint64 offset, gsize size,
    GArray * chapters)
{
  Chapter chapter = {
    .start = gst_util_uint64_scale (track->time, GST_SECOND, track->scale)
  };

  if (chapter.start > MAX_START)
    return FALSE;
  chapter.start += track->delay;
  chapter.title = read_text (file, offset, size);
  if (chapter.title == NULL)
    return FALSE;
  g_array_append_val (chapters, chapter);
  pass_sample (track);
  return TRUE;
}

static gboolean
read_track (FILE * file, const Box * moov, const Box * trak, GArray * chapters)
{
  guint32 chunk, run = 0, sample = 0, i, n;
  Track track;

  if (!open_track (trak, &track))
    return FALSE;
  track.delay = read_delay (moov, trak);
  for (chunk = 0; chunk < track.offsets.count; chunk++) {
    guint64 offset = track.wide ?
        GST_READ_UINT64_BE (track.offsets.data + 8 * (gsize) chunk) :
        GST_READ_UINT32_BE (track.offsets.data + 4 * (gsize) chunk);

    n = samples_in_chunk (&track, chunk, &run);
    for (i = 0; i < n && sample < track.sizes.count; i++, sample++) {
      const guint32 size = track.size > 0 ? track.size :
          GST_READ_UINT32_BE (track.sizes.data + 4 * (gsize) sample);

      if (!read_sample (file, &track, offset, size, chapters))
        return FALSE;
      offset += size;
    }
  }
  return sample == track.sizes.count;
}

/* --- the track --- */

static gboolean
has_number (const Box * trak, guint32 number)
{
  Box header;

  return box_find (trak, "tkhd", &header) && header.size >= 24
      && GST_READ_UINT32_BE (header.data + (header.data[0] == 0 ? 12 : 20))
      == number;
}

static gboolean
is_text (const Box * trak)
{
  Box handler;

  return box_find (trak, "mdia/hdlr", &handler) && handler.size >= 12
      && (memcmp (handler.data + 8, "text", 4) == 0
      || memcmp (handler.data + 8, "sbtl", 4) == 0);
}

/* Text track with that ID. */
static gboolean
find_track (const Box * moov, guint32 number, Box * trak)
{
  Box rest = *moov;

  while (box_next (&rest, trak))
    if (g_str_equal (trak->type, "trak") && has_number (trak, number))
      return is_text (trak);
  return FALSE;
}

/* A chap reference may also name tracks of pictures. */
static gboolean
find_chapter_track (const Box * moov, Box * found)
{
  Box rest = *moov, trak, names;
  gsize i;

  while (box_next (&rest, &trak))
    if (g_str_equal (trak.type, "trak")
        && box_find (&trak, "tref/chap", &names)) {
      for (i = 0; i < MIN (names.size / 4, MAX_REFERENCES); i++)
        if (find_track (moov, GST_READ_UINT32_BE (names.data + 4 * i), found))
          return TRUE;
      return FALSE;
    }
  return FALSE;
}

gboolean
text_track_read (FILE * file, const Box * moov, GArray * chapters)
{
  Box trak;

  return !find_chapter_track (moov, &trak)
      || read_track (file, moov, &trak, chapters);
}
