/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/http/handlers.h"

#include "serve/http/metrics.h"
#include "serve/http/reply.h"
#include "serve/http/send-file.h"
#include "serve/http/upload.h"
#include "serve/jobs/job-name.h"

#include <string.h>

/* Noise that the page adds to the sample, of full scale. */
#define SAMPLE_DEGREE 0.1

/* --- page --- */

void
handle_resource (Server * server G_GNUC_UNUSED, SoupServerMessage * message,
    Job * job G_GNUC_UNUSED, GHashTable * query G_GNUC_UNUSED)
{
  const gchar *path = g_uri_get_path (soup_server_message_get_uri (message));
  const gboolean page = g_str_equal (path, "/");
  gchar *name = g_strconcat ("/zsdenoise", page ? "/index.html" : path, NULL);
  GBytes *bytes = g_resources_lookup_data (name, G_RESOURCE_LOOKUP_FLAGS_NONE,
      NULL);
  const gchar *type = g_str_has_suffix (name, ".html") ?
      "text/html; charset=utf-8" : g_str_has_suffix (name, ".css") ?
      "text/css; charset=utf-8" : g_str_has_suffix (name, ".js") ?
      "text/javascript; charset=utf-8" : "image/png";
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);

  soup_message_headers_replace (headers, "Content-Type", type);
  soup_message_headers_replace (headers, "Cache-Control", "no-cache");
  soup_message_body_append_bytes (soup_server_message_get_response_body
      (message), bytes);
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  g_bytes_unref (bytes);
  g_free (name);
}

/* --- server --- */

void
handle_health (Server * server, SoupServerMessage * message,
    Job * job G_GNUC_UNUSED, GHashTable * query G_GNUC_UNUSED)
{
  if (server->stopping) {
    reply_try_again (message, (guint) MAX (server->options->grace, 1),
        "The server is shutting down.");
    return;
  }
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_STATIC,
      "ok\n", 3);
}

void
handle_metrics (Server * server, SoupServerMessage * message,
    Job * job G_GNUC_UNUSED, GHashTable * query G_GNUC_UNUSED)
{
  gchar *text = metrics_format (server);

  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_server_message_set_response (message, "text/plain; version=0.0.4",
      SOUP_MEMORY_TAKE, text, strlen (text));
}

/* Media types, limits of an upload, and the configuration of jobs that tell none. */
void
handle_limits (Server * server, SoupServerMessage * message,
    Job * job G_GNUC_UNUSED, GHashTable * query G_GNUC_UNUSED)
{
  static const JsonField fields[] = {
    JSON_FIELD ("max_bytes", INT64, ServeOptions, config.max_bytes),
    JSON_FIELD ("max_clip_bytes", INT64, ServeOptions, max_clip_bytes),
    JSON_FIELD ("max_pixels", INT64, ServeOptions, max_pixels),
    JSON_FIELD ("max_clip_pixels", INT64, ServeOptions, max_clip_pixels),
    JSON_FIELD ("max_clip_seconds", INT, ServeOptions, max_clip_seconds),
    JSON_FIELD ("seconds", INT, ServeOptions, seconds),
    JSON_OBJECT ("config", offsetof (ServeOptions, config), job_config_fields),
    JSON_END
  };
  ServeOptions options = *server->options;
  JsonObject *object = json_object_new ();
  JsonArray *types = json_array_new ();
  const gchar *const *type;
  gchar *text;

  for (type = media_type_names (); *type; type++)
    json_array_add_string_element (types, *type);
  json_object_set_array_member (object, "types", types);
  if (options.config.degree == IMAGE_CONFIG_NO_DEGREE)
    options.config.degree = SAMPLE_DEGREE;
  json_fields_write (fields, &options, object);
  text = json_print (object, FALSE);
  reply_json (message, SOUP_STATUS_OK, text);
  g_free (text);
}

/* --- jobs --- */

void
handle_upload (Server * server, SoupServerMessage * message,
    Job * job G_GNUC_UNUSED, GHashTable * query G_GNUC_UNUSED)
{
  upload_end (server, message);
}

void
handle_job (Server * server, SoupServerMessage * message, Job * job,
    GHashTable * query G_GNUC_UNUSED)
{
  gchar *text = job_describe (job, server->options->keep * G_TIME_SPAN_MINUTE);

  reply_json (message, SOUP_STATUS_OK, text);
  g_free (text);
}

void
handle_delete (Server * server, SoupServerMessage * message, Job * job,
    GHashTable * query G_GNUC_UNUSED)
{
  queue_remove (server->queue, job);
  soup_server_message_set_status (message, SOUP_STATUS_NO_CONTENT, NULL);
}

void
handle_events (Server * server, SoupServerMessage * message, Job * job,
    GHashTable * query G_GNUC_UNUSED)
{
  if (!sse_subscribe (server->sse, job, message))
    reply_try_again (message, 10,
        "Too many event streams are open; request the "
        "state of the job instead.");
}

static gboolean
wants_view (GHashTable * query)
{
  return query && g_hash_table_contains (query, "view");
}

/* Sends a file inline with ?view=1, else as an attachment. Frees the name. */
static void
send_job_file (SoupServerMessage * message, const gchar * path,
    const gchar * type, gchar * name, GHashTable * query)
{
  send_file (message, path, type, wants_view (query) ? NULL : name);
  g_free (name);
}

static gchar *
original_name (const Job * job)
{
  return job->name ? g_strdup (job->name) : g_strconcat ("original.",
      g_str_equal (job->media->type, "video/webm") ? "webm" :
      g_str_equal (job->media->type, "video/quicktime") ? "mov" :
      job->media->extension, NULL);
}

void
handle_original (Server * server, SoupServerMessage * message, Job * job,
    GHashTable * query)
{
  /* With added noise the view is that of the noisy picture. */
  const gboolean view = wants_view (query) && (!job->media->viewable
      || job->config.degree > 0);
  gchar *path = store_path (queue_store (server->queue), job,
      view ? STORE_VIEW_BEFORE : STORE_UPLOAD);

  send_job_file (message, path, !view ? job->media->type :
      job->media->clip ? "video/mp4" : "image/png", original_name (job), query);
  g_free (path);
}

typedef struct
{
  SoupServerMessage *message;
  const MediaType *media;
  gchar *name;
} Pending;

static void
free_pending (Pending * pending)
{
  g_object_unref (pending->message);
  g_free (pending->name);
  g_free (pending);
}

static void
on_render_ready (const gchar * path, const gchar * fault, gpointer user)
{
  Pending *pending = user;

  if (fault)
    reply_problem (pending->message, SOUP_STATUS_INTERNAL_SERVER_ERROR, fault);
  else
    send_file (pending->message, path, pending->media->result_type,
        pending->name);
  soup_server_message_unpause (pending->message);
  free_pending (pending);
}

static void
send_render (Server * server, SoupServerMessage * message, Job * job,
    guint strength)
{
  Pending *pending = g_new (Pending, 1);

  pending->message = g_object_ref (message);
  pending->media = job->media;
  pending->name = job_result_name (job);
  soup_server_message_pause (message);
  if (renders_get (server->renders, job, strength, on_render_ready, pending))
    return;
  reply_try_again (message, 10, "Too many results are being rendered; try "
      "again later.");
  soup_server_message_unpause (message);
  free_pending (pending);
}

/* Strength in the query, in per cent; -1 if it is invalid. */
static gint
parse_strength (GHashTable * query)
{
  const gchar *text = query ? g_hash_table_lookup (query, "strength") : NULL;
  gchar *rest;
  gdouble strength;

  if (text == NULL)
    return 100;
  strength = g_ascii_strtod (text, &rest);
  if (rest == text || *rest || !(strength >= 0 && strength <= 2))
    return -1;
  return (gint) (strength * 100 + 0.5);
}

void
handle_result (Server * server, SoupServerMessage * message, Job * job,
    GHashTable * query)
{
  const gint strength = parse_strength (query);
  gchar *path;

  if (strength < 0) {
    reply_problem (message, SOUP_STATUS_BAD_REQUEST,
        "The strength has to be a number from 0 to 2.");
  } else if (job->state == JOB_FAILED) {
    reply_problem (message, SOUP_STATUS_CONFLICT, job->fault);
  } else if (job->state != JOB_DONE) {
    reply_problem (message, SOUP_STATUS_CONFLICT, "The job is not done yet.");
  } else if (strength != 100) {
    send_render (server, message, job, (guint) strength);
  } else {
    const gboolean view = wants_view (query) && !job->media->viewable
        && !job->media->clip;

    path = store_path (queue_store (server->queue), job,
        view ? STORE_VIEW_AFTER : STORE_RESULT);
    send_job_file (message, path, view ? "image/png" : job->media->result_type,
        job_result_name (job), query);
    g_free (path);
  }
}
