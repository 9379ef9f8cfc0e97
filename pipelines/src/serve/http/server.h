/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* State of the server that all handlers share. */
#ifndef SERVE_HTTP_SERVER_H
#define SERVE_HTTP_SERVER_H

#include "serve/http/connections.h"
#include "serve/http/sse.h"
#include "serve/jobs/queue.h"
#include "serve/jobs/renders.h"

#include <libsoup/soup.h>

/* Counters since the start of the server. */
typedef struct
{
  guint64 requests[600];        /* by HTTP status */
  guint64 bytes;                /* received in uploads */
} ServerCounts;

typedef struct
{
  const ServeOptions *options;
  SoupServer *http;
  Connections *connections;
  Queue *queue;
  Sse *sse;
  Renders *renders;
  GHashTable *uploads;          /* in progress: from message to Upload */
  guint commits;                /* complete uploads that are being stored */
  ServerCounts counts;
  gboolean stopping;
} Server;

/* Refuses a message whose body may still be arriving with an error response. */
void server_refuse (Server * server, SoupServerMessage * message,
    guint status, const gchar * detail);

#endif
