/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/http/routes.h"

#include "serve/http/handlers.h"
#include "serve/http/reply.h"
#include "serve/http/upload.h"

#include <string.h>

typedef struct
{
  const gchar *path;            /* of job routes: after the id */
  const gchar *method;
  Handler handler;
} Route;

/* --- routes --- */

static const Route routes[] = {
  {"/", "GET", handle_resource},
  {"/style.css", "GET", handle_resource},
  {"/page.js", "GET", handle_resource},
  {"/list.js", "GET", handle_resource},
  {"/row.js", "GET", handle_resource},
  {"/result.js", "GET", handle_resource},
  {"/compare.js", "GET", handle_resource},
  {"/text.js", "GET", handle_resource},
  {"/en.js", "GET", handle_resource},
  {"/de.js", "GET", handle_resource},
  {"/zh.js", "GET", handle_resource},
  {"/sample.png", "GET", handle_resource},
  {"/healthz", "GET", handle_health},
  {"/metrics", "GET", handle_metrics},
  {"/api/limits", "GET", handle_limits},
  {"/api/jobs", "POST", handle_upload},
};

static const Route job_routes[] = {
  {"", "GET", handle_job},
  {"", "DELETE", handle_delete},
  {"/events", "GET", handle_events},
  {"/original", "GET", handle_original},
  {"/result", "GET", handle_result},
};

#define JOBS "/api/jobs/"
#define ID_LENGTH 32

/* Finds the route for path and method; HEAD is served by GET. Appends all methods of the path to
 * `allowed`. */
static const Route *
match (const Route * all, gsize count, const gchar * path,
    const gchar * method, GString * allowed)
{
  const Route *found = NULL;
  gsize i;

  for (i = 0; i < count; i++)
    if (g_str_equal (path, all[i].path)) {
      g_string_append_printf (allowed, "%s%s", allowed->len ? ", " : "",
          all[i].method);
      if (g_str_equal (method, all[i].method)
          || (g_str_equal (method, "HEAD")
              && g_str_equal (all[i].method, "GET")))
        found = &all[i];
    }
  return found;
}

/* Returns NULL if there is no such route. `job`: the one named by the path. */
static const Route *
find_route (Server * server, SoupServerMessage * message, Job ** job,
    GString * allowed)
{
  const gchar *path = g_uri_get_path (soup_server_message_get_uri (message));
  const gchar *method = soup_server_message_get_method (message);
  gchar *id;

  *job = NULL;
  if (!g_str_has_prefix (path, JOBS) || strlen (path) < sizeof JOBS - 1 +
      ID_LENGTH)
    return match (routes, G_N_ELEMENTS (routes), path, method, allowed);
  id = g_strndup (path + sizeof JOBS - 1, ID_LENGTH);
  *job = queue_find (server->queue, id);
  g_free (id);
  return *job ? match (job_routes, G_N_ELEMENTS (job_routes),
      path + sizeof JOBS - 1 + ID_LENGTH, method, allowed) : NULL;
}

static gboolean
has_body (SoupServerMessage * message)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_request_headers (message);

  return soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CHUNKED
      || soup_message_headers_get_content_length (headers) > 0;
}

/* The name in a host and port as in the header Host. Free with g_free(). */
static gchar *
host_name (const gchar * host)
{
  const gchar *end = *host == '[' ? strchr (host, ']') : NULL;

  return g_ascii_strdown (host, end ? end + 1 - host :
      (gssize) strcspn (host, ":"));
}

/* Whether the request is for this server. A page whose name is made to point here sends its own
 * name; addresses and names without a dot cannot be such. */
static gboolean
is_known_host (const Server * server, const gchar * host)
{
  const GStrv hosts = server->options->hosts;
  gchar *name = host_name (host ? host : "localhost");
  const gboolean known = (*name && strchr (name, '.') == NULL) || *name == '['
      || g_hostname_is_ip_address (name) || g_str_has_suffix (name,
      ".localhost") || (hosts && g_strv_contains ((const gchar * const *) hosts,
          name));

  g_free (name);
  return known;
}

/* Whether a page of another site makes the request, by its origin or the Fetch metadata of
 * browsers, which not all send. Such requests may only GET. */
static gboolean
is_cross_site (SoupServerMessage * message, const gchar * host)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_request_headers (message);
  const gchar *site = soup_message_headers_get_one (headers, "Sec-Fetch-Site");
  const gchar *origin = soup_message_headers_get_one (headers, "Origin");
  const gchar *method = soup_server_message_get_method (message);
  const gchar *authority = origin ? strstr (origin, "://") : NULL;

  if (g_str_equal (method, "GET") || g_str_equal (method, "HEAD"))
    return FALSE;
  return (site && !g_str_equal (site, "same-origin")
      && !g_str_equal (site, "none"))
      || (origin && (authority == NULL || host == NULL
          || g_ascii_strcasecmp (authority + 3, host) != 0));
}

static void
reject_unknown (Server * server, SoupServerMessage * message,
    const GString * allowed, const Job * job)
{
  if (allowed->len) {
    soup_message_headers_replace (soup_server_message_get_response_headers
        (message), "Allow", allowed->str);
    server_refuse (server, message, SOUP_STATUS_METHOD_NOT_ALLOWED,
        "The method is not allowed here.");
  } else {
    server_refuse (server, message, SOUP_STATUS_NOT_FOUND,
        g_str_has_prefix (g_uri_get_path (soup_server_message_get_uri
                (message)), JOBS) && job == NULL ?
        "There is no such job; it may have been removed." :
        "There is no such resource.");
  }
}

/* --- signals --- */

/* Checks a request when its headers have arrived. */
static void
on_headers (SoupServer * http G_GNUC_UNUSED, SoupServerMessage * message,
    const char *path G_GNUC_UNUSED, GHashTable * query, gpointer data)
{
  Server *server = data;
  GString *allowed = g_string_new (NULL);
  Job *job;
  const Route *route = find_route (server, message, &job, allowed);
  const gchar *host = soup_message_headers_get_one
      (soup_server_message_get_request_headers (message), "Host");
  const gboolean placed = connections_headers_received (message);

  reply_add_security (message);
  if (!placed)
    server_refuse (server, message, SOUP_STATUS_SERVICE_UNAVAILABLE,
        "You have too many connections.");
  else if (!is_known_host (server, host))
    server_refuse (server, message, SOUP_STATUS_FORBIDDEN,
        "This is not a name of this server; its option --host adds one.");
  else if (route == NULL)
    reject_unknown (server, message, allowed, job);
  else if (is_cross_site (message, host))
    server_refuse (server, message, SOUP_STATUS_FORBIDDEN,
        "Requests from pages of other sites are not allowed.");
  else if (route->handler == handle_upload)
    upload_begin (server, message, query);
  else if (has_body (message))
    server_refuse (server, message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE,
        "This request must not have a body.");
  g_string_free (allowed, TRUE);
}

/* Handles a request when its body has arrived. */
static void
on_request (SoupServer * http G_GNUC_UNUSED, SoupServerMessage * message,
    const char *path G_GNUC_UNUSED, GHashTable * query, gpointer data)
{
  Server *server = data;
  GString *allowed = g_string_new (NULL);
  Job *job;
  const Route *route = find_route (server, message, &job, allowed);

  connections_request_received (message);
  if (route)
    route->handler (server, message, job, query);
  else
    reply_problem (message, SOUP_STATUS_NOT_FOUND,
        "There is no such job; it may have been removed.");
  g_string_free (allowed, TRUE);
}

static void
on_request_finished (SoupServer * http G_GNUC_UNUSED,
    SoupServerMessage * message, gpointer data)
{
  Server *server = data;
  const guint status = soup_server_message_get_status (message);

  server->counts.requests[MIN (status,
          G_N_ELEMENTS (server->counts.requests) - 1)]++;
}

void
routes_add (Server * server)
{
  soup_server_add_early_handler (server->http, NULL, on_headers, server, NULL);
  soup_server_add_handler (server->http, NULL, on_request, server, NULL);
  g_signal_connect (server->http, "request-finished",
      G_CALLBACK (on_request_finished), server);
}
