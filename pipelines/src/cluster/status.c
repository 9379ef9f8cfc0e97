/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cluster/status.h"

#include "cluster/film-state.h"
#include "cluster/submitter.h"
#include "common/json.h"

#include <string.h>

/* Films listed one by one, to fit a screen. */
#define ROWS 30
#define NAME 34

/* In the order of stage_names. */
typedef enum
{
  FAILED, GOING, WAITING, DONE, N_STAGES
} Stage;

static const gchar *const stage_names[N_STAGES] = {
  "failed", "under way", "waiting", "done"
};

typedef struct
{
  const CampaignFilm *entry;
  Stage stage;
  guint segments, done, damaged;
  guint running, queued;        /* tasks of all kinds */
  gchar *last_error;            /* NULL: none */
} Row;

typedef struct
{
  const Campaign *campaign;
  Row *rows;
  guint counts[N_STAGES];
  guint running, queued;
  const gchar *reason;          /* why nothing runs; NULL: nothing to do for the user */
  gboolean asked;               /* Slurm has answered */
} Status;

/* --- collecting --- */

/* Whether the task waits for something other than resources or other tasks. */
static gboolean
is_stuck (const SlurmTask * task)
{
  const gchar *const passing[] = { "None", "Priority", "Resources",
    "Dependency", "BeginTime", "JobArrayTaskLimit", NULL
  };

  return !task->running && !g_strv_contains (passing, task->reason);
}

static void
count_tasks (Status * status, const GPtrArray * tasks)
{
  guint i, film;

  for (i = 0; i < tasks->len; i++) {
    const SlurmTask *task = tasks->pdata[i];

    status->running += task->running;
    status->queued += !task->running;
    if (is_stuck (task))
      status->reason = task->reason;
    if (!submitter_owns (task, &film) && film < status->campaign->films->len) {
      status->rows[film].running += task->running;
      status->rows[film].queued += !task->running;
    }
  }
}

static void
read_film (Status * status, guint film, gboolean checksums)
{
  Row *row = &status->rows[film];
  FilmState state;

  row->entry = status->campaign->films->pdata[film];
  state = film_state_read (row->entry->out, checksums);
  row->segments = state.segments;
  row->done = state.segments - state.missing->len;
  row->damaged = state.damaged;
  if (state.joined)
    row->stage = DONE;
  else if (row->entry->given_up && row->running + row->queued == 0)
    row->stage = FAILED;
  else
    row->stage = row->running + row->queued > 0 || row->entry->tries > 0 ?
        GOING : WAITING;
  if (row->stage == FAILED) {
    row->last_error = campaign_last_error (status->campaign, film);
    if (row->last_error == NULL)
      row->last_error =
          g_strdup ("its tasks left no log; check that every node sees the "
          "folder and may write to it");
  }
  status->counts[row->stage]++;
  film_state_clear (&state);
}

/* --- table --- */

static void
print_row (const Row * row, gboolean asked)
{
  gchar *name = g_path_get_basename (row->entry->in), *segments;
  const glong length = g_utf8_strlen (name, -1);
  const gint spaces = (gint) MAX (0, NAME - length);

  segments = row->segments ? g_strdup_printf ("%u", row->segments) :
      g_strdup ("not cut");
  g_print ("%s%*s %9s %9u ", name, spaces, "", segments, row->done);
  if (asked)
    g_print ("%9u %9u %9u\n", row->running, row->queued,
        row->segments - row->done);
  else
    g_print ("%9s %9s %9u\n", "?", "?", row->segments - row->done);
  g_free (segments);
  g_free (name);
}

static void
print_words (const Row * row)
{
  if (row->last_error)
    g_print ("  %s\n", row->last_error);
  if (row->damaged > 0)
    g_print ("  %u of its segments %s been damaged on the disk, and %s to be "
        "done again\n", row->damaged, row->damaged == 1 ? "has" : "have",
        row->damaged == 1 ? "is" : "are");
}

static void
print_rows (const Status * status, Stage stage, guint * left)
{
  guint i, more = 0;

  for (i = 0; i < status->campaign->films->len; i++)
    if (status->rows[i].stage == stage) {
      if (*left > 0) {
        (*left)--;
        print_row (&status->rows[i], status->asked);
        print_words (&status->rows[i]);
      } else {
        more++;
      }
    }
  if (more > 0)
    g_print ("and %u more %s\n", more, stage_names[stage]);
}

/* Advice if nothing is going to happen by itself. */
static void
print_advice (const Status * status)
{
  const Campaign *campaign = status->campaign;
  const guint open = status->counts[GOING] + status->counts[WAITING];
  gchar *log;

  if (status->reason && status->running == 0)
    g_print ("Slurm runs no task: %s\n", status->reason);
  if (!status->asked || status->running + status->queued > 0)
    return;
  log = campaign_log (campaign, -1, "feed");
  if (open > 0 && campaign->stopped)
    g_print ("It was cancelled; to continue: cluster resume %s\n",
        campaign->folder);
  else if (open > 0 && !g_file_test (log, G_FILE_TEST_EXISTS))
    g_print ("No task is in Slurm's queue, and the first job left no log "
        "in %s; check that the nodes see this folder and may write "
        "to it, then: cluster resume %s\n", campaign->folder, campaign->folder);
  else if (open > 0)
    g_print ("No task is in Slurm's queue; see %s. To continue: cluster "
        "resume %s\n", log, campaign->folder);
  else if (status->counts[FAILED] > 0)
    g_print ("To retry what has failed: cluster resume %s\n", campaign->folder);
  g_free (log);
}

static void
print_screen (const Status * status)
{
  guint left = ROWS, stage;

  g_print ("%u film%s: %u done, %u under way, %u waiting, %u failed; ",
      status->campaign->films->len, status->campaign->films->len == 1 ? "" :
      "s", status->counts[DONE],
      status->counts[GOING], status->counts[WAITING], status->counts[FAILED]);
  if (status->asked)
    g_print ("tasks: %u running, %u waiting\n", status->running,
        status->queued);
  else
    g_print ("tasks: unknown\n");
  g_print ("%-*s %9s %9s %9s %9s %9s\n", NAME, "FILM", "SEGMENTS", "DONE",
      "RUNNING", "QUEUED", "LEFT");
  for (stage = FAILED; stage < DONE; stage++)
    print_rows (status, stage, &left);
  print_advice (status);
}

/* --- JSON --- */

static const JsonField row_fields[] = {
  JSON_FIELD ("segments", UINT, Row, segments),
  JSON_FIELD ("segments_done", UINT, Row, done),
  JSON_FIELD ("segments_damaged", UINT, Row, damaged),
  JSON_FIELD ("tasks_running", UINT, Row, running),
  JSON_FIELD ("tasks_queued", UINT, Row, queued),
  JSON_FIELD ("error", STRING, Row, last_error),
  JSON_END
};

static JsonObject *
row_to_json (const Row * row)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "in", row->entry->in);
  json_object_set_string_member (object, "out", row->entry->out);
  json_object_set_string_member (object, "state", stage_names[row->stage]);
  json_object_set_int_member (object, "tries", row->entry->tries);
  json_fields_write (row_fields, row, object);
  return object;
}

static void
print_json (const Status * status)
{
  JsonObject *object = json_object_new ();
  JsonArray *films = json_array_new ();
  gchar *text;
  guint i;

  json_object_set_string_member (object, "name", status->campaign->name);
  for (i = 0; i < N_STAGES; i++)
    json_object_set_int_member (object, stage_names[i], status->counts[i]);
  json_object_set_int_member (object, "tasks_running", status->running);
  json_object_set_int_member (object, "tasks_queued", status->queued);
  for (i = 0; i < status->campaign->films->len; i++)
    json_array_add_object_element (films, row_to_json (&status->rows[i]));
  json_object_set_array_member (object, "films", films);
  text = json_print (object, TRUE);
  g_print ("%s\n", text);
  g_free (text);
}

gboolean
status_print (const Campaign * campaign, gboolean json, gboolean checksums,
    GError ** error)
{
  GPtrArray *tasks = slurm_queue (campaign->name, error);
  Status status = {
    .campaign = campaign,
    .rows = g_new0 (Row, campaign->films->len),
    .asked = tasks != NULL,
  };
  guint i;

  if (tasks)
    count_tasks (&status, tasks);
  for (i = 0; i < campaign->films->len; i++)
    read_film (&status, i, checksums);
  if (json)
    print_json (&status);
  else
    print_screen (&status);
  for (i = 0; i < campaign->films->len; i++)
    g_free (status.rows[i].last_error);
  g_free (status.rows);
  g_clear_pointer (&tasks, g_ptr_array_unref);
  return status.asked;
}
