/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Demuxing without decoding. */
#ifndef TRANSCODE_MEDIA_DEMUX_H
#define TRANSCODE_MEDIA_DEMUX_H

#include "transcode/media/packets.h"

typedef enum
{
  TRACK_VIDEO,
  TRACK_AUDIO,
  TRACK_SUBTITLES,
  TRACK_OTHER,
} TrackKind;

TrackKind demux_track_kind (const GstCaps * caps);

/* Current caps of a track, else the possible ones. */
GstCaps *demux_track_caps (GstPad * pad);

/* Links an unused track to a fakesink. */
void demux_discard_track (GstElement * pipeline, GstPad * pad);

/* Packets of the first video track. */
PacketReader *demux_open_video (const gchar * file, GError ** error);

#endif
