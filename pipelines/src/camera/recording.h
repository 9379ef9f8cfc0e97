/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recording of a live pipeline to a new file, which is playable however the pipeline ends.
 * Dropped frames are counted. */
#ifndef CAMERA_RECORDING_H
#define CAMERA_RECORDING_H

#include <gst/gst.h>

typedef struct _Recording Recording;

/* Creates the file, whose name has to end in .mkv or .mp4. If it exists and `again` is TRUE, a
 * number is added to the name: film-2.mkv. */
Recording *recording_new (const gchar * file, gboolean again, GError ** error);

/* Launch line of the branch that encodes raw video to the file. Free with g_free(). */
gchar *recording_launch_line (const Recording * recording);

/* Configures the elements of that launch line. */
void recording_attach (Recording * recording, GstBin * pipeline);

/* Completes the file while the pipeline is playing and prints its number of frames. A file
 * without frames is removed. */
void recording_finish (Recording * recording);

/* Call after the pipeline has stopped. */
void recording_free (Recording * recording);

#endif
