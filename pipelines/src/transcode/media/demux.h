/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading a film without decoding it. */
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

/* The caps of a track, or what they may be. */
GstCaps *demux_track_caps (GstPad * pad);

/* The packets of its first video track, which it has to have. */
PacketReader *demux_open_video (const gchar * file, GError ** error);

#endif
