/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/http/sse.h"

#include <string.h>

typedef struct
{
  Sse *sse;
  SoupServerMessage *message;
  gchar *id;                    /* of the job */
  gboolean ended;               /* the last event is on its way */
} Subscriber;

struct Sse
{
  gint64 keep;
  guint max;
  GPtrArray *subscribers;
};

static void
free_subscriber (gpointer data)
{
  Subscriber *subscriber = data;

  g_signal_handlers_disconnect_by_data (subscriber->message, subscriber);
  g_object_unref (subscriber->message);
  g_free (subscriber->id);
  g_free (subscriber);
}

Sse *
sse_new (gint64 keep, guint max)
{
  Sse *sse = g_new0 (Sse, 1);

  sse->keep = keep;
  sse->max = max;
  sse->subscribers = g_ptr_array_new_with_free_func (free_subscriber);
  return sse;
}

void
sse_free (Sse * sse)
{
  g_ptr_array_unref (sse->subscribers);
  g_free (sse);
}

static void
send (SoupServerMessage * message, const gchar * text)
{
  soup_message_body_append (soup_server_message_get_response_body (message),
      SOUP_MEMORY_COPY, text, strlen (text));
  soup_server_message_unpause (message);
}

static void
send_state (Sse * sse, const Job * job, SoupServerMessage * message)
{
  gchar *state = job_describe (job, sse->keep);
  gchar *text = g_strdup_printf ("id: %u\nevent: state\ndata: %s\n\n",
      job->version, state);

  send (message, text);
  g_free (text);
  g_free (state);
}

static void
end (SoupServerMessage * message)
{
  soup_message_body_complete (soup_server_message_get_response_body (message));
  soup_server_message_unpause (message);
}

static void
on_finished (SoupServerMessage * message G_GNUC_UNUSED, gpointer data)
{
  Subscriber *subscriber = data;

  g_ptr_array_remove (subscriber->sse->subscribers, subscriber);
}

/* Whether a client that reconnects has received the current state. */
static gboolean
has_last_event (const Job * job, SoupServerMessage * message)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_request_headers (message);
  gchar *version = g_strdup_printf ("%u", job->version);
  const gboolean same = g_strcmp0 (version,
      soup_message_headers_get_one (headers, "Last-Event-ID")) == 0;

  g_free (version);
  return same;
}

gboolean
sse_subscribe (Sse * sse, const Job * job, SoupServerMessage * message)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);
  const gboolean current = has_last_event (job, message);
  Subscriber *subscriber;

  if (sse->subscribers->len >= sse->max)
    return FALSE;
  if (current && job->finished) {
    /* Status 204 stops the reconnection attempts of browsers. */
    soup_server_message_set_status (message, SOUP_STATUS_NO_CONTENT, NULL);
    return TRUE;
  }
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_message_headers_replace (headers, "Content-Type", "text/event-stream");
  soup_message_headers_replace (headers, "X-Accel-Buffering", "no");
  soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
  soup_message_body_set_accumulate (soup_server_message_get_response_body
      (message), FALSE);
  if (!current)
    send_state (sse, job, message);
  if (job->finished) {
    end (message);
    return TRUE;
  }
  subscriber = g_new0 (Subscriber, 1);
  subscriber->sse = sse;
  subscriber->message = g_object_ref (message);
  subscriber->id = g_strdup (job->id);
  g_signal_connect (message, "finished", G_CALLBACK (on_finished), subscriber);
  g_ptr_array_add (sse->subscribers, subscriber);
  return TRUE;
}

void
sse_publish (Sse * sse, const Job * job, gboolean gone)
{
  guint i;

  for (i = 0; i < sse->subscribers->len; i++) {
    Subscriber *subscriber = g_ptr_array_index (sse->subscribers, i);

    if (!g_str_equal (subscriber->id, job->id))
      continue;
    if (gone)
      send (subscriber->message, "event: gone\ndata: {}\n\n");
    else
      send_state (sse, job, subscriber->message);
    if (gone || job->finished) {
      subscriber->ended = TRUE;
      end (subscriber->message);
    }
  }
}

gboolean
sse_is_sending_ends (const Sse * sse)
{
  guint i;

  for (i = 0; i < sse->subscribers->len; i++)
    if (((Subscriber *) g_ptr_array_index (sse->subscribers, i))->ended)
      return TRUE;
  return FALSE;
}

void
sse_send_keep_alive (Sse * sse)
{
  guint i;

  for (i = 0; i < sse->subscribers->len; i++) {
    Subscriber *subscriber = g_ptr_array_index (sse->subscribers, i);

    send (subscriber->message, ": still here\n\n");
  }
}
