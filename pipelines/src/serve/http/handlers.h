/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handlers of complete requests. */
#ifndef SERVE_HTTP_HANDLERS_H
#define SERVE_HTTP_HANDLERS_H

#include "serve/http/server.h"

/* `job`: named by the path, or NULL; `query`: NULL if there is none. */
typedef void (*Handler) (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);

void handle_resource (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);
void handle_health (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);
void handle_metrics (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);
void handle_limits (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);
void handle_upload (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);
void handle_job (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);
void handle_delete (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);
void handle_events (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);
void handle_original (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);
void handle_result (Server * server, SoupServerMessage * message,
    Job * job, GHashTable * query);

#endif
