/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/http/connections.h"
#include "serve/http/reply.h"

#include <string.h>

/* Timeouts in seconds: until the headers of a request are complete, without data in either
 * direction, and of a lingering close, which has a limit of bytes as well. */
#define HEADERS_SECONDS 15
#define IDLE_SECONDS 30
#define LINGER_SECONDS 5
#define LINGER_BYTES (64 << 20)

#define CONNECTION_KEY "zsdenoise-connection"

struct Connections
{
  SoupServer *server;
  GSocketService *service;
  guint port, max, count;
  gboolean closed;
};

typedef struct
{
  Connections *connections;
  GSocket *socket;              /* not a reference */
  guint timer;
} Connection;

/* --- open and close --- */

static gboolean
on_headers_timeout (gpointer data)
{
  Connection *connection = data;

  connection->timer = 0;
  g_socket_shutdown (connection->socket, TRUE, TRUE, NULL);
  return G_SOURCE_REMOVE;
}

static void
on_closed (gpointer data, GObject * stream G_GNUC_UNUSED)
{
  Connection *connection = data;
  Connections *connections = connection->connections;

  if (connection->timer)
    g_source_remove (connection->timer);
  g_free (connection);
  if (connections->count-- == connections->max && !connections->closed)
    g_socket_service_start (connections->service);
}

static gboolean
on_incoming (GSocketService * service, GSocketConnection * stream,
    GObject * source G_GNUC_UNUSED, gpointer data)
{
  Connections *connections = data;
  Connection *connection = g_new0 (Connection, 1);
  GSocketAddress *local = g_socket_connection_get_local_address (stream, NULL);
  GSocketAddress *remote =
      g_socket_connection_get_remote_address (stream, NULL);

  connection->connections = connections;
  connection->socket = g_socket_connection_get_socket (stream);
  connection->timer =
      g_timeout_add_seconds (HEADERS_SECONDS, on_headers_timeout, connection);
  g_socket_set_timeout (connection->socket, IDLE_SECONDS);
  g_object_weak_ref (G_OBJECT (stream), on_closed, connection);
  if (++connections->count == connections->max)
    g_socket_service_stop (service);
  /* A message has no access to its connection except by the remote address. */
  if (remote)
    g_object_set_data (G_OBJECT (remote), CONNECTION_KEY, connection);
  if (local && remote)
    soup_server_accept_iostream (connections->server, G_IO_STREAM (stream),
        local, remote, NULL);
  g_clear_object (&local);
  g_clear_object (&remote);
  return TRUE;
}

void
connections_headers_received (SoupServerMessage * message)
{
  Connection *connection = g_object_get_data (G_OBJECT
      (soup_server_message_get_remote_address (message)), CONNECTION_KEY);

  if (connection->timer)
    g_source_remove (connection->timer);
  connection->timer = 0;
}

/* --- refusal --- */

typedef struct
{
  GIOStream *stream;
  gchar *response;
  guint timer;
  GCancellable *cancellable;
  gsize count;                  /* discarded bytes */
  gchar discarded[16384];
} LingeringClose;

static void
lingering_close_free (LingeringClose * closing)
{
  g_source_remove (closing->timer);
  g_io_stream_close (closing->stream, NULL, NULL);
  g_object_unref (closing->stream);
  g_object_unref (closing->cancellable);
  g_free (closing->response);
  g_free (closing);
}

static void
on_discarded (GObject * source, GAsyncResult * result, gpointer data)
{
  LingeringClose *closing = data;
  const gssize count =
      g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);

  closing->count += (gsize) MAX (count, 0);
  if (count <= 0 || closing->count > LINGER_BYTES)
    lingering_close_free (closing);
  else
    g_input_stream_read_async (G_INPUT_STREAM (source), closing->discarded,
        sizeof closing->discarded, G_PRIORITY_LOW, closing->cancellable,
        on_discarded, closing);
}

static void
on_sent (GObject * source, GAsyncResult * result, gpointer data)
{
  LingeringClose *closing = data;
  GSocket *socket =
      g_object_get_data (G_OBJECT (closing->stream), CONNECTION_KEY);

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL,
          NULL)
      || !g_socket_shutdown (socket, FALSE, TRUE, NULL)) {
    lingering_close_free (closing);
    return;
  }
  g_input_stream_read_async (g_io_stream_get_input_stream (closing->stream),
      closing->discarded, sizeof closing->discarded, G_PRIORITY_LOW,
      closing->cancellable, on_discarded, closing);
}

static gboolean
on_linger_timeout (gpointer data)
{
  g_cancellable_cancel (((LingeringClose *) data)->cancellable);
  return G_SOURCE_CONTINUE;
}

static gchar *
format_response (SoupServerMessage * message, guint status,
    const gchar * detail)
{
  gchar *body = reply_problem_body (status, detail);
  GString *response = g_string_new (NULL);
  SoupMessageHeadersIter iter;
  const gchar *name, *value;

  g_string_append_printf (response, "HTTP/1.1 %u %s\r\n"
      "Content-Type: application/problem+json\r\nContent-Length: %"
      G_GSIZE_FORMAT "\r\n", status, soup_status_get_phrase (status),
      strlen (body));
  soup_message_headers_iter_init (&iter,
      soup_server_message_get_response_headers (message));
  while (soup_message_headers_iter_next (&iter, &name, &value))
    g_string_append_printf (response, "%s: %s\r\n", name, value);
  g_string_append_printf (response, "\r\n%s", body);
  g_free (body);
  return g_string_free (response, FALSE);
}

void
connections_refuse (SoupServerMessage * message, guint status,
    const gchar * detail)
{
  Connection *connection = g_object_get_data (G_OBJECT
      (soup_server_message_get_remote_address (message)), CONNECTION_KEY);
  LingeringClose *closing = g_new0 (LingeringClose, 1);

  closing->response = format_response (message, status, detail);
  closing->cancellable = g_cancellable_new ();
  closing->timer =
      g_timeout_add_seconds (LINGER_SECONDS, on_linger_timeout, closing);
  closing->stream = soup_server_message_steal_connection (message);
  g_object_set_data_full (G_OBJECT (closing->stream), CONNECTION_KEY,
      g_object_ref (connection->socket), g_object_unref);
  g_output_stream_write_all_async (g_io_stream_get_output_stream
      (closing->stream), closing->response, strlen (closing->response),
      G_PRIORITY_DEFAULT, closing->cancellable, on_sent, closing);
}

/* --- listening --- */

static GSocketAddress *
parse_address (const gchar * address, guint port, GError ** error)
{
  GSocketAddress *parsed =
      g_inet_socket_address_new_from_string (address, port);

  if (parsed == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "--address: "
        "'%s' is not an IP address; give one such as 127.0.0.1 or ::1",
        address);
  return parsed;
}

static gboolean
bind_to (Connections * connections, const gchar * address, guint port,
    GError ** error)
{
  GSocketAddress *wanted = parse_address (address, port, error);
  GSocketAddress *got = NULL;
  GError *fault = NULL;

  if (wanted == NULL)
    return FALSE;
  if (g_socket_listener_add_address (G_SOCKET_LISTENER (connections->service),
          wanted, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &got,
          &fault)) {
    connections->port =
        g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (got));
  } else {
    g_set_error (error, fault->domain, fault->code,
        "cannot listen on port %u of %s: %s; give another port with --port",
        port, address, fault->message);
    g_error_free (fault);
  }
  g_object_unref (wanted);
  g_clear_object (&got);
  return connections->port != 0;
}

Connections *
connections_open (SoupServer * server, const gchar * address, guint port,
    guint max, GError ** error)
{
  Connections *connections = g_new0 (Connections, 1);

  connections->server = server;
  connections->max = max;
  connections->service = g_socket_service_new ();
  g_socket_listener_set_backlog (G_SOCKET_LISTENER (connections->service), 512);
  if (!bind_to (connections, address, port, error)) {
    g_object_unref (connections->service);
    g_free (connections);
    return NULL;
  }
  g_signal_connect (connections->service, "incoming", G_CALLBACK (on_incoming),
      connections);
  g_socket_service_start (connections->service);
  return connections;
}

void
connections_close (Connections * connections)
{
  connections->closed = TRUE;
  g_socket_service_stop (connections->service);
  g_socket_listener_close (G_SOCKET_LISTENER (connections->service));
}

guint
connections_port (Connections * connections)
{
  return connections->port;
}

guint
connections_count (Connections * connections)
{
  return connections->count;
}
