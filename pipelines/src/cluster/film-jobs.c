/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cluster/film-jobs.h"

#include "film/workdir.h"

#include <string.h>

/* Nice values: tasks that others depend on come first in the queue. */
#define NICE_FIRST 0
#define NICE_LAST 100

/* Step of a film as a job; `base` + array index is the number of the segment. */
typedef struct
{
  const gchar *step;
  guint base;
  const gchar *array;           /* NULL: no array */
  guint indices;                /* indices in the array */
  const gchar *dependency;
  gboolean computes;
} Step;

static GStrv
step_command (const FilmJobs * jobs, guint film, const Step * step)
{
  const CampaignFilm *entry = jobs->campaign->films->pdata[film];
  GStrvBuilder *builder = g_strv_builder_new ();
  gchar *base = step->array ? g_strdup_printf ("%u", step->base) :
      g_strdup ("-");
  gchar *workdir = workdir_path (entry->out), **option;
  GStrv command;

  g_strv_builder_add_many (builder, jobs->program, "task", base,
      jobs->transcode, "--step", step->step, NULL);
  if (strcmp (step->step, "cut") == 0) {
    for (option = jobs->campaign->options; *option; option++)
      g_strv_builder_add (builder, *option);
    g_strv_builder_add_many (builder, entry->in, entry->out, NULL);
  } else {
    g_strv_builder_add (builder, workdir);
  }
  command = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  g_free (workdir);
  g_free (base);
  return command;
}

/* Returns the job ID, 0 on error. */
static guint64
submit_step (FilmJobs * jobs, guint film, const Step * step, GError ** error)
{
  const Campaign *campaign = jobs->campaign;
  SlurmResources resources = campaign->resources;
  gchar *kind = step->array ? g_strdup_printf ("%s-%u", step->step,
      step->base) : g_strdup (step->step);
  gchar *comment = g_strdup_printf ("%u %s", film, step->step);
  gchar *log = campaign_log (campaign, (gint) film, kind);
  GStrv command = step_command (jobs, film, step);
  const SlurmJob job = {
    .name = campaign->name,
    .comment = comment,
    .log = log,
    .array = step->array,
    .dependency = step->dependency,
    .nice = step->array ? NICE_LAST : NICE_FIRST,
    .command = command,
    .folder = campaign->cwd,
  };
  guint64 number;

  if (!step->computes)
    resources.cpus = 1;
  number = slurm_submit (&job, &resources, error);
  if (number > 0) {
    jobs->last[film] = number;
    jobs->tasks += step->array ? step->indices : 1;
  }
  g_strfreev (command);
  g_free (log);
  g_free (comment);
  g_free (kind);
  return number;
}

gboolean
film_jobs_submit_cut (FilmJobs * jobs, guint film, GError ** error)
{
  const Step cut = {.step = "cut" };

  return submit_step (jobs, film, &cut, error) != 0;
}

/* Appends array indices such as "0-3,7" for missing segments from position `first` on: below `base`
 * + `size`, at most `most`. Returns their number. */
static guint
list_indices (GString * indices, const GArray * missing, guint first,
    guint base, guint size, guint most)
{
  guint i, n = 0;

  for (i = first; i < missing->len && n < most; i++, n++) {
    const guint place = g_array_index (missing, guint, i) - base;
    const gboolean follows = n > 0
        && g_array_index (missing, guint, i - 1) + 1 == place + base;
    const gboolean goes_on = i + 1 < missing->len && n + 1 < most
        && g_array_index (missing, guint, i + 1) == place + base + 1
        && place + 1 < size;

    if (place >= size)
      break;
    if (!follows)
      g_string_append_printf (indices, "%s%u", n > 0 ? "," : "", place);
    else if (!goes_on)
      g_string_append_printf (indices, "-%u", place);
  }
  return n;
}

/* Submits as many arrays as MaxArraySize requires; appends their IDs to `submitted`. */
static gboolean
submit_segments (FilmJobs * jobs, guint film, const FilmState * state,
    const gchar * dependency, GString * submitted, GError ** error)
{
  const Campaign *campaign = jobs->campaign;
  const guint size = jobs->limits.array;
  const guint room = (guint) campaign->tasks - jobs->tasks - 1;
  const guint most = MIN (room, state->missing->len);
  guint i = 0, n;

  while (i < most) {
    const guint base = g_array_index (state->missing, guint, i) / size * size;
    GString *indices = g_string_new (NULL);
    Step step = {
      .step = "segment",
      .base = base,
      .dependency = dependency,
      .computes = TRUE,
    };
    guint64 job;

    n = list_indices (indices, state->missing, i, base, size, most - i);
    if (campaign->throttle > 0)
      g_string_append_printf (indices, "%%%d", campaign->throttle);
    step.array = indices->str;
    step.indices = n;
    job = submit_step (jobs, film, &step, error);
    g_string_free (indices, TRUE);
    if (job == 0)
      return FALSE;
    g_string_append_printf (submitted, ":%" G_GUINT64_FORMAT, job);
    i += n;
  }
  return TRUE;
}

/* Submits learning, and the segments, which depend on it. */
static gboolean
submit_work (FilmJobs * jobs, guint film, const FilmState * state,
    GString * submitted, GError ** error)
{
  const Step learn = {
    .step = "learn",
    .computes = TRUE,
  };
  const guint64 job = submit_step (jobs, film, &learn, error);
  gchar *learned = g_strdup_printf ("afterok:%" G_GUINT64_FORMAT, job);
  const gboolean done = job > 0
      && submit_segments (jobs, film, state, learned, submitted, error);

  g_free (learned);
  return done;
}

gboolean
film_jobs_submit_rest (FilmJobs * jobs, guint film, const FilmState * state,
    GError ** error)
{
  const gboolean works = state->missing->len > 0;
  GString *submitted = g_string_new ("afterany");
  Step join = {.step = "join" };
  gboolean done = !works || submit_work (jobs, film, state, submitted, error);

  if (works)
    join.dependency = submitted->str;
  done = done && submit_step (jobs, film, &join, error) > 0;
  g_string_free (submitted, TRUE);
  return done;
}
