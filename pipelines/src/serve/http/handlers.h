/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answers to requests of which all has come. */
#ifndef SERVE_ANSWERS_H
#define SERVE_ANSWERS_H

#include "serve/http/server.h"

/* `job`: that the path names, or NULL; `query`: NULL if there is none. */
typedef void (*Answer) (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);

void answer_resource (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);
void answer_health (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);
void answer_metrics (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);
void answer_limits (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);
void answer_upload (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);
void answer_job (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);
void answer_removal (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);
void answer_events (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);
void answer_original (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);
void answer_result (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);

#endif
