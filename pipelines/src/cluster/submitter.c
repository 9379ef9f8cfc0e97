/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cluster/submitter.h"

#include "cluster/film-jobs.h"

#include <string.h>

/* Command, job comment and log name of the submitter; running campaigns depend on it. */
#define COMMENT "feed"

/* Submissions without progress after which a film is given up. */
#define MAX_TRIES 3

/* Submitter jobs in a row that may fail. */
#define MAX_CRASHES 5

/* Limits of jobs that do not compute. */
#define SUBMITTER_MEMORY 512
#define SUBMITTER_MINUTES 60

typedef struct
{
  Campaign *campaign;
  FilmJobs jobs;
  guint queued;                 /* films in the queue */
} Submitter;

/* --- jobs --- */

/* The folder is resolved first: the name in the link changes if the program is rebuilt. */
static gchar *
find_program (const gchar * name)
{
  gchar *self = g_file_read_link ("/proc/self/exe", NULL);
  gchar *folder = g_path_get_dirname (self);
  gchar *program = g_build_filename (folder, name, NULL);

  g_free (folder);
  g_free (self);
  return program;
}

static guint64
submit_self (const Campaign * campaign, const gchar * dependency,
    GError ** error)
{
  SlurmResources resources = campaign->resources;
  gchar *program = find_program ("zsdenoise-cluster");
  gchar *log = campaign_log (campaign, -1, COMMENT);
  gchar *command[] = { program, (gchar *) COMMENT, campaign->folder, NULL };
  const SlurmJob job = {
    .name = campaign->name,
    .comment = COMMENT,
    .log = log,
    .dependency = dependency,
    .command = command,
    .folder = campaign->cwd,
  };
  guint64 number;

  resources.cpus = 1;
  resources.memory = MIN (resources.memory, SUBMITTER_MEMORY);
  resources.minutes = MIN (resources.minutes, SUBMITTER_MINUTES);
  number = slurm_submit (&job, &resources, error);
  g_free (log);
  g_free (program);
  return number;
}

gboolean
submitter_start (const Campaign * campaign, GError ** error)
{
  return submit_self (campaign, NULL, error) != 0;
}

gboolean
submitter_owns (const SlurmTask * task, guint * film)
{
  if (strcmp (task->comment, COMMENT) == 0)
    return TRUE;
  *film = (guint) g_ascii_strtoull (task->comment, NULL, 10);
  return FALSE;
}

/* --- the job --- */

/* Submits the next jobs of a film, if there are any. */
static gboolean
submit_film (Submitter * submitter, guint film, GError ** error)
{
  CampaignFilm *entry = submitter->campaign->films->pdata[film];
  FilmState state = film_state_read (entry->out, FALSE);
  const guint pieces = film_state_progress (&state);
  gboolean done = TRUE;

  entry->done = state.joined;
  if (!state.joined) {
    entry->tries = pieces > entry->pieces ? 1 : entry->tries + 1;
    entry->pieces = pieces;
    entry->given_up = entry->tries > MAX_TRIES;
  }
  if (!state.joined && !entry->given_up) {
    submitter->queued++;
    done =
        state.cut ? film_jobs_submit_rest (&submitter->jobs, film, &state,
        error) : film_jobs_submit_cut (&submitter->jobs, film, error);
  }
  film_state_clear (&state);
  return done;
}

/* FALSE without an error if a later submitter job exists. */
static gboolean
read_queue (Submitter * submitter, guint64 self, GError ** error)
{
  GPtrArray *tasks = slurm_queue (submitter->campaign->name, error);
  gboolean alone = tasks != NULL;
  guint i, film;

  for (i = 0; tasks && i < tasks->len; i++) {
    const SlurmTask *task = tasks->pdata[i];

    if (submitter_owns (task, &film)) {
      alone &= task->job <= self;
    } else if (film < submitter->campaign->films->len) {
      submitter->queued += submitter->jobs.last[film] == 0;
      submitter->jobs.last[film] = MAX (submitter->jobs.last[film], task->job);
      submitter->jobs.tasks++;
    }
  }
  g_clear_pointer (&tasks, g_ptr_array_unref);
  return alone;
}

static gboolean
submit_films (Submitter * submitter, GError ** error)
{
  const Campaign *campaign = submitter->campaign;
  GError *local_error = NULL;
  guint film;

  for (film = 0; film < campaign->films->len && local_error == NULL; film++) {
    const CampaignFilm *entry = campaign->films->pdata[film];

    if (entry->done || entry->given_up || submitter->jobs.last[film] > 0)
      continue;
    if (submitter->queued >= (guint) campaign->films_at_once
        || submitter->jobs.tasks + FILM_JOBS_MIN_ROOM > (guint) campaign->tasks)
      break;
    submit_film (submitter, film, &local_error);
  }
  if (local_error && submitter->jobs.tasks > 0) {
    /* Mostly a user's limit in Slurm: there is room again when a film ends. */
    g_printerr ("cluster: %s\n", local_error->message);
    g_clear_error (&local_error);
  }
  if (local_error)
    g_propagate_error (error, local_error);
  return local_error == NULL;
}

/* Dependency of the next submitter job: the end of any film. */
static gchar *
describe_wait (const Submitter * submitter)
{
  GString *text = g_string_new (NULL);
  guint film;

  for (film = 0; film < submitter->campaign->films->len; film++)
    if (submitter->jobs.last[film] > 0)
      g_string_append_printf (text, "%safterany:%" G_GUINT64_FORMAT,
          text->len > 0 ? "?" : "", submitter->jobs.last[film]);
  return g_string_free (text, FALSE);
}

/* Submits the next submitter job first: should this one be killed, that one goes on. */
static gboolean
submit_next (Submitter * submitter, guint64 self, GError ** error)
{
  gchar *wait = g_strdup_printf ("afterany:%" G_GUINT64_FORMAT, self);
  const guint64 next = submit_self (submitter->campaign, wait, error);
  gboolean done = next > 0 && submit_films (submitter, error);

  g_free (wait);
  if (!done)
    return FALSE;
  submitter->campaign->crashes = 0;
  done = campaign_save (submitter->campaign, error);
  wait = describe_wait (submitter);
  if (done)
    done = *wait ? slurm_depend (next, wait, error) :
        slurm_cancel (next, error);
  g_free (wait);
  return done;
}

gboolean
submitter_run (Campaign * campaign, GError ** error)
{
  const gchar *job = g_getenv ("SLURM_JOB_ID");
  const guint64 self = job ? g_ascii_strtoull (job, NULL, 10) : 0;
  Submitter submitter = {.campaign = campaign };
  FilmJobs *jobs = &submitter.jobs;
  gboolean done = TRUE;
  GError *local_error = NULL;

  jobs->campaign = campaign;
  jobs->last = g_new0 (guint64, campaign->films->len);
  jobs->program = find_program ("zsdenoise-cluster");
  jobs->transcode = find_program ("zsdenoise-transcode");
  if (campaign->stopped || !read_queue (&submitter, self, &local_error)) {
    done = local_error == NULL;
  } else if (++campaign->crashes > MAX_CRASHES) {
    done = FALSE;
    g_set_error (&local_error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
        "submission failed %d times; when the cause is fixed: "
        "cluster resume", MAX_CRASHES);
  } else {
    done = campaign_save (campaign, &local_error)
        && slurm_limits (&jobs->limits, &local_error)
        && submit_next (&submitter, self, &local_error);
  }
  if (local_error)
    g_propagate_error (error, local_error);
  g_free (jobs->transcode);
  g_free (jobs->program);
  g_free (jobs->last);
  return done;
}
