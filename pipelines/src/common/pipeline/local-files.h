/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A film is a file: pipelines of this process open no network, and no file that another one
 * names. */
#ifndef COMMON_PIPELINE_LOCAL_FILES_H
#define COMMON_PIPELINE_LOCAL_FILES_H

#include <gst/gst.h>

/* Takes all other sources and the demuxers that follow references (playlists, manifests, sessions)
 * from GStreamer's registry for this process. Call after gst_init(). */
void local_files_only (void);

/* Whether a stream of that type names other files or addresses. */
gboolean local_files_is_list (const GstCaps * caps);

#endif
