/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clients that follow a job: server-sent events, each of them all that there is to say of it. */
#ifndef SERVE_SSE_H
#define SERVE_SSE_H

#include "serve/jobs/job.h"

#include <libsoup/soup.h>

typedef struct Sse Sse;

/* `keep`: see job_describe(); `most`: as many may follow at a time. */
Sse *sse_new (gint64 keep, guint max);
void sse_free (Sse * sse);

/* Begins with how the job is, unless the client says that it has seen that, and ends when it is
 * over. FALSE: too many do that. */
gboolean sse_subscribe (Sse * sse, const Job * job,
    SoupServerMessage * message);

/* Tells all who follow the job; the last thing if it is over or gone. */
void sse_publish (Sse * sse, const Job * job, gboolean gone);

/* Says nothing, to all, so that those who are no more are found and what lies between holds. */
void sse_send_keep_alive (Sse * sse);

#endif
