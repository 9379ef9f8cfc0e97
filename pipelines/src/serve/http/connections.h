/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connections: how many there are, how long they may take to say what they want, and how one is
 * turned away in the middle of what it sends. */
#ifndef SERVE_CONNECTIONS_H
#define SERVE_CONNECTIONS_H

#include <libsoup/soup.h>

typedef struct Connections Connections;

/* Listens; `most` at a time are served, others wait. NULL: an error that says why it cannot. */
Connections *connections_open (SoupServer * server, const gchar * address,
    guint port, guint max, GError ** error);

/* Takes no more; those that are there go on. */
void connections_close (Connections * connections);

guint connections_port (Connections * connections);
guint connections_count (Connections * connections);

/* The request's headers have come: its body, or the answer, may take longer. */
void connections_headers_received (SoupServerMessage * message);

/* Takes the connection from the message, whose answer is complete but for its body, which is this
 * text of a problem; sends it, listens a while without hearing, so that the client reads it rather
 * than a broken connection, and closes. */
void connections_refuse (SoupServerMessage * message, guint status,
    const gchar * detail);

#endif
