/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Web server that denoises pictures and short clips: zsdenoise-serve [OPTION...]
 *
 * One thread serves all requests. Uploads are decoded only in worker processes, one for each
 * job. */
#include "serve/http/routes.h"
#include "serve/http/upload.h"
#include "serve/jobs/worker-command.h"

#include <glib-unix.h>
#include <locale.h>
#include <sys/resource.h>

/* Seconds between checks of slow uploads, checks of expired jobs, and keep-alives. */
#define UPLOADS_INTERVAL 1
#define EXPIRY_INTERVAL 5
#define KEEP_ALIVE_INTERVAL 15

typedef struct
{
  Server server;
  GMainLoop *loop;
  guint signals;                /* SIGTERM or SIGINT received */
} Serve;

static void
on_job_changed (Job * job, gboolean gone, gpointer user)
{
  Server *server = user;

  if (gone && server->renders)
    renders_cancel (server->renders, job);
  sse_publish (server->sse, job, gone);
}

/* --- timers --- */

static gboolean
on_check_uploads (gpointer data)
{
  upload_check_all (data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_expire (gpointer data)
{
  queue_expire (((Server *) data)->queue);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_keep_alive (gpointer data)
{
  sse_send_keep_alive (((Server *) data)->sse);
  return G_SOURCE_CONTINUE;
}

/* --- shutdown --- */

static gboolean
on_grace_over (gpointer data)
{
  g_main_loop_quit (((Serve *) data)->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_check_running (gpointer data)
{
  Serve *serve = data;
  QueueCounts counts;

  queue_count (serve->server.queue, &counts);
  if (counts.states[JOB_RUNNING] == 0 && serve->server.commits == 0
      && !sse_is_sending_ends (serve->server.sse))
    g_main_loop_quit (serve->loop);
  return G_SOURCE_CONTINUE;
}

/* The first signal lets running jobs finish while requests are still answered; the second one
 * ends the server at once. Waiting and interrupted jobs run after the next start. */
static gboolean
on_signal (gpointer data)
{
  Serve *serve = data;

  if (serve->signals++) {
    g_main_loop_quit (serve->loop);
    return G_SOURCE_CONTINUE;
  }
  g_printerr ("serve: ending; jobs that run have %d s\n",
      serve->server.options->grace);
  serve->server.stopping = TRUE;
  queue_stop (serve->server.queue);
  g_timeout_add_seconds ((guint) serve->server.options->grace, on_grace_over,
      serve);
  g_timeout_add (100, on_check_running, serve);
  return G_SOURCE_CONTINUE;
}

/* --- start --- */

/* Connections need file descriptors. Workers set a limit of their own. */
static void
raise_limit (void)
{
  struct rlimit files;

  if (getrlimit (RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit (RLIMIT_NOFILE, &files);
  }
}

/* Workers share the plugin registry that the first one writes: another may
 * lack plugins, and they could not complete it. */
static void
set_environment (const ServeOptions * options)
{
  gchar *registry = g_build_filename (options->state, "registry", NULL);

  g_setenv ("GST_REGISTRY", registry, TRUE);
  g_free (registry);
}

static gboolean
begin (Server * server, GError ** error)
{
  const ServeOptions *options = server->options;
  const ConnectionLimits limits = {
    .max = (guint) options->connections,
    .max_each = (guint) options->client_connections,
    .proxy = options->proxy,
  };

  set_environment (options);
  server->queue = queue_open (options, on_job_changed, server, error);
  if (server->queue == NULL || !worker_command_check (options, error))
    return FALSE;
  g_setenv ("GST_REGISTRY_UPDATE", "no", TRUE);
  server->renders = renders_new (options, queue_store (server->queue));
  server->connections = connections_open (server->http, options->address,
      (guint) options->port, &limits, error);
  if (server->connections == NULL)
    return FALSE;
  routes_add (server);
  queue_start (server->queue);
  return TRUE;
}

static void
run (Serve * serve)
{
  Server *server = &serve->server;
  const gboolean ipv6 = strchr (server->options->address, ':') != NULL;

  g_unix_signal_add (SIGTERM, on_signal, serve);
  g_unix_signal_add (SIGINT, on_signal, serve);
  g_timeout_add_seconds (UPLOADS_INTERVAL, on_check_uploads, server);
  g_timeout_add_seconds (EXPIRY_INTERVAL, on_expire, server);
  g_timeout_add_seconds (KEEP_ALIVE_INTERVAL, on_keep_alive, server);
  g_printerr ("serve: http://%s%s%s:%u\n", ipv6 ? "[" : "",
      server->options->address, ipv6 ? "]" : "",
      connections_port (server->connections));
  g_main_loop_run (serve->loop);
}

static void
end (Server * server)
{
  if (server->connections)
    connections_close (server->connections);
  g_clear_pointer (&server->uploads, g_hash_table_unref);
  if (server->renders)
    renders_free (server->renders);
  if (server->queue)
    queue_close (server->queue);
  sse_free (server->sse);
}

int
main (int argc, char **argv)
{
  /* Static, as what they point to is never freed. */
  static ServeOptions options;
  static Serve serve;
  GError *error = NULL;
  gboolean begun;

  setlocale (LC_CTYPE, "");
  if (!serve_options_parse (&options, &argc, &argv, &error)) {
    g_printerr ("serve: %s\n", error->message);
    return 2;
  }
  if (options.config.image)
    g_printerr ("serve: image has no effect here, as pictures come from the "
        "page\n");
  raise_limit ();
  serve.server.options = &options;
  serve.loop = g_main_loop_new (NULL, FALSE);
  serve.server.http = g_object_new (SOUP_TYPE_SERVER, "raw-paths", TRUE, NULL);
  serve.server.sse = sse_new (options.keep * G_TIME_SPAN_MINUTE,
      (guint) options.connections / 2);
  serve.server.uploads = upload_table_new ();
  begun = begin (&serve.server, &error);
  if (begun)
    run (&serve);
  else
    g_printerr ("serve: %s\n", error->message);
  end (&serve.server);
  return begun ? 0 : 1;
}
