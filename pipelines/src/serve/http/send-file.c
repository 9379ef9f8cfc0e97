/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/http/send-file.h"

#include "serve/http/connections.h"
#include "serve/http/reply.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE (64 << 10)        /* bytes in memory for each client */

typedef struct
{
  int file;
  goffset at, end;              /* what is left to send */
} Transfer;

static void
free_transfer (Transfer * transfer)
{
  close (transfer->file);
  g_free (transfer);
}

/* Returns -1 and errno on failure; ENOENT if it is no regular file. Symbolic links are not followed: a
 * compromised worker could have made them. */
static int
open_regular (const gchar * path, goffset * size)
{
  const int file = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat info;

  if (file < 0) {
    errno = errno == ELOOP ? ENOENT : errno;
    return -1;
  }
  if (fstat (file, &info) == 0 && S_ISREG (info.st_mode)) {
    *size = info.st_size;
    return file;
  }
  close (file);
  errno = ENOENT;
  return -1;
}

/* --- sending --- */

static void
send_next (SoupServerMessage * message, Transfer * transfer)
{
  SoupMessageBody *body = soup_server_message_get_response_body (message);
  const goffset left = transfer->end - transfer->at;
  guint8 *piece;
  gssize size;

  if (left == 0) {
    soup_message_body_complete (body);
    return;
  }
  piece = g_malloc (MIN (left, PIECE));
  do
    size = pread (transfer->file, piece, (size_t) MIN (left, PIECE),
        transfer->at);
  while (size < 0 && errno == EINTR);
  if (size > 0) {
    transfer->at += size;
    soup_message_body_append_take (body, piece, (gsize) size);
    soup_server_message_unpause (message);
  } else {
    g_free (piece);
    connections_abort (message);
  }
}

static void
on_sent (SoupServerMessage * message, gpointer data)
{
  send_next (message, data);
}

/* --- ranges --- */

/* The range of the request within the file. FALSE: the whole file is wanted, or several ranges,
 * which are answered like that. */
static gboolean
get_range (SoupMessageHeaders * request, goffset size, goffset * from,
    goffset * to)
{
  SoupRange *ranges = NULL;
  int count = 0;
  gboolean one = FALSE;

  if (soup_message_headers_get_one (request, "If-Range") == NULL
      && soup_message_headers_get_ranges (request, size, &ranges, &count)
      && count == 1) {
    *from = ranges->start;
    *to = MIN (ranges->end, size - 1) + 1;
    one = TRUE;
  }
  if (ranges)
    soup_message_headers_free_ranges (request, ranges);
  return one;
}

static void
set_status (SoupServerMessage * message, goffset size, Transfer * transfer)
{
  SoupMessageHeaders *request =
      soup_server_message_get_request_headers (message);
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);
  gchar *unsatisfied;

  transfer->end = size;
  if (!get_range (request, size, &transfer->at, &transfer->end)) {
    soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  } else if (transfer->at < size && transfer->at < transfer->end) {
    soup_message_headers_set_content_range (headers, transfer->at,
        transfer->end - 1, size);
    soup_server_message_set_status (message, SOUP_STATUS_PARTIAL_CONTENT, NULL);
  } else {
    unsatisfied = g_strdup_printf ("bytes */%" G_GOFFSET_FORMAT, size);
    soup_message_headers_replace (headers, "Content-Range", unsatisfied);
    soup_server_message_set_status (message,
        SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE, NULL);
    transfer->at = transfer->end = 0;
    g_free (unsatisfied);
  }
  /* libsoup would copy the file to cut the range out of it. */
  soup_message_headers_remove (request, "Range");
  soup_message_headers_set_content_length (headers,
      transfer->end - transfer->at);
}

static void
set_headers (SoupMessageHeaders * headers, const gchar * type,
    const gchar * download)
{
  GHashTable *parameters = g_hash_table_new (g_str_hash, g_str_equal);

  if (download)
    g_hash_table_insert (parameters, (gpointer) "filename",
        (gpointer) download);
  soup_message_headers_replace (headers, "Content-Type", type);
  soup_message_headers_set_content_disposition (headers,
      download ? "attachment" : "inline", parameters);
  soup_message_headers_replace (headers, "Accept-Ranges", "bytes");
  g_hash_table_unref (parameters);
}

static void
reply_missing (SoupServerMessage * message, gint code)
{
  if (code == ENOENT)
    reply_problem (message, SOUP_STATUS_NOT_FOUND,
        "The file does not exist any more.");
  else
    reply_problem (message, SOUP_STATUS_INTERNAL_SERVER_ERROR,
        "The file cannot be read.");
}

void
send_file (SoupServerMessage * message, const gchar * path, const gchar * type,
    const gchar * download)
{
  goffset size;
  const int file = open_regular (path, &size);
  Transfer *transfer;

  if (file < 0) {
    reply_missing (message, errno);
    return;
  }
  transfer = g_new0 (Transfer, 1);
  transfer->file = file;
  set_headers (soup_server_message_get_response_headers (message), type,
      download);
  set_status (message, size, transfer);
  g_object_set_data_full (G_OBJECT (message), "zsdenoise-transfer", transfer,
      (GDestroyNotify) free_transfer);
  soup_message_body_set_accumulate (soup_server_message_get_response_body
      (message), FALSE);
  if (g_str_equal (soup_server_message_get_method (message), "GET")) {
    g_signal_connect (message, "wrote-headers", G_CALLBACK (on_sent), transfer);
    g_signal_connect (message, "wrote-chunk", G_CALLBACK (on_sent), transfer);
  }
}
