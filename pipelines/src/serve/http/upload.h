/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Uploads: the body of POST /api/jobs is written to the file of a new job as it arrives. */
#ifndef SERVE_HTTP_UPLOAD_H
#define SERVE_HTTP_UPLOAD_H

#include "serve/http/server.h"

/* Table for server->uploads. */
GHashTable *upload_table_new (void);

/* Starts an upload when the headers have arrived, or refuses it. */
void upload_begin (Server * server, SoupServerMessage * message,
    GHashTable * query);

/* Adds the job to the queue when the body is complete. */
void upload_end (Server * server, SoupServerMessage * message);

/* Refuses uploads that are too slow. Call about once a second. */
void upload_check_all (Server * server);

#endif
