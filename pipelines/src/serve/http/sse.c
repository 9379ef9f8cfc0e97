/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/http/sse.h"

#include <string.h>

typedef struct
{
  Events *events;
  SoupServerMessage *message;
  gchar *id;                    /* the job's */
} Follower;

struct Events
{
  gint64 keep;
  guint most;
  GPtrArray *followers;
};

static void
free_follower (gpointer data)
{
  Follower *follower = data;

  g_signal_handlers_disconnect_by_data (follower->message, follower);
  g_object_unref (follower->message);
  g_free (follower->id);
  g_free (follower);
}

Events *
events_new (gint64 keep, guint most)
{
  Events *events = g_new0 (Events, 1);

  events->keep = keep;
  events->most = most;
  events->followers = g_ptr_array_new_with_free_func (free_follower);
  return events;
}

void
events_free (Events * events)
{
  g_ptr_array_unref (events->followers);
  g_free (events);
}

static void
send (SoupServerMessage * message, const gchar * text)
{
  soup_message_body_append (soup_server_message_get_response_body (message),
      SOUP_MEMORY_COPY, text, strlen (text));
  soup_server_message_unpause (message);
}

static void
send_state (Events * events, const Job * job, SoupServerMessage * message)
{
  gchar *state = job_describe (job, events->keep);
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
  Follower *follower = data;

  g_ptr_array_remove (follower->events->followers, follower);
}

/* Whether the client, which has lost its connection, saw all before that. */
static gboolean
has_seen (const Job * job, SoupServerMessage * message)
{
  gchar *version = g_strdup_printf ("%u", job->version);
  const gboolean same =
      g_strcmp0 (soup_message_headers_get_one
      (soup_server_message_get_request_headers (message), "Last-Event-ID"),
      version) == 0;

  g_free (version);
  return same;
}

gboolean
events_follow (Events * events, const Job * job, SoupServerMessage * message)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);
  const gboolean seen = has_seen (job, message);
  Follower *follower;

  if (events->followers->len >= events->most)
    return FALSE;
  if (seen && job->finished) {
    /* It is this that keeps a browser from asking again. */
    soup_server_message_set_status (message, SOUP_STATUS_NO_CONTENT, NULL);
    return TRUE;
  }
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_message_headers_replace (headers, "Content-Type", "text/event-stream");
  soup_message_headers_replace (headers, "X-Accel-Buffering", "no");
  soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
  soup_message_body_set_accumulate (soup_server_message_get_response_body
      (message), FALSE);
  if (!seen)
    send_state (events, job, message);
  if (job->finished) {
    end (message);
    return TRUE;
  }
  follower = g_new0 (Follower, 1);
  follower->events = events;
  follower->message = g_object_ref (message);
  follower->id = g_strdup (job->id);
  g_signal_connect (message, "finished", G_CALLBACK (on_finished), follower);
  g_ptr_array_add (events->followers, follower);
  return TRUE;
}

void
events_tell (Events * events, const Job * job, gboolean gone)
{
  guint i;

  for (i = 0; i < events->followers->len; i++) {
    Follower *follower = g_ptr_array_index (events->followers, i);

    if (!g_str_equal (follower->id, job->id))
      continue;
    if (gone)
      send (follower->message, "event: gone\ndata: {}\n\n");
    else
      send_state (events, job, follower->message);
    if (gone || job->finished)
      end (follower->message);
  }
}

void
events_beat (Events * events)
{
  guint i;

  for (i = 0; i < events->followers->len; i++) {
    Follower *follower = g_ptr_array_index (events->followers, i);

    send (follower->message, ": still here\n\n");
  }
}
