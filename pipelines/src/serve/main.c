/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Denoises pictures and short clips on a web page: zsdenoise-serve [OPTION...]
 *
 * One thread answers all requests and never looks into a file that came with one: each job has a
 * process of its own, zsdenoise-worker. */
#include "serve/http/server.h"
#include "serve/jobs/worker-command.h"

#include <glib-unix.h>
#include <locale.h>
#include <sys/resource.h>

/* How often uploads are looked at, old jobs are, and those who follow jobs hear something. */
#define UPLOADS_INTERVAL 1
#define EXPIRY_INTERVAL 5
#define BEAT_INTERVAL 15

typedef struct
{
  Server server;
  GMainLoop *loop;
  guint signals;                /* that asked it to end */
} Serve;

static void
on_job_changed (Job * job, gboolean gone, gpointer user)
{
  Server *server = user;

  if (gone && server->strengths)
    strengths_forget (server->strengths, job);
  events_tell (server->events, job, gone);
}

/* --- what is done every now and then --- */

static gboolean
on_check_uploads (gpointer data)
{
  upload_check_all (data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_expire (gpointer data)
{
  jobs_expire (((Server *) data)->jobs);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_beat (gpointer data)
{
  events_beat (((Server *) data)->events);
  return G_SOURCE_CONTINUE;
}

/* --- the end --- */

static gboolean
on_grace_over (gpointer data)
{
  g_main_loop_quit (((Serve *) data)->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_look_for_end (gpointer data)
{
  Serve *serve = data;
  JobsCounts counts;

  jobs_count (serve->server.jobs, &counts);
  if (counts.states[JOB_RUNNING] == 0)
    g_main_loop_quit (serve->loop);
  return G_SOURCE_CONTINUE;
}

/* Asked once, it lets the jobs that run come to their end, and answers until then; asked twice, it
 * does not wait. What waits, or is cut off, runs after the next start. */
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
  jobs_stop (serve->server.jobs);
  g_timeout_add_seconds ((guint) serve->server.options->grace, on_grace_over,
      serve);
  g_timeout_add (100, on_look_for_end, serve);
  return G_SOURCE_CONTINUE;
}

/* --- the beginning --- */

/* Connections are files, and the usual limit is low. (Workers have their own.) */
static void
raise_limit (void)
{
  struct rlimit files;

  if (getrlimit (RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit (RLIMIT_NOFILE, &files);
  }
}

/* Workers find GStreamer's registry where the first one of them has made it. */
static void
set_environment (const ServeOptions * options)
{
  gchar *registry = g_build_filename (options->state, "registry", NULL);

  g_setenv ("GST_REGISTRY", registry, FALSE);
  g_free (registry);
}

static gboolean
begin (Server * server, GError ** error)
{
  const ServeOptions *options = server->options;

  set_environment (options);
  server->jobs = jobs_open (options, on_job_changed, server, error);
  if (server->jobs == NULL || !work_check (options, error))
    return FALSE;
  g_setenv ("GST_REGISTRY_UPDATE", "no", TRUE);
  server->strengths = strengths_new (options, jobs_store (server->jobs));
  server->connections = connections_open (server->http, options->address,
      (guint) options->port, (guint) options->connections, error);
  if (server->connections == NULL)
    return FALSE;
  routes_add (server);
  jobs_start (server->jobs);
  return TRUE;
}

static void
run (Serve * serve)
{
  Server *server = &serve->server;
  const gboolean six = strchr (server->options->address, ':') != NULL;

  g_unix_signal_add (SIGTERM, on_signal, serve);
  g_unix_signal_add (SIGINT, on_signal, serve);
  g_timeout_add_seconds (UPLOADS_INTERVAL, on_check_uploads, server);
  g_timeout_add_seconds (EXPIRY_INTERVAL, on_expire, server);
  g_timeout_add_seconds (BEAT_INTERVAL, on_beat, server);
  g_printerr ("serve: http://%s%s%s:%u\n", six ? "[" : "",
      server->options->address, six ? "]" : "",
      connections_port (server->connections));
  g_main_loop_run (serve->loop);
}

static void
end (Server * server)
{
  if (server->connections)
    connections_close (server->connections);
  g_clear_pointer (&server->uploads, g_hash_table_unref);
  if (server->strengths)
    strengths_free (server->strengths);
  if (server->jobs)
    jobs_close (server->jobs);
  events_free (server->events);
}

int
main (int argc, char **argv)
{
  /* The operating system frees what they point to. */
  static ServeOptions options;
  static Serve serve = { {.options = &options}, NULL, 0 };
  GError *error = NULL;
  gboolean begun;

  setlocale (LC_CTYPE, "");
  if (!serve_options_parse (&options, &argc, &argv, &error)) {
    g_printerr ("serve: %s\n", error->message);
    return 2;
  }
  raise_limit ();
  serve.loop = g_main_loop_new (NULL, FALSE);
  serve.server.http = g_object_new (SOUP_TYPE_SERVER, "raw-paths", TRUE, NULL);
  serve.server.events = events_new (options.keep * G_TIME_SPAN_MINUTE,
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
