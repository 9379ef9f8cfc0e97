/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/http/connections.h"
#include "serve/http/reply.h"

#include <string.h>

/* Seconds after which a connection whose body is not complete can be closed for another one. */
#define BODY_SECONDS 20

/* Timeouts in seconds: until the headers of a request are complete, without data in either
 * direction, and of a lingering close, which has a limit of bytes as well. */
#define HEADERS_SECONDS 15
#define IDLE_SECONDS 30
#define LINGER_SECONDS 5
#define LINGER_BYTES (64 << 20)

#define CONNECTION_KEY "zsdenoise-connection"

/* Milliseconds until connections are accepted again after there were too many open files. */
#define ACCEPT_PAUSE 200
#define LOG_INTERVAL G_TIME_SPAN_MINUTE

struct Connections
{
  SoupServer *server;
  GSocket *listener;
  guint source;                 /* of the listener; 0: nothing is accepted at present */
  guint port, max, max_each;
  GQueue open;                  /* of Connection, oldest first */
  gint64 exhausted;             /* monotonic time when that was logged last; 0: never */
  const gchar *proxy;           /* its address; NULL: none */
  gboolean closed;
};

/* A connection whose request is incomplete can be closed for the sake of another one. */
typedef enum
{
  READING_HEADERS,
  READING_BODY,
  ANSWERING,
} Phase;

typedef struct
{
  Connections *connections;
  GSocket *socket;              /* not a reference */
  gchar *client;                /* IP address */
  Phase phase;
  gboolean closing;             /* shut down, but not closed yet */
  gint64 opened;                /* monotonic */
  guint timer;
} Connection;

/* --- places --- */

static void
shut_down (Connection * connection)
{
  connection->closing = TRUE;
  g_socket_shutdown (connection->socket, TRUE, TRUE, NULL);
}

/* Shuts down the oldest connection without complete headers, or else the oldest whose body takes
 * long; of that client, unless NULL. FALSE: there is none. */
static gboolean
make_place (Connections * connections, const gchar * client)
{
  const gint64 patient = g_get_monotonic_time () -
      BODY_SECONDS * G_USEC_PER_SEC;
  Connection *slow = NULL;
  GList *i;

  for (i = connections->open.head; i; i = i->next) {
    Connection *connection = i->data;

    if (connection->closing
        || (client && !g_str_equal (connection->client, client)))
      continue;
    if (connection->phase == READING_HEADERS) {
      shut_down (connection);
      return TRUE;
    }
    if (slow == NULL && connection->phase == READING_BODY
        && connection->opened < patient)
      slow = connection;
  }
  if (slow)
    shut_down (slow);
  return slow != NULL;
}

/* Open connections: of that client, unless NULL. */
static guint
count_open (const Connections * connections, const gchar * client)
{
  guint count = 0;
  GList *i;

  for (i = connections->open.head; i; i = i->next) {
    const Connection *connection = i->data;

    count += !connection->closing && (client == NULL
        || g_str_equal (connection->client, client));
  }
  return count;
}

/* Whether the client of the connection has no more than it may. */
static gboolean
has_place (Connection * connection)
{
  Connections *connections = connection->connections;

  return count_open (connections, connection->client) <= connections->max_each
      || make_place (connections, connection->client);
}

/* --- open and close --- */

static gboolean
on_headers_timeout (gpointer data)
{
  Connection *connection = data;

  connection->timer = 0;
  shut_down (connection);
  return G_SOURCE_REMOVE;
}

static void watch (Connections * connections);

static void
on_closed (gpointer data, GObject * stream G_GNUC_UNUSED)
{
  Connection *connection = data;
  Connections *connections = connection->connections;

  if (connection->timer)
    g_source_remove (connection->timer);
  g_queue_remove (&connections->open, connection);
  g_free (connection->client);
  g_free (connection);
  watch (connections);
}

static Connection *
connection_new (Connections * connections, GSocketConnection * stream,
    GSocketAddress * remote)
{
  Connection *connection = g_new0 (Connection, 1);

  connection->connections = connections;
  connection->socket = g_socket_connection_get_socket (stream);
  connection->client =
      g_inet_address_to_string (g_inet_socket_address_get_address
      (G_INET_SOCKET_ADDRESS (remote)));
  connection->opened = g_get_monotonic_time ();
  connection->timer =
      g_timeout_add_seconds (HEADERS_SECONDS, on_headers_timeout, connection);
  g_socket_set_timeout (connection->socket, IDLE_SECONDS);
  g_object_weak_ref (G_OBJECT (stream), on_closed, connection);
  g_queue_push_tail (&connections->open, connection);
  return connection;
}

static void
serve (Connections * connections, GSocket * socket)
{
  GSocketConnection *stream =
      g_socket_connection_factory_create_connection (socket);
  GSocketAddress *local = g_socket_connection_get_local_address (stream, NULL);
  GSocketAddress *remote =
      g_socket_connection_get_remote_address (stream, NULL);
  Connection *connection;

  if (local && remote) {
    connection = connection_new (connections, stream, remote);
    if (g_strcmp0 (connection->client, connections->proxy) != 0
        && !has_place (connection))
      shut_down (connection);
    /* A message has no access to its connection except by the remote address. */
    g_object_set_data (G_OBJECT (remote), CONNECTION_KEY, connection);
    soup_server_accept_iostream (connections->server, G_IO_STREAM (stream),
        local, remote, NULL);
  }
  g_clear_object (&local);
  g_clear_object (&remote);
  g_object_unref (stream);
}

static gboolean
on_pause_over (gpointer data)
{
  watch (data);
  return G_SOURCE_REMOVE;
}

/* The next connection waits until a descriptor is free. */
static void
pause_accepting (Connections * connections, const GError * error)
{
  const gint64 now = g_get_monotonic_time ();

  if (connections->exhausted == 0
      || now - connections->exhausted > LOG_INTERVAL) {
    g_printerr ("serve: %s; connections wait\n", error->message);
    connections->exhausted = now;
  }
  make_place (connections, NULL);
  g_timeout_add (ACCEPT_PAUSE, on_pause_over, connections);
}

/* Connections beyond the limit wait in the backlog, unless one can be closed for them. */
static gboolean
on_incoming (GSocket * listener, GIOCondition condition G_GNUC_UNUSED,
    gpointer data)
{
  Connections *connections = data;
  GError *error = NULL;
  GSocket *socket;

  if (count_open (connections, NULL) >= connections->max
      && !make_place (connections, NULL)) {
    connections->source = 0;
    return G_SOURCE_REMOVE;
  }
  socket = g_socket_accept (listener, NULL, &error);
  if (socket) {
    serve (connections, socket);
    g_object_unref (socket);
    return G_SOURCE_CONTINUE;
  }
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
    g_error_free (error);
    return G_SOURCE_CONTINUE;
  }
  connections->source = 0;
  pause_accepting (connections, error);
  g_error_free (error);
  return G_SOURCE_REMOVE;
}

static void
watch (Connections * connections)
{
  GSource *source;

  if (connections->source || connections->closed)
    return;
  source = g_socket_create_source (connections->listener, G_IO_IN, NULL);
  g_source_set_callback (source, G_SOURCE_FUNC (on_incoming), connections,
      NULL);
  connections->source = g_source_attach (source, NULL);
  g_source_unref (source);
}

static Connection *
find_connection (SoupServerMessage * message)
{
  return g_object_get_data (G_OBJECT (soup_server_message_get_remote_address
          (message)), CONNECTION_KEY);
}

/* The proxy appends the address of its client to X-Forwarded-For. */
static void
take_forwarded (Connection * connection, SoupServerMessage * message)
{
  const gchar *list = soup_message_headers_get_list
      (soup_server_message_get_request_headers (message), "X-Forwarded-For");
  const gchar *comma = list ? strrchr (list, ',') : NULL;

  if (list == NULL)
    return;
  g_free (connection->client);
  connection->client = g_strstrip (g_strdup (comma ? comma + 1 : list));
}

gboolean
connections_headers_received (SoupServerMessage * message)
{
  Connection *connection = find_connection (message);

  if (connection->timer)
    g_source_remove (connection->timer);
  connection->timer = 0;
  connection->phase = READING_BODY;
  if (g_strcmp0 (connection->client, connection->connections->proxy) != 0)
    return TRUE;
  take_forwarded (connection, message);
  return g_strcmp0 (connection->client, connection->connections->proxy) == 0
      || has_place (connection);
}

void
connections_request_received (SoupServerMessage * message)
{
  find_connection (message)->phase = ANSWERING;
}

void
connections_abort (SoupServerMessage * message)
{
  shut_down (find_connection (message));
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
  Connection *connection = find_connection (message);
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
listen_on (Connections * connections, const gchar * address, guint port,
    GError ** error)
{
  GSocketAddress *wanted = parse_address (address, port, error);
  GSocketAddress *got = NULL;
  GError *fault = NULL;

  if (wanted == NULL)
    return FALSE;
  connections->listener =
      g_socket_new (g_socket_address_get_family (wanted), G_SOCKET_TYPE_STREAM,
      G_SOCKET_PROTOCOL_TCP, &fault);
  if (connections->listener) {
    g_socket_set_blocking (connections->listener, FALSE);
    g_socket_set_listen_backlog (connections->listener, 512);
  }
  if (connections->listener
      && g_socket_bind (connections->listener, wanted, TRUE, &fault)
      && g_socket_listen (connections->listener, &fault)
      && (got = g_socket_get_local_address (connections->listener, &fault))) {
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
    const ConnectionLimits * limits, GError ** error)
{
  Connections *connections = g_new0 (Connections, 1);

  connections->server = server;
  connections->max = limits->max;
  connections->max_each = limits->max_each;
  connections->proxy = limits->proxy;
  if (!listen_on (connections, address, port, error)) {
    g_clear_object (&connections->listener);
    g_free (connections);
    return NULL;
  }
  watch (connections);
  return connections;
}

void
connections_close (Connections * connections)
{
  connections->closed = TRUE;
  if (connections->source)
    g_source_remove (connections->source);
  connections->source = 0;
  g_socket_close (connections->listener, NULL);
}

guint
connections_port (Connections * connections)
{
  return connections->port;
}

guint
connections_count (Connections * connections)
{
  return connections->open.length;
}
