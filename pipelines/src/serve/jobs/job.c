/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/jobs/job.h"

#include <math.h>
#include <string.h>
#include <sys/random.h>

#define ID_BYTES 16

static const gchar *const state_names[] =
    { "queued", "running", "done", "failed" };

const gchar *
job_state_name (JobState state)
{
  return state_names[state];
}

static gchar *
new_id (void)
{
  guint8 random[ID_BYTES];
  GString *id = g_string_new (NULL);
  gsize i;

  if (getrandom (random, sizeof random, 0) != sizeof random)
    g_error ("the system gives no random numbers");
  for (i = 0; i < sizeof random; i++)
    g_string_append_printf (id, "%02x", random[i]);
  return g_string_free (id, FALSE);
}

gboolean
job_is_id (const gchar * text)
{
  return strlen (text) == 2 * ID_BYTES
      && strspn (text, "0123456789abcdef") == 2 * ID_BYTES;
}

Job *
job_new (void)
{
  Job *job = g_new0 (Job, 1);

  job->id = new_id ();
  job->created = g_get_real_time ();
  job->version = g_random_int ();
  job->sigma = job->loss = job->eta = -1;
  return job;
}

void
job_free (Job * job)
{
  g_free (job->id);
  g_free (job->fault);
  g_free (job->phase);
  g_free (job);
}

const gchar *
job_find_profile (const gchar * name)
{
  static const gchar *const profiles[] = { "realtime", "balanced", "best" };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (profiles); i++)
    if (g_strcmp0 (name, profiles[i]) == 0)
      return profiles[i];
  return NULL;
}

/* --- numbers and words that may be anything --- */

static gdouble
number (JsonObject * object, const gchar * name, gdouble least, gdouble most,
    gdouble otherwise)
{
  JsonNode *node = json_object_get_member (object, name);
  gdouble value;

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node)
      || json_node_get_value_type (node) == G_TYPE_STRING)
    return otherwise;
  value = json_node_get_double (node);
  return value >= least && value <= most ? value : otherwise;
}

static const gchar *
word (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_VALUE (node) ?
      json_node_get_string (node) : NULL;
}

static void
take_outcome (Job * job, JsonObject * object)
{
  job->width = (gint) number (object, "width", 0, 1e6, job->width);
  job->height = (gint) number (object, "height", 0, 1e6, job->height);
  job->frames = (gint) number (object, "frames", 0, 1e9, job->frames);
  job->sigma = number (object, "sigma", 0, 255, job->sigma);
}

void
job_update (Job * job, JsonObject * message)
{
  static const gchar *const phases[] =
      { "reading", "learning", "denoising", "writing" };
  const gchar *phase = word (message, "phase");
  gsize i;

  for (i = 0; phase && i < G_N_ELEMENTS (phases); i++)
    if (g_str_equal (phase, phases[i])) {
      g_free (job->phase);
      job->phase = g_strdup (phase);
    }
  job->part = number (message, "part", 0, 1, job->part);
  job->loss = number (message, "loss", 0, 1e9, job->loss);
  job->eta = number (message, "eta", 0, 1e9, -1);
  take_outcome (job, message);
}

/* --- as JSON --- */

static gchar *
print (JsonBuilder * builder)
{
  JsonNode *root = json_builder_get_root (builder);
  gchar *text = json_to_string (root, FALSE);

  json_node_unref (root);
  g_object_unref (builder);
  return text;
}

static void
add_number (JsonBuilder * builder, const gchar * name, gdouble value)
{
  json_builder_set_member_name (builder, name);
  if (value == floor (value))
    json_builder_add_int_value (builder, (gint64) value);
  else
    json_builder_add_double_value (builder, value);
}

static void
add_word (JsonBuilder * builder, const gchar * name, const gchar * value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_time (JsonBuilder * builder, const gchar * name, gint64 time)
{
  GDateTime *date = g_date_time_new_from_unix_utc (time / G_USEC_PER_SEC);
  gchar *text = g_date_time_format_iso8601 (date);

  add_word (builder, name, text);
  g_free (text);
  g_date_time_unref (date);
}

/* A digit more than anybody reads. */
static gdouble
rounded (gdouble value)
{
  return round (value * 1e4) / 1e4;
}

static void
add_outcome (JsonBuilder * builder, const Job * job)
{
  add_number (builder, "width", job->width);
  add_number (builder, "height", job->height);
  if (job->frames)
    add_number (builder, "frames", job->frames);
  if (job->sigma >= 0)
    add_number (builder, "sigma", rounded (job->sigma));
}

static void
add_progress (JsonBuilder * builder, const Job * job)
{
  add_word (builder, "phase", job->phase ? job->phase : "reading");
  add_number (builder, "part", rounded (job->part));
  if (job->loss >= 0)
    add_number (builder, "loss", rounded (job->loss));
  if (job->eta >= 0)
    add_number (builder, "eta", rounded (job->eta));
}

static void
add_result (JsonBuilder * builder, const Job * job)
{
  json_builder_set_member_name (builder, "result");
  json_builder_begin_object (builder);
  add_word (builder, "type", job->media->result_type);
  add_number (builder, "bytes", job->result_bytes);
  add_outcome (builder, job);
  json_builder_end_object (builder);
}

gchar *
job_describe (const Job * job, gint64 keep)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_word (builder, "id", job->id);
  add_word (builder, "state", state_names[job->state]);
  add_word (builder, "kind", job->media->clip ? "clip" : "picture");
  add_word (builder, "type", job->media->type);
  add_word (builder, "profile", job->profile);
  add_number (builder, "bytes", job->bytes);
  add_time (builder, "created", job->created);
  if (job->state == JOB_QUEUED)
    add_number (builder, "position", job->position);
  if (job->state == JOB_RUNNING)
    add_progress (builder, job);
  if (job->finished) {
    add_time (builder, "finished", job->finished);
    add_time (builder, "expires", job->finished + keep);
    add_number (builder, "seconds", rounded (job->seconds));
  }
  if (job->state == JOB_DONE)
    add_result (builder, job);
  if (job->state == JOB_FAILED)
    add_word (builder, "error", job->fault);
  json_builder_end_object (builder);
  return print (builder);
}

gchar *
job_to_json (const Job * job)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_word (builder, "type", job->media->type);
  add_word (builder, "profile", job->profile);
  add_word (builder, "state", state_names[job->state]);
  add_number (builder, "bytes", job->bytes);
  add_number (builder, "created", job->created);
  add_number (builder, "finished", job->finished);
  add_number (builder, "seconds", job->seconds);
  add_number (builder, "result_bytes", job->result_bytes);
  add_outcome (builder, job);
  if (job->fault)
    add_word (builder, "error", job->fault);
  json_builder_end_object (builder);
  return print (builder);
}

static Job *
read_job (const gchar * id, JsonObject * object)
{
  const gchar *state = word (object, "state");
  Job *job = job_new ();

  g_free (job->id);
  job->id = g_strdup (id);
  job->media = media_type_find (word (object, "type"));
  job->profile = job_find_profile (word (object, "profile"));
  job->bytes = (goffset) number (object, "bytes", 0, 1e15, 0);
  job->created = (gint64) number (object, "created", 0, 1e17, 0);
  job->finished = (gint64) number (object, "finished", 0, 1e17, 0);
  job->seconds = number (object, "seconds", 0, 1e9, 0);
  job->result_bytes = (goffset) number (object, "result_bytes", 0, 1e15, 0);
  take_outcome (job, object);
  if (g_strcmp0 (state, "done") == 0) {
    job->state = JOB_DONE;
  } else if (g_strcmp0 (state, "failed") == 0) {
    job->state = JOB_FAILED;
    job->fault = g_strdup (word (object, "error"));
  }
  if (job->media == NULL || job->profile == NULL
      || (job->state == JOB_FAILED && job->fault == NULL)) {
    job_free (job);
    return NULL;
  }
  return job;
}

Job *
job_from_json (const gchar * id, const gchar * text, gsize length)
{
  JsonParser *parser = json_parser_new ();
  Job *job = NULL;
  JsonNode *root;

  if (json_parser_load_from_data (parser, text, (gssize) length, NULL)) {
    root = json_parser_get_root (parser);
    if (root && JSON_NODE_HOLDS_OBJECT (root))
      job = read_job (id, json_node_get_object (root));
  }
  g_object_unref (parser);
  return job;
}
