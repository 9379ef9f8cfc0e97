/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/ts/repair.h"

#include "common/file.h"
#include "common/progress-bar.h"
#include "film/workdir.h"
#include "transcode/ts/losses.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

typedef struct
{
  AVFormatContext *in, *out;
  gint *numbers;                /* in `out`, by those in `in`; -1: left out */
} Copy;

static gboolean
set_error (const gchar * file, int code, GError ** error)
{
  char text[AV_ERROR_MAX_STRING_SIZE];

  av_strerror (code, text, sizeof text);
  g_set_error (error, G_IO_ERROR, (gint) file_error_code (AVUNERROR (code)),
      "%s: %s", file, text);
  return FALSE;
}

/* --- streams --- */

/* Adds a stream to the copy if that can hold it. */
static int
add_stream (Copy * copy, const AVStream * from)
{
  const enum AVMediaType type = from->codecpar->codec_type;
  AVStream *to;

  copy->numbers[from->index] = -1;
  if ((type != AVMEDIA_TYPE_VIDEO && type != AVMEDIA_TYPE_AUDIO
          && type != AVMEDIA_TYPE_SUBTITLE)
      || avformat_query_codec (copy->out->oformat, from->codecpar->codec_id,
          FF_COMPLIANCE_NORMAL) <= 0)
    return 0;
  to = avformat_new_stream (copy->out, NULL);
  if (to == NULL)
    return AVERROR (ENOMEM);
  copy->numbers[from->index] = to->index;
  av_dict_copy (&to->metadata, from->metadata, 0);
  to->disposition = from->disposition;
  to->sample_aspect_ratio = from->sample_aspect_ratio;
  to->avg_frame_rate = from->avg_frame_rate;
  to->time_base = from->time_base;
  avcodec_parameters_copy (to->codecpar, from->codecpar);
  to->codecpar->codec_tag = 0;
  return 0;
}

static int
add_streams (Copy * copy)
{
  int code = 0;
  guint i;

  copy->numbers = g_new (gint, copy->in->nb_streams);
  for (i = 0; code >= 0 && i < copy->in->nb_streams; i++)
    code = add_stream (copy, copy->in->streams[i]);
  return code;
}

/* --- packets --- */

static int
write_packet (Copy * copy, AVPacket * packet)
{
  const gint number = copy->numbers[packet->stream_index];

  if (number < 0) {
    av_packet_unref (packet);
    return 0;
  }
  av_packet_rescale_ts (packet,
      copy->in->streams[packet->stream_index]->time_base,
      copy->out->streams[number]->time_base);
  packet->stream_index = number;
  packet->pos = -1;
  return av_interleaved_write_frame (copy->out, packet);
}

/* Packets that the muxer refuses, as they have no time, are left out. */
static int
write_packets (Copy * copy)
{
  AVPacket *packet = av_packet_alloc ();
  int code = avformat_write_header (copy->out, NULL);

  while (code >= 0 && (code = av_read_frame (copy->in, packet)) >= 0) {
    code = write_packet (copy, packet);
    if (code == AVERROR (EINVAL))
      code = 0;
  }
  if (code == AVERROR_EOF)
    code = av_write_trailer (copy->out);
  av_packet_free (&packet);
  return code;
}

/* --- the copy --- */

/* Only this demuxer and protocol: the name is that of a file, whatever it looks like. */
static int
open_source (Copy * copy, const gchar * file)
{
  gchar *url = g_strconcat ("file:", file, NULL);
  AVDictionary *options = NULL;
  int code;

  av_dict_set (&options, "protocol_whitelist", "file", 0);
  code = avformat_open_input (&copy->in, url,
      av_find_input_format ("mpegts"), &options);
  if (code >= 0)
    code = avformat_find_stream_info (copy->in, NULL);
  av_dict_free (&options);
  g_free (url);
  return code;
}

static int
open_copy (Copy * copy, const gchar * file)
{
  gchar *url = g_strconcat ("file:", file, NULL);
  int code = avformat_alloc_output_context2 (&copy->out, NULL, "matroska",
      url);

  if (code >= 0)
    code = avio_open (&copy->out->pb, url, AVIO_FLAG_WRITE);
  g_free (url);
  return code;
}

static gboolean
copy_file (const gchar * from, const gchar * to, GError ** error)
{
  Copy copy = {.in = NULL };
  int code = open_source (&copy, from);

  if (code >= 0)
    code = open_copy (&copy, to);
  if (code >= 0)
    code = add_streams (&copy);
  if (code >= 0)
    code = write_packets (&copy);
  if (copy.out && copy.out->pb) {
    const int closed = avio_closep (&copy.out->pb);

    code = code < 0 ? code : closed;
  }
  avformat_free_context (copy.out);
  avformat_close_input (&copy.in);
  g_free (copy.numbers);
  return code >= 0 || set_error (from, code, error);
}

gboolean
ts_repair (Manifest * manifest, const gchar * workdir, GError ** error)
{
  gchar *file, *unfinished;
  guint64 losses;

  if (!ts_losses_count (manifest->source, &losses, error))
    return FALSE;
  if (losses == 0)
    return TRUE;
  progress_bar_clear ();
  g_printerr ("transcode: %s: packets are missing in %" G_GUINT64_FORMAT
      " places; the pictures that they touch are damaged\n", manifest->source,
      losses);
  file = g_build_filename (workdir, WORKDIR_REPAIRED, NULL);
  unfinished = file_temporary_name (file);
  av_log_set_level (AV_LOG_QUIET);
  manifest->repaired = copy_file (manifest->source, unfinished, error)
      && file_publish (unfinished, file, error);
  if (!manifest->repaired)
    g_unlink (unfinished);
  g_free (unfinished);
  g_free (file);
  return manifest->repaired;
}
