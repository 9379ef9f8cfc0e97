/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recovery of damaged Matroska files where GStreamer's demuxer stops. */
#ifndef TRANSCODE_MKV_REPAIR_H
#define TRANSCODE_MKV_REPAIR_H

#include "film/manifest.h"

/* Copies all readable tracks of the source, with their timestamps, into the working directory, and
 * sets manifest->repaired. FALSE if it is not Matroska, or mkvmerge is missing or fails. */
gboolean mkv_repair (Manifest * manifest, const gchar * workdir);

/* File to read the film from: the source, or its repaired copy. */
gchar *mkv_repair_path (const Manifest * manifest, const gchar * workdir);

#endif
