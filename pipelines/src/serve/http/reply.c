/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/http/reply.h"

#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <sys/stat.h>
#include <unistd.h>

void
reply_add_security (SoupServerMessage * message)
{
  static const struct
  {
    const gchar *name, *value;
  } headers[] = {
    {"Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; "
          "img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
    {"Cache-Control", "no-store"},
    /* One request for each connection: the timeout for the headers starts with the connection,
     * and a refusal ends it. */
    {"Connection", "close"},
  };
  SoupMessageHeaders *all = soup_server_message_get_response_headers (message);
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (headers); i++)
    soup_message_headers_replace (all, headers[i].name, headers[i].value);
}

gchar *
reply_problem_body (guint status, const gchar * detail)
{
  JsonBuilder *builder = json_builder_new ();
  JsonNode *root;
  gchar *text;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "type");
  json_builder_add_string_value (builder, "about:blank");
  json_builder_set_member_name (builder, "title");
  json_builder_add_string_value (builder, soup_status_get_phrase (status));
  json_builder_set_member_name (builder, "status");
  json_builder_add_int_value (builder, status);
  json_builder_set_member_name (builder, "detail");
  json_builder_add_string_value (builder, detail);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  json_node_unref (root);
  g_object_unref (builder);
  return text;
}

static void
reply_text (SoupServerMessage * message, guint status, const gchar * type,
    gchar * text)
{
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, type, SOUP_MEMORY_TAKE, text,
      strlen (text));
}

void
reply_problem (SoupServerMessage * message, guint status, const gchar * detail)
{
  reply_text (message, status, "application/problem+json",
      reply_problem_body (status, detail));
}

void
reply_try_again (SoupServerMessage * message, guint seconds,
    const gchar * detail)
{
  gchar *text = g_strdup_printf ("%u", seconds);

  soup_message_headers_replace (soup_server_message_get_response_headers
      (message), "Retry-After", text);
  g_free (text);
  reply_problem (message, SOUP_STATUS_SERVICE_UNAVAILABLE, detail);
}

void
reply_json (SoupServerMessage * message, guint status, const gchar * text)
{
  reply_text (message, status, "application/json",
      g_strconcat (text, "\n", NULL));
}

/* Symbolic links are not followed: a compromised worker could have made them. */
static GMappedFile *
map (const gchar * path)
{
  const int file = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  GMappedFile *mapped = NULL;
  struct stat info;

  if (file < 0)
    return NULL;
  if (fstat (file, &info) == 0 && S_ISREG (info.st_mode))
    mapped = g_mapped_file_new_from_fd (file, FALSE, NULL);
  close (file);
  return mapped;
}

gboolean
reply_file (SoupServerMessage * message, const gchar * path,
    const gchar * type, const gchar * download)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);
  GMappedFile *mapped = map (path);
  gchar *disposition;
  GBytes *bytes;

  if (mapped == NULL)
    return FALSE;
  bytes = g_mapped_file_get_bytes (mapped);
  g_mapped_file_unref (mapped);
  disposition = download ?
      g_strdup_printf ("attachment; filename=\"%s\"", download) :
      g_strdup ("inline");
  soup_message_headers_replace (headers, "Content-Type", type);
  soup_message_headers_replace (headers, "Content-Disposition", disposition);
  soup_message_headers_replace (headers, "Accept-Ranges", "bytes");
  soup_message_body_append_bytes (soup_server_message_get_response_body
      (message), bytes);
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  g_free (disposition);
  g_bytes_unref (bytes);
  return TRUE;
}
