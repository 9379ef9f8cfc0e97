/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/http/upload.h"

#include "serve/http/reply.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Minimum average rate of an upload after the first seconds. Slower ones would occupy a place in
 * the queue. */
#define MIN_RATE 8192           /* bytes a second */
#define FIRST_SECONDS 20

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

/* Also removes the received data and the reservation unless the upload has become a job. */
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
    queue_release (upload->server->queue);
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

#define UNKNOWN_TYPE "This is not a PNG, JPEG, WebP or TIFF picture or an MP4 or " \
    "WebM clip."

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

    if (seconds > FIRST_SECONDS
        && (gdouble) upload->received < seconds * MIN_RATE)
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
    return "The profile has to be realtime, balanced or best.";
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

void
upload_begin (Server * server, SoupServerMessage * message, GHashTable * query)
{
  const gchar *profile = query ? g_hash_table_lookup (query, "profile") : NULL;
  guint status, retry_after;
  const gchar *fault = check_headers (server, message, profile, &status);
  GError *error = NULL;
  Upload *upload;
  gchar *seconds;

  if (fault) {
    server_refuse (server, message, status, fault);
    return;
  }
  if (!queue_reserve (server->queue, &retry_after)) {
    seconds = g_strdup_printf ("%u", retry_after);
    soup_message_headers_replace (soup_server_message_get_response_headers
        (message), "Retry-After", seconds);
    g_free (seconds);
    server_refuse (server, message, SOUP_STATUS_SERVICE_UNAVAILABLE,
        server->stopping ? "The server is shutting down." :
        "The queue is full; try again later.");
    return;
  }
  upload = upload_new (server, message, &error);
  if (upload) {
    upload->job->profile = job_find_profile (profile ? profile : "balanced");
    g_hash_table_insert (server->uploads, message, upload);
    return;
  }
  g_printerr ("serve: %s\n", error->message);
  g_error_free (error);
  server_refuse (server, message, SOUP_STATUS_INSUFFICIENT_STORAGE,
      "The upload cannot be stored.");
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

void
upload_end (Server * server, SoupServerMessage * message)
{
  Upload *upload = g_hash_table_lookup (server->uploads, message);
  GError *error = NULL;
  Job *job;

  if (upload->job->media == NULL) {
    if (upload->received == 0)
      reply_problem (message, SOUP_STATUS_BAD_REQUEST,
          "The body is empty; it has to be the file itself.");
    else
      reply_problem (message, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, UNKNOWN_TYPE);
    return;
  }
  job = g_steal_pointer (&upload->job);
  job->bytes = upload->received;
  if (queue_add (server->queue, job, &error)) {
    reply_created (server, message, job);
  } else {
    g_printerr ("serve: %s\n", error->message);
    g_error_free (error);
    reply_problem (message, SOUP_STATUS_INSUFFICIENT_STORAGE,
        "The upload cannot be stored.");
  }
}
