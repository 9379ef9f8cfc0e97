/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listening socket and limits of connections: their number, the time to send a request, and the
 * closing of a connection whose request is refused. */
#ifndef SERVE_HTTP_CONNECTIONS_H
#define SERVE_HTTP_CONNECTIONS_H

#include <libsoup/soup.h>

typedef struct Connections Connections;

/* Listens on the address; at most `max` connections are served at a time, others wait in the
 * backlog. Returns NULL and an error if the address or port cannot be used. */
Connections *connections_open (SoupServer * server, const gchar * address,
    guint port, guint max, GError ** error);

/* Stops listening. Open connections are served to their end. */
void connections_close (Connections * connections);

guint connections_port (Connections * connections);
guint connections_count (Connections * connections);

/* Ends the timeout for the headers of a request. */
void connections_headers_received (SoupServerMessage * message);

/* Sends an error response, whose body is a problem with this text, while the request may still
 * be arriving. The connection is taken from the message and closed lingering: data of the client
 * are discarded for a while, so that it reads the response instead of a connection reset. */
void connections_refuse (SoupServerMessage * message, guint status,
    const gchar * detail);

#endif
