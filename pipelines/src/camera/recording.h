/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file that a live pipeline records to. It is never a file that was there before, it can be played
 * whatever ends the pipeline, and no frame is lost without being counted. */
#ifndef CAMERA_RECORDING_H
#define CAMERA_RECORDING_H

#include <gst/gst.h>

typedef struct _Recording Recording;

/* Makes the file, which has to end in .mkv or .mp4. Where `again` is true and there is one of that
 * name already, the file gets a number: film-2.mkv. */
Recording *recording_new (const gchar * file, gboolean again, GError ** error);

/* The launch line that raw video is to go to. */
gchar *recording_launch_line (const Recording * recording);

/* Sets up the elements of that line. */
void recording_attach (Recording * recording, GstBin * pipeline);

/* Ends the file while the pipeline still plays, and says on the standard output what it holds. A
 * file that got no frame is removed. */
void recording_finish (Recording * recording);

/* To be called when the pipeline has stopped. */
void recording_free (Recording * recording);

#endif
