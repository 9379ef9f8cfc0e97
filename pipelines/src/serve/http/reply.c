/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/http/reply.h"

#include <json-glib/json-glib.h>
#include <string.h>

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
