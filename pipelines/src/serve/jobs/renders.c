/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/jobs/renders.h"
#include "serve/jobs/worker-command.h"

#include <glib/gstdio.h>

typedef struct
{
  RenderReady ready;
  gpointer user;
} Request;

/* A result to be rendered and the requests for it. */
typedef struct
{
  Renders *renders;
  const Job *job;
  guint strength;
  WorkerProcess *worker;
  GArray *requests;             /* of Request */
} Render;

struct Renders
{
  const ServeOptions *options;
  Store *store;
  GQueue pending;               /* of Render; the first one is running */
};

static gchar *
result_path (Renders * renders, const Job * job, guint strength)
{
  gchar *name = worker_command_result_name (strength);
  gchar *path = store_path (renders->store, job, name);

  g_free (name);
  return path;
}

/* Removes the render from the queue and answers its requests. */
static void
finish (Render * render, const gchar * fault)
{
  gchar *path = result_path (render->renders, render->job, render->strength);
  guint i;

  g_queue_remove (&render->renders->pending, render);
  for (i = 0; i < render->requests->len; i++) {
    Request *request = &g_array_index (render->requests, Request, i);

    request->ready (fault ? NULL : path, fault, request->user);
  }
  g_array_unref (render->requests);
  g_free (render);
  g_free (path);
}

/* Removes the results at other strengths of the job. */
static void
remove_other_results (Render * render)
{
  guint strength;
  gchar *path;

  for (strength = 0; strength <= RENDERS_MAX_STRENGTH; strength++)
    if (strength != render->strength) {
      path = result_path (render->renders, render->job, strength);
      g_unlink (path);
      g_free (path);
    }
}

static void start_next (Renders * renders);

static void
on_worker_end (const gchar * fault, const gchar * reason G_GNUC_UNUSED,
    gpointer user)
{
  Render *render = user;
  Renders *renders = render->renders;

  if (fault == NULL)
    remove_other_results (render);
  finish (render, fault);
  start_next (renders);
}

static void
start_next (Renders * renders)
{
  GError *error = NULL;
  Render *render;

  while ((render = g_queue_peek_head (&renders->pending))
      && render->worker == NULL) {
    const WorkerObserver observer = { NULL, on_worker_end, render };

    render->worker = worker_command_render (renders->options, renders->store,
        render->job, render->strength, &observer, &error);
    if (render->worker)
      return;
    g_printerr ("serve: %s\n", error->message);
    g_clear_error (&error);
    finish (render, "Its process could not be started.");
  }
}

static Render *
find (Renders * renders, const Job * job, guint strength)
{
  GList *i;

  for (i = renders->pending.head; i; i = i->next) {
    Render *render = i->data;

    if (render->job == job && render->strength == strength)
      return render;
  }
  return NULL;
}

gboolean
renders_get (Renders * renders, const Job * job, guint strength,
    RenderReady ready, gpointer user)
{
  const Request request = { ready, user };
  gchar *path = result_path (renders, job, strength);
  Render *render = find (renders, job, strength);

  if (g_file_test (path, G_FILE_TEST_IS_REGULAR)) {
    ready (path, NULL, user);
    g_free (path);
    return TRUE;
  }
  g_free (path);
  if (render == NULL) {
    if (renders->pending.length > (guint) renders->options->queue)
      return FALSE;
    render = g_new0 (Render, 1);
    render->renders = renders;
    render->job = job;
    render->strength = strength;
    render->requests = g_array_new (FALSE, FALSE, sizeof (Request));
    g_queue_push_tail (&renders->pending, render);
  }
  g_array_append_val (render->requests, request);
  start_next (renders);
  return TRUE;
}

void
renders_cancel (Renders * renders, const Job * job)
{
  GList *i, *next;

  for (i = renders->pending.head; i; i = next) {
    Render *render = i->data;

    next = i->next;
    if (render->job == job) {
      if (render->worker)
        worker_process_kill (render->worker);
      finish (render, "The job has been removed.");
    }
  }
  start_next (renders);
}

Renders *
renders_new (const ServeOptions * options, Store * store)
{
  Renders *renders = g_new0 (Renders, 1);

  renders->options = options;
  renders->store = store;
  return renders;
}

void
renders_free (Renders * renders)
{
  Render *render;

  while ((render = g_queue_pop_head (&renders->pending))) {
    if (render->worker)
      worker_process_kill (render->worker);
    g_array_unref (render->requests);
    g_free (render);
  }
  g_free (renders);
}
