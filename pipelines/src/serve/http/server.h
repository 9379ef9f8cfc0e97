/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the server that speak HTTP share. */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include "serve/http/connections.h"
#include "serve/http/sse.h"
#include "serve/jobs/queue.h"
#include "serve/jobs/renders.h"

#include <libsoup/soup.h>

/* Counts since the start. */
typedef struct
{
  guint64 requests[600];        /* by status */
  guint64 bytes;                /* that came in uploads */
} ServerCounts;

typedef struct
{
  const ServeOptions *options;
  SoupServer *http;
  Connections *connections;
  Queue *queue;
  Sse *sse;
  Renders *renders;
  GHashTable *uploads;          /* under way: message to Upload */
  ServerCounts counts;
  gboolean stopping;
} Server;

/* For server->uploads. */
GHashTable *upload_table_new (void);

/* What a new job takes; to be called when the headers of POST /api/jobs have come. */
void upload_begin (Server * server, SoupServerMessage * message,
    GHashTable * query);

/* All of its body has come. */
void upload_end (Server * server, SoupServerMessage * message);

/* Ends those that are too slow. To be called every second or so. */
void upload_check_all (Server * server);

/* Answers a message whose body may not have come yet with a problem, and counts that. */
void server_refuse (Server * server, SoupServerMessage * message,
    guint status, const gchar * detail);

/* As Prometheus reads it. To be freed. */
gchar *metrics_format (Server * server);

/* Begins to answer what comes to server->http. */
void routes_add (Server * server);

#endif
