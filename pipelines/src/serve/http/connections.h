/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listening socket and limits of connections: their number, the time to send a request, and the
 * closing of a connection whose request is refused. */
#ifndef SERVE_HTTP_CONNECTIONS_H
#define SERVE_HTTP_CONNECTIONS_H

#include <libsoup/soup.h>

typedef struct Connections Connections;

typedef struct
{
  guint max, max_each;          /* connections: of all, of one client address */
  const gchar *proxy;           /* address whose X-Forwarded-For names the client; NULL: none */
} ConnectionLimits;

/* Listens on the address. At most `max` connections are served at a time, `max_each` of them to one
 * client address. For others one is closed whose request is incomplete; if there is none, they wait
 * in the backlog or, beyond `max_each`, are closed. Returns NULL and an error if the address or
 * port cannot be used. */
Connections *connections_open (SoupServer * server, const gchar * address,
    guint port, const ConnectionLimits * limits, GError ** error);

/* Stops listening. Open connections are served to their end. */
void connections_close (Connections * connections);

guint connections_port (Connections * connections);
guint connections_count (Connections * connections);

/* Ends the timeout for the headers of a request. FALSE: the client behind the proxy has too many
 * connections. */
gboolean connections_headers_received (SoupServerMessage * message);

/* The request is complete: its connection is not closed for others any more. */
void connections_request_received (SoupServerMessage * message);

/* Ends the connection of a response that cannot be completed. */
void connections_abort (SoupServerMessage * message);

/* Sends an error response, whose body is a problem with this text, while the request may still
 * be arriving. The connection is taken from the message and closed lingering: data of the client
 * are discarded for a while, so that it reads the response instead of a connection reset. */
void connections_refuse (SoupServerMessage * message, guint status,
    const gchar * detail);

#endif
