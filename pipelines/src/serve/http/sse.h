/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Event streams (server-sent events) of jobs: each event has the complete state of the job. */
#ifndef SERVE_HTTP_SSE_H
#define SERVE_HTTP_SSE_H

#include "serve/jobs/job.h"

#include <libsoup/soup.h>

typedef struct Sse Sse;

/* `keep`: see job_describe(); `max`: number of open streams. */
Sse *sse_new (gint64 keep, guint max);
void sse_free (Sse * sse);

/* Opens a stream. It starts with the current state unless the client has received that already
 * (Last-Event-ID), and ends when the job is finished or removed. FALSE: too many streams are
 * open. */
gboolean sse_subscribe (Sse * sse, const Job * job,
    SoupServerMessage * message);

/* Sends the state to all subscribers of the job and closes the streams of a finished or removed
 * one. */
void sse_publish (Sse * sse, const Job * job, gboolean gone);

/* Whether streams of finished or removed jobs have not been sent to their ends. */
gboolean sse_is_sending_ends (const Sse * sse);

/* Sends a keep-alive so that dead clients are noticed and proxies do not time out. */
void sse_send_keep_alive (Sse * sse);

#endif
