/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/http/upload.h"

#include "picture/image-config-keys.h"
#include "serve/http/reply.h"
#include "serve/jobs/job-name.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Minimum average rate of an upload after the first seconds, and its deadline. */
#define MIN_RATE 8192           /* bytes a second */
#define FIRST_SECONDS 20
#define MAX_SECONDS 600

typedef struct
{
  Server *server;
  SoupServerMessage *message;   /* not a reference */
  Job *job;
  int file;
  guint8 head[MEDIA_TYPE_HEAD_SIZE];
  goffset received;
  gint64 started;               /* monotonic */
} Upload;

/* Also removes the received data unless the upload is complete. */
static void
upload_free (gpointer data)
{
  Upload *upload = data;

  g_signal_handlers_disconnect_by_data (upload->message, upload);
  if (upload->file >= 0)
    close (upload->file);
  if (upload->job) {
    store_discard_upload (queue_store (upload->server->queue), upload->job);
    job_free (upload->job);
  }
  g_free (upload);
}

GHashTable *
upload_table_new (void)
{
  return g_hash_table_new_full (NULL, NULL, NULL, upload_free);
}

/* Frees the upload. */
static void
refuse (Upload * upload, guint status, const gchar * detail)
{
  Server *server = upload->server;
  SoupServerMessage *message = g_object_ref (upload->message);

  g_hash_table_remove (server->uploads, message);
  server_refuse (server, message, status, detail);
  g_object_unref (message);
}

static void
on_finished (SoupServerMessage * message, gpointer data)
{
  Upload *upload = data;

  g_hash_table_remove (upload->server->uploads, message);
}

/* --- limits --- */

static goffset
max_bytes (const ServeOptions * options, const MediaType * media)
{
  return media->clip ? options->max_clip_bytes : options->config.max_bytes;
}

static gchar *
describe_too_large (const ServeOptions * options, const MediaType * media)
{
  return g_strdup_printf ("The %s is larger than the limit of %"
      G_GOFFSET_FORMAT " bytes.", media->clip ? "clip" : "picture",
      max_bytes (options, media));
}

#define UNKNOWN_TYPE "This is not a PNG, JPEG, WebP or TIFF picture or an MP4, MOV " \
    "or WebM clip."

/* Checks size and type of the data so far. FALSE: the upload has been refused. */
static gboolean
check_data (Upload * upload)
{
  const ServeOptions *options = upload->server->options;
  gchar *detail;

  if (upload->received < MEDIA_TYPE_HEAD_SIZE)
    return TRUE;
  if (upload->job->media == NULL) {
    upload->job->media = media_type_sniff (upload->head, MEDIA_TYPE_HEAD_SIZE);
    if (upload->job->media == NULL) {
      refuse (upload, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, UNKNOWN_TYPE);
      return FALSE;
    }
  }
  if (upload->received <= max_bytes (options, upload->job->media))
    return TRUE;
  detail = describe_too_large (options, upload->job->media);
  refuse (upload, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, detail);
  g_free (detail);
  return FALSE;
}

void
upload_check_all (Server * server)
{
  const gint64 now = g_get_monotonic_time ();
  GList *all = g_hash_table_get_values (server->uploads), *i;

  for (i = all; i; i = i->next) {
    Upload *upload = i->data;
    const gdouble seconds = (gdouble) (now - upload->started) / 1e6;

    if (seconds > MAX_SECONDS || (seconds > FIRST_SECONDS
            && (gdouble) upload->received < seconds * MIN_RATE))
      refuse (upload, SOUP_STATUS_REQUEST_TIMEOUT, "The upload was too slow.");
  }
  g_list_free (all);
}

/* --- data --- */

static gboolean
write_all (int file, const guint8 * data, gsize size)
{
  gssize written;

  while (size > 0) {
    written = write (file, data, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return FALSE;
    data += written;
    size -= (gsize) written;
  }
  return TRUE;
}

static void
on_chunk (SoupServerMessage * message G_GNUC_UNUSED, GBytes * chunk,
    gpointer data)
{
  Upload *upload = data;
  gsize size;
  const guint8 *bytes = g_bytes_get_data (chunk, &size);

  if (upload->received < MEDIA_TYPE_HEAD_SIZE)
    memcpy (upload->head + upload->received, bytes,
        MIN (size, MEDIA_TYPE_HEAD_SIZE - (gsize) upload->received));
  upload->received += (goffset) size;
  upload->server->counts.bytes += size;
  if (!check_data (upload))
    return;
  if (!write_all (upload->file, bytes, size))
    refuse (upload, SOUP_STATUS_INSUFFICIENT_STORAGE,
        "The upload cannot be stored.");
}

/* --- begin and end --- */

/* Types that HTML forms can send are not accepted, so that other sites cannot upload. */
static gboolean
is_media_type (const gchar * type)
{
  return type == NULL || g_str_has_prefix (type, "image/")
      || g_str_has_prefix (type, "video/")
      || g_str_equal (type, "application/octet-stream");
}

/* Returns an error message if the headers are not acceptable, else NULL. */
static const gchar *
check_headers (Server * server, SoupServerMessage * message,
    const gchar * profile, guint * status)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_request_headers (message);
  const ServeOptions *options = server->options;

  *status = SOUP_STATUS_BAD_REQUEST;
  if (profile && job_find_profile (profile) == NULL)
    return "The profile has to be realtime, balanced, best or paper.";
  *status = SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE;
  if (!is_media_type (soup_message_headers_get_content_type (headers, NULL)))
    return "The body has to be the file itself and Content-Type its media "
        "type, such as image/png, video/mp4 or application/octet-stream.";
  *status = SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE;
  if (soup_message_headers_get_content_length (headers) >
      MAX (options->config.max_bytes, options->max_clip_bytes))
    return "The file is larger than the limits of pictures and clips.";
  return NULL;
}

/* The configuration of a job: that of the server, with the keys of the query. The server's degree is
 * that of the sample. */
static gboolean
read_config (Job * job, const ImageConfig * all, GHashTable * query,
    GError ** error)
{
  gboolean valid = TRUE;
  gsize i;

  job->config = *all;
  job->config.image = NULL;
  job->config.degree = 0;
  for (i = 0; i < IMAGE_CONFIG_N_KEYS && valid; i++) {
    const ImageConfigKey *key = &image_config_keys[i];
    const gchar *text = query ? g_hash_table_lookup (query, key->name) : NULL;

    if (text && key->offset != G_STRUCT_OFFSET (ImageConfig, image)
        && key->offset != G_STRUCT_OFFSET (ImageConfig, max_bytes))
      valid = image_config_set_text (&job->config, key, key->name, text, error);
  }
  return valid;
}

static void
read_query (Job * job, GHashTable * query)
{
  const gchar *profile = query ? g_hash_table_lookup (query, "profile") : NULL;
  const gchar *name = query ? g_hash_table_lookup (query, "name") : NULL;

  job->profile = job_find_profile (profile ? profile : "balanced");
  if (name && g_utf8_validate (name, -1, NULL))
    job_set_name (job, name);
}

/* Reads the number `sigma` in the query; 0 without one. FALSE if it is invalid. */
static gboolean
parse_sigma (GHashTable * query, gdouble * sigma)
{
  const gchar *text = query ? g_hash_table_lookup (query, "sigma") : NULL;
  gchar *rest;

  *sigma = text ? g_ascii_strtod (text, &rest) : 0;
  return text == NULL || (rest != text && *rest == '\0' && *sigma >= 0
      && *sigma <= 255);
}

static Upload *
upload_new (Server * server, SoupServerMessage * message, GError ** error)
{
  Upload *upload = g_new0 (Upload, 1);

  upload->server = server;
  upload->message = message;
  upload->job = job_new ();
  upload->started = g_get_monotonic_time ();
  upload->file =
      store_create_upload (queue_store (server->queue), upload->job, error);
  if (upload->file < 0) {
    upload_free (upload);
    return NULL;
  }
  soup_message_body_set_accumulate (soup_server_message_get_request_body
      (message), FALSE);
  g_signal_connect (message, "got-chunk", G_CALLBACK (on_chunk), upload);
  g_signal_connect (message, "finished", G_CALLBACK (on_finished), upload);
  return upload;
}

static const gchar *
why_no_place (const Server * server)
{
  return server->stopping ? "The server is shutting down." :
      "The queue is full; try again later.";
}

void
upload_begin (Server * server, SoupServerMessage * message, GHashTable * query)
{
  const gchar *profile = query ? g_hash_table_lookup (query, "profile") : NULL;
  guint status, retry_after;
  const gchar *fault = check_headers (server, message, profile, &status);
  gdouble sigma = 0;
  GError *error = NULL;
  Upload *upload;
  gchar *text;

  if (!fault && !parse_sigma (query, &sigma)) {
    status = SOUP_STATUS_BAD_REQUEST;
    fault =
        "The standard deviation of the noise, sigma, has to be a number from "
        "0 (estimated) to 255.";
  }
  if (fault) {
    server_refuse (server, message, status, fault);
    return;
  }
  if (!queue_has_place (server->queue, &retry_after)) {
    text = g_strdup_printf ("%u", retry_after);
    soup_message_headers_replace (soup_server_message_get_response_headers
        (message), "Retry-After", text);
    g_free (text);
    server_refuse (server, message, SOUP_STATUS_SERVICE_UNAVAILABLE,
        why_no_place (server));
    return;
  }
  upload = upload_new (server, message, &error);
  if (upload == NULL) {
    g_printerr ("serve: %s\n", error->message);
    g_error_free (error);
    server_refuse (server, message, SOUP_STATUS_INSUFFICIENT_STORAGE,
        "The upload cannot be stored.");
    return;
  }
  read_query (upload->job, query);
  upload->job->set_sigma = sigma;
  g_hash_table_insert (server->uploads, message, upload);
  if (!read_config (upload->job, &server->options->config, query, &error)) {
    text = g_strdup_printf ("%s.", error->message);
    refuse (upload, SOUP_STATUS_BAD_REQUEST, text);
    g_free (text);
    g_error_free (error);
  }
}

static void
reply_created (Server * server, SoupServerMessage * message, const Job * job)
{
  gchar *text = job_describe (job, server->options->keep * G_TIME_SPAN_MINUTE);
  gchar *location = g_strconcat ("/api/jobs/", job->id, NULL);

  soup_message_headers_replace (soup_server_message_get_response_headers
      (message), "Location", location);
  reply_json (message, SOUP_STATUS_CREATED, text);
  g_free (location);
  g_free (text);
}

/* --- a complete upload --- */

typedef struct
{
  Server *server;
  SoupServerMessage *message;
  Job *job;
} Commit;

static void
run_commit (GTask * task, gpointer source G_GNUC_UNUSED, gpointer data,
    GCancellable * cancellable G_GNUC_UNUSED)
{
  GError *error = NULL;

  if (store_commit_run (data, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
drop_job (Server * server, Job * job)
{
  Store *store = queue_store (server->queue);

  queue_release (server->queue);
  store_discard_upload (store, job);
  store_remove (store, job);
  job_free (job);
}

static void
on_committed (GObject * source G_GNUC_UNUSED, GAsyncResult * result,
    gpointer data)
{
  Commit *commit = data;
  Server *server = commit->server;
  GError *error = NULL;

  server->commits--;
  if (g_task_propagate_boolean (G_TASK (result), &error)) {
    queue_add (server->queue, commit->job);
    reply_created (server, commit->message, commit->job);
  } else {
    g_printerr ("serve: %s\n", error->message);
    g_error_free (error);
    drop_job (server, commit->job);
    reply_problem (commit->message, SOUP_STATUS_INSUFFICIENT_STORAGE,
        "The upload cannot be stored.");
  }
  soup_server_message_unpause (commit->message);
  g_object_unref (commit->message);
  g_free (commit);
}

/* Stores the job in another thread, as the disk may take its time. */
static void
commit (Server * server, SoupServerMessage * message, Job * job)
{
  Commit *commit = g_new (Commit, 1);
  GTask *task = g_task_new (NULL, NULL, on_committed, commit);

  *commit = (const Commit) { server, g_object_ref (message), job };
  server->commits++;
  queue_reserve (server->queue);
  soup_server_message_pause (message);
  g_task_set_task_data (task, store_commit_new (queue_store (server->queue),
          job), (GDestroyNotify) store_commit_free);
  g_task_run_in_thread (task, run_commit);
  g_object_unref (task);
}

void
upload_end (Server * server, SoupServerMessage * message)
{
  Upload *upload = g_hash_table_lookup (server->uploads, message);
  guint retry_after;
  Job *job;

  if (upload->job->media == NULL && upload->received == 0) {
    reply_problem (message, SOUP_STATUS_BAD_REQUEST,
        "The body is empty; it has to be the file itself.");
  } else if (upload->job->media == NULL) {
    reply_problem (message, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, UNKNOWN_TYPE);
  } else if (!queue_has_place (server->queue, &retry_after)) {
    reply_try_again (message, retry_after, why_no_place (server));
  } else {
    job = g_steal_pointer (&upload->job);
    job->bytes = upload->received;
    commit (server, message, job);
  }
}
