/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/jobs/renders.h"
#include "serve/jobs/worker-command.h"

#include <glib/gstdio.h>

/* One who waits for a result. */
typedef struct
{
  StrengthsReady ready;
  gpointer user;
} Waiter;

/* A result to be made, and all who wait for it. */
typedef struct
{
  Strengths *strengths;
  const Job *job;
  guint strength;
  Run *run;
  GArray *waiters;              /* of Waiter */
} Wish;

struct Strengths
{
  const ServeOptions *options;
  Store *store;
  GQueue wishes;                /* of Wish; the first one is being made */
};

static gchar *
path_of (Strengths * strengths, const Job * job, guint strength)
{
  gchar *name = work_result_name (strength);
  gchar *path = store_path (strengths->store, job, name);

  g_free (name);
  return path;
}

/* Takes it from the list and tells all. */
static void
end (Wish * wish, const gchar * fault)
{
  gchar *path = path_of (wish->strengths, wish->job, wish->strength);
  guint i;

  g_queue_remove (&wish->strengths->wishes, wish);
  for (i = 0; i < wish->waiters->len; i++) {
    Waiter *waiter = &g_array_index (wish->waiters, Waiter, i);

    waiter->ready (fault ? NULL : path, fault, waiter->user);
  }
  g_array_unref (wish->waiters);
  g_free (wish);
  g_free (path);
}

/* Of all strengths that were made of the job only this one stays. */
static void
remove_others (Wish * wish)
{
  guint strength;
  gchar *path;

  for (strength = 0; strength < 100; strength++)
    if (strength != wish->strength) {
      path = path_of (wish->strengths, wish->job, strength);
      g_unlink (path);
      g_free (path);
    }
}

static void begin (Strengths * strengths);

static void
on_end (const gchar * fault, gpointer user)
{
  Wish *wish = user;
  Strengths *strengths = wish->strengths;

  if (fault == NULL)
    remove_others (wish);
  end (wish, fault);
  begin (strengths);
}

static void
on_news (JsonObject * news G_GNUC_UNUSED, gpointer user G_GNUC_UNUSED)
{
}

static void
begin (Strengths * strengths)
{
  GError *error = NULL;
  Wish *wish;

  while ((wish = g_queue_peek_head (&strengths->wishes)) && wish->run == NULL) {
    wish->run = work_render (strengths->options, strengths->store, wish->job,
        wish->strength, on_news, on_end, wish, &error);
    if (wish->run)
      return;
    g_printerr ("serve: %s\n", error->message);
    g_clear_error (&error);
    end (wish, "Its process could not be started.");
  }
}

static Wish *
find (Strengths * strengths, const Job * job, guint strength)
{
  GList *i;

  for (i = strengths->wishes.head; i; i = i->next) {
    Wish *wish = i->data;

    if (wish->job == job && wish->strength == strength)
      return wish;
  }
  return NULL;
}

gboolean
strengths_get (Strengths * strengths, const Job * job, guint strength,
    StrengthsReady ready, gpointer user)
{
  const Waiter waiter = { ready, user };
  gchar *path = path_of (strengths, job, strength);
  Wish *wish = find (strengths, job, strength);

  if (g_file_test (path, G_FILE_TEST_IS_REGULAR)) {
    ready (path, NULL, user);
    g_free (path);
    return TRUE;
  }
  g_free (path);
  if (wish == NULL) {
    if (strengths->wishes.length > (guint) strengths->options->queue)
      return FALSE;
    wish = g_new0 (Wish, 1);
    wish->strengths = strengths;
    wish->job = job;
    wish->strength = strength;
    wish->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
    g_queue_push_tail (&strengths->wishes, wish);
  }
  g_array_append_val (wish->waiters, waiter);
  begin (strengths);
  return TRUE;
}

void
strengths_forget (Strengths * strengths, const Job * job)
{
  GList *i, *next;

  for (i = strengths->wishes.head; i; i = next) {
    Wish *wish = i->data;

    next = i->next;
    if (wish->job == job) {
      if (wish->run)
        run_kill (wish->run);
      end (wish, "The job has been removed.");
    }
  }
  begin (strengths);
}

Strengths *
strengths_new (const ServeOptions * options, Store * store)
{
  Strengths *strengths = g_new0 (Strengths, 1);

  strengths->options = options;
  strengths->store = store;
  return strengths;
}

void
strengths_free (Strengths * strengths)
{
  Wish *wish;

  while ((wish = g_queue_pop_head (&strengths->wishes))) {
    if (wish->run)
      run_kill (wish->run);
    g_array_unref (wish->waiters);
    g_free (wish);
  }
  g_free (strengths);
}
