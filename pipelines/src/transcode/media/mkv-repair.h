/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Matroska files with damage behind which GStreamer's demuxer does not find its way. */
#ifndef TRANSCODE_MEDIA_MKV_REPAIR_H
#define TRANSCODE_MEDIA_MKV_REPAIR_H

#include "film/manifest.h"

/* Copies what can be found in the source's tracks, as it is and at its times, into the folder of
 * parts, and sets manifest->repaired. FALSE: it is no Matroska, or mkvmerge is missing or fails. */
gboolean mkv_repair (Manifest * manifest, const gchar * workdir);

/* The file from which the film is read: the source, or that copy. */
gchar *mkv_repair_path (const Manifest * manifest, const gchar * workdir);

#endif
