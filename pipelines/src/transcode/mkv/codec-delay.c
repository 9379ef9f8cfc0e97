/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/mkv/codec-delay.h"

#include <libavformat/avformat.h>
#include <string.h>

/* Index of the track in the file: the stream ids of matroskademux end in "/NUMBER:UID", where the
 * programs that write CodecDelay (libavformat, mkvmerge) number tracks from 1 in their order. */
static guint64
track_index (GstPad * pad)
{
  gchar *id = gst_pad_get_stream_id (pad);
  const gchar *end = id ? strrchr (id, '/') : NULL;
  const guint64 number = end ? g_ascii_strtoull (end + 1, NULL, 10) : 0;

  g_free (id);
  return number - 1;
}

/* In whole milliseconds, as timestamps in Matroska files are: the first packet behind the delay
 * comes at 0, and not a fraction before it. */
static GstClockTime
delay_of (const AVCodecParameters * track)
{
  if (track->codec_type != AVMEDIA_TYPE_AUDIO
      || track->codec_id == AV_CODEC_ID_OPUS || track->initial_padding <= 0
      || track->sample_rate <= 0)
    return 0;
  return GST_MSECOND *
      gst_util_uint64_scale_round ((guint64) track->initial_padding, 1000,
      (guint64) track->sample_rate);
}

GstClockTime
codec_delay_read (const gchar * file, GstPad * pad)
{
  const AVInputFormat *matroska = av_find_input_format ("matroska");
  const guint64 track = track_index (pad);
  AVFormatContext *context = NULL;
  gchar *url = g_strconcat ("file:", file, NULL);
  GstClockTime delay = 0;

  av_log_set_level (AV_LOG_QUIET);
  if (matroska && avformat_open_input (&context, url, matroska, NULL) == 0) {
    if (track < context->nb_streams)
      delay = delay_of (context->streams[track]->codecpar);
    avformat_close_input (&context);
  }
  g_free (url);
  return delay;
}
