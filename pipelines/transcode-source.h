/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading a film without decoding it. */
#ifndef TRANSCODE_SOURCE_H
#define TRANSCODE_SOURCE_H

#include "transcode-packets.h"

typedef enum
{
  TRACK_VIDEO,
  TRACK_AUDIO,
  TRACK_SUBTITLES,
  TRACK_OTHER,
} TrackKind;

TrackKind source_track_kind (GstPad * pad);

/* The packets of its first video track. */
PacketReader *source_open_video (const gchar * file, GError ** error);

#endif
