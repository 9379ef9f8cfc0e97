/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cluster-feed.h"

#include "cluster-film.h"

#include <stdarg.h>
#include <string.h>

#define COMMENT "feed"

/* A film is given up after so many submissions that brought nothing. */
#define TRIES 3

/* Times that this job may end before its time, one after the other. */
#define CRASHES 5

/* In the queue, for a film: to learn, a segment, to join. */
#define LEAST_ROOM 3

/* Of tasks that others wait for; those that denoise are behind them in the queue. */
#define SOON 0
#define LATER 100

/* Of the jobs that do not compute. */
#define LEAST_MEMORY 512
#define LEAST_MINUTES 60

typedef struct
{
  Campaign *campaign;
  SlurmLimits limits;
  guint64 *last;                /* for each film, the job that ends last; 0: none is in the queue */
  guint flying, tasks;          /* films and tasks in the queue */
  guint waiting;                /* films that there was no room for */
  gchar *program, *transcode;
} Feed;

/* --- jobs --- */

static gchar *
find_program (const gchar * name)
{
  gchar *self = g_file_read_link ("/proc/self/exe", NULL);
  gchar *folder = g_path_get_dirname (self);
  gchar *program = name ? g_build_filename (folder, name, NULL) :
      g_strdup (self);

  g_free (folder);
  g_free (self);
  return program;
}

static guint64
submit_feed (const Campaign * campaign, const gchar * dependency,
    GError ** error)
{
  SlurmBounds bounds = campaign->bounds;
  gchar *program = find_program (NULL);
  gchar *log = campaign_log (campaign, -1, COMMENT);
  gchar *command[] = { program, (gchar *) COMMENT, campaign->folder, NULL };
  const SlurmJob job = {.name = campaign->name,.comment = COMMENT,.log =
        log,.dependency = dependency,.nice = SOON,.command = command,.folder =
        campaign->cwd
  };
  guint64 number;

  bounds.cpus = 1;
  bounds.memory = MIN (bounds.memory, LEAST_MEMORY);
  bounds.minutes = MIN (bounds.minutes, LEAST_MINUTES);
  number = slurm_submit (&job, &bounds, error);
  g_free (log);
  g_free (program);
  return number;
}

gboolean
feed_begin (const Campaign * campaign, GError ** error)
{
  return submit_feed (campaign, NULL, error) != 0;
}

gboolean
feed_is (const SlurmTask * task, guint * film, const gchar ** kind)
{
  gchar *end;

  if (strcmp (task->comment, COMMENT) == 0)
    return TRUE;
  *film = (guint) g_ascii_strtoull (task->comment, &end, 10);
  *kind = g_strchug (end);
  return FALSE;
}

/* A step of a film; `base` is added to the place in an array to get the segment's number. */
typedef struct
{
  const gchar *step;
  guint base;
  const gchar *array;           /* NULL: it is none */
  guint places;                 /* of the array */
  const gchar *dependency;
  gboolean computes;
} Step;

static GStrv
step_command (const Feed * feed, guint film, const Step * step)
{
  const CampaignFilm *about = feed->campaign->films->pdata[film];
  GStrvBuilder *builder = g_strv_builder_new ();
  gchar *base = step->array ? g_strdup_printf ("%u", step->base) :
      g_strdup ("-");
  gchar *parts = film_parts (about->out), **option;
  GStrv command;

  g_strv_builder_add_many (builder, feed->program, "task", base,
      feed->transcode, "--step", step->step, NULL);
  if (strcmp (step->step, "cut") == 0) {
    for (option = feed->campaign->options; *option; option++)
      g_strv_builder_add (builder, *option);
    g_strv_builder_add_many (builder, about->in, about->out, NULL);
  } else {
    g_strv_builder_add (builder, parts);
  }
  command = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  g_free (parts);
  g_free (base);
  return command;
}

/* Returns the number of the job, 0 if it failed. */
static guint64
submit_step (Feed * feed, guint film, const Step * step, GError ** error)
{
  const Campaign *campaign = feed->campaign;
  SlurmBounds bounds = campaign->bounds;
  gchar *kind = step->array ? g_strdup_printf ("%s-%u-%%a", step->step,
      step->base) : g_strdup (step->step);
  gchar *comment = g_strdup_printf ("%u %s", film, step->step);
  gchar *log = campaign_log (campaign, (gint) film, kind);
  GStrv command = step_command (feed, film, step);
  const SlurmJob job = {.name = campaign->name,.comment = comment,.log =
        log,.array = step->array,.dependency = step->dependency,.nice =
        step->array ? LATER : SOON,.command = command,.folder = campaign->cwd
  };
  guint64 number;

  if (!step->computes)
    bounds.cpus = 1;
  number = slurm_submit (&job, &bounds, error);
  if (number > 0) {
    feed->last[film] = number;
    feed->tasks += step->array ? step->places : 1;
  }
  g_strfreev (command);
  g_free (log);
  g_free (comment);
  g_free (kind);
  return number;
}

/* --- a film --- */

/* Only the cut says how many segments there are: no array of the right size can be submitted before. */
static gboolean
begin_film (Feed * feed, guint film, GError ** error)
{
  return submit_step (feed, film, &(Step) {
      .step = "cut"}
      , error) != 0;
}

/* Places of an array, as "0-3,7%2", of the missing segments from `first` on: those below
 * `base` + `size`, and no more than `most`. Returns how many they are. */
static guint
list_places (GString * places, const GArray * missing, guint first, guint base,
    guint size, guint most)
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
      g_string_append_printf (places, "%s%u", n > 0 ? "," : "", place);
    else if (!goes_on)
      g_string_append_printf (places, "-%u", place);
  }
  return n;
}

/* One array, or several where an array may not be that large; adds them to `jobs`. */
static gboolean
submit_segments (Feed * feed, guint film, const FilmState * state,
    const gchar * dependency, GString * jobs, GError ** error)
{
  const Campaign *campaign = feed->campaign;
  const guint size = feed->limits.array;
  const guint room = (guint) campaign->tasks - feed->tasks - 1;
  const guint most = MIN (room, state->missing->len);
  guint i = 0, n;

  while (i < most) {
    const guint base = g_array_index (state->missing, guint, i) / size * size;
    GString *places = g_string_new (NULL);
    guint64 job;

    n = list_places (places, state->missing, i, base, size, most - i);
    if (campaign->throttle > 0)
      g_string_append_printf (places, "%%%d", campaign->throttle);
    job = submit_step (feed, film, &(Step) {
        .step = "segment",.base =
          base,.array = places->str,.places = n,.dependency =
          dependency,.computes = TRUE}
        , error);
    g_string_free (places, TRUE);
    if (job == 0)
      return FALSE;
    g_string_append_printf (jobs, ":%" G_GUINT64_FORMAT, job);
    i += n;
  }
  return TRUE;
}

/* A task that learns, and the segments after it if it has learned. */
static gboolean
submit_work (Feed * feed, guint film, const FilmState * state, GString * jobs,
    GError ** error)
{
  const Step learn = {.step = "learn",.computes = TRUE };
  const guint64 job = submit_step (feed, film, &learn, error);
  gchar *learned = g_strdup_printf ("afterok:%" G_GUINT64_FORMAT, job);
  const gboolean done = job > 0
      && submit_segments (feed, film, state, learned, jobs, error);

  g_free (learned);
  return done;
}

/* The join comes after the segments whatever has become of them, so that the film's last job ends
 * when all have ended. */
static gboolean
finish_film (Feed * feed, guint film, const FilmState * state, GError ** error)
{
  const gboolean works = state->missing->len > 0;
  GString *jobs = g_string_new ("afterany");
  Step join = {.step = "join" };
  gboolean done = !works || submit_work (feed, film, state, jobs, error);

  if (works)
    join.dependency = jobs->str;
  done = done && submit_step (feed, film, &join, error) > 0;
  g_string_free (jobs, TRUE);
  return done;
}

/* Submits what comes next for it, if there is something. */
static gboolean
advance (Feed * feed, guint film, GError ** error)
{
  CampaignFilm *about = feed->campaign->films->pdata[film];
  FilmState state = film_look (about->out, FALSE);
  const guint pieces = film_pieces (&state);
  gboolean done = TRUE;

  about->done = state.joined;
  if (!state.joined) {
    about->tries = pieces > about->pieces ? 1 : about->tries + 1;
    about->pieces = pieces;
    about->given_up = about->tries > TRIES;
  }
  if (!state.joined && !about->given_up) {
    feed->flying++;
    done = state.cut ? finish_film (feed, film, &state, error) :
        begin_film (feed, film, error);
  }
  film_clear (&state);
  return done;
}

/* --- all of them --- */

/* FALSE without an error: another one does it. */
static gboolean
look_at_queue (Feed * feed, guint64 self, GError ** error)
{
  GPtrArray *tasks = slurm_queue (feed->campaign->name, error);
  gboolean alone = tasks != NULL;
  const gchar *kind;
  guint i, film;

  for (i = 0; tasks && i < tasks->len; i++) {
    const SlurmTask *task = tasks->pdata[i];

    if (feed_is (task, &film, &kind)) {
      alone &= task->job <= self;
    } else if (film < feed->campaign->films->len) {
      feed->flying += feed->last[film] == 0;
      feed->last[film] = MAX (feed->last[film], task->job);
      feed->tasks++;
    }
  }
  g_clear_pointer (&tasks, g_ptr_array_unref);
  return alone;
}

static gboolean
advance_all (Feed * feed, GError ** error)
{
  const Campaign *campaign = feed->campaign;
  GError *fault = NULL;
  guint film;

  for (film = 0; film < campaign->films->len && fault == NULL; film++) {
    const CampaignFilm *about = campaign->films->pdata[film];

    if (about->done || about->given_up || feed->last[film] > 0)
      continue;
    if (feed->flying >= (guint) campaign->films_at_once
        || feed->tasks + LEAST_ROOM > (guint) campaign->tasks) {
      feed->waiting++;
      break;
    }
    advance (feed, film, &fault);
  }
  if (fault && feed->tasks > 0) {
    /* A limit of the user's, mostly: there will be room when a film has ended. */
    g_printerr ("cluster: %s\n", fault->message);
    g_clear_error (&fault);
    feed->waiting++;
  }
  if (fault)
    g_propagate_error (error, fault);
  return fault == NULL;
}

/* When the next one of these jobs is to run: as soon as a film's last job has ended. */
static gchar *
describe_wait (const Feed * feed)
{
  GString *text = g_string_new (NULL);
  guint film;

  for (film = 0; film < feed->campaign->films->len; film++)
    if (feed->last[film] > 0)
      g_string_append_printf (text, "%safterany:%" G_GUINT64_FORMAT,
          text->len > 0 ? "?" : "", feed->last[film]);
  return g_string_free (text, FALSE);
}

/* The next job is there before anything is submitted, after this one: should this one end before its
 * time, the next one goes on. */
static gboolean
hand_on (Feed * feed, guint64 self, GError ** error)
{
  gchar *wait = g_strdup_printf ("afterany:%" G_GUINT64_FORMAT, self);
  const guint64 next = submit_feed (feed->campaign, wait, error);
  gboolean done = next > 0 && advance_all (feed, error);

  g_free (wait);
  if (!done)
    return FALSE;
  feed->campaign->crashes = 0;
  done = campaign_save (feed->campaign, error);
  wait = describe_wait (feed);
  if (done)
    done = *wait ? slurm_depend (next, wait, error) :
        slurm_cancel (next, error);
  g_free (wait);
  return done;
}

gboolean
feed (Campaign * campaign, GError ** error)
{
  const gchar *job = g_getenv ("SLURM_JOB_ID");
  const guint64 self = job ? g_ascii_strtoull (job, NULL, 10) : 0;
  Feed feed = {.campaign = campaign,.last =
        g_new0 (guint64, campaign->films->len),.program =
        find_program (NULL),.transcode = find_program ("zsdenoise-transcode")
  };
  gboolean done = TRUE;
  GError *fault = NULL;

  if (campaign->stopped || !look_at_queue (&feed, self, &fault)) {
    done = fault == NULL;
  } else if (++campaign->crashes > CRASHES) {
    done = FALSE;
    g_set_error (&fault, G_FILE_ERROR, G_FILE_ERROR_FAILED, "submission has "
        "failed %d times; when the reason is gone: cluster resume", CRASHES);
  } else {
    done = campaign_save (campaign, &fault)
        && slurm_limits (&feed.limits, &fault)
        && hand_on (&feed, self, &fault);
  }
  if (fault)
    g_propagate_error (error, fault);
  g_free (feed.transcode);
  g_free (feed.program);
  g_free (feed.last);
  return done;
}
