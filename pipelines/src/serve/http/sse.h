/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clients that follow a job: server-sent events, each of them all that there is to say of it. */
#ifndef SERVE_EVENTS_H
#define SERVE_EVENTS_H

#include "serve/jobs/job.h"

#include <libsoup/soup.h>

typedef struct Events Events;

/* `keep`: see job_describe(); `most`: as many may follow at a time. */
Events *events_new (gint64 keep, guint most);
void events_free (Events * events);

/* Begins with how the job is, unless the client says that it has seen that, and ends when it is
 * over. FALSE: too many do that. */
gboolean events_follow (Events * events, const Job * job,
    SoupServerMessage * message);

/* Tells all who follow the job; the last thing if it is over or gone. */
void events_tell (Events * events, const Job * job, gboolean gone);

/* Says nothing, to all, so that those who are no more are found and what lies between holds. */
void events_beat (Events * events);

#endif
