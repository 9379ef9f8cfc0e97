/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages from the worker to the server: JSON objects on standard output, one a line. */
#ifndef WORKER_EVENTS_H
#define WORKER_EVENTS_H

#include <glib.h>

/* Reserves standard output for messages; output of libraries is discarded. */
void events_take_stdout (void);

/* Negative numbers are unknown and left out. `part`: completed fraction of the phase; `eta`: remaining
 * seconds. */
void events_send_progress (const gchar * phase, gdouble part, gdouble loss,
    gdouble eta);
void events_send_result (gint width, gint height, guint frames, gdouble sigma);

/* PSNR in dB with the picture before noise was added. */
void events_send_psnr (gdouble before, gdouble after);

/* Sends why the job failed: the error as a sentence, with a capital letter and a full stop, which errors
 * of libraries may have already, and its reason if it is one that job_find_reason() of the server
 * knows. */
void events_send_error (const GError * error);

#endif
