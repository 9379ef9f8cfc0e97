/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/jobs/job.h"

#include "picture/image-config-unused.h"
#include "serve/jobs/job-name.h"

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
  job->sigma = job->psnr_before = job->psnr_after = -1;
  job->loss = job->eta = -1;
  return job;
}

void
job_free (Job * job)
{
  g_free (job->id);
  g_free (job->name);
  g_free (job->fault);
  g_free (job->phase);
  g_free (job);
}

/* The element of a NULL-terminated list that is equal to `name`, or NULL. */
static const gchar *
find_name (const gchar * const *list, const gchar * name)
{
  while (*list && g_strcmp0 (*list, name) != 0)
    list++;
  return *list;
}

const gchar *
job_find_profile (const gchar * name)
{
  static const gchar *const profiles[] =
      { "realtime", "balanced", "best", "paper", NULL };

  return find_name (profiles, name);
}

const gchar *
job_find_reason (const gchar * name)
{
  static const gchar *const reasons[] =
      { "large", "format", "damaged", "time", "memory", NULL };

  return find_name (reasons, name);
}

/* --- JSON --- */

const JsonField job_config_fields[] = {
  JSON_RANGE ("learning_rate", DOUBLE, ImageConfig, learning_rate, 1, FALSE),
  JSON_RANGE ("epoch_count", INT64, ImageConfig, epoch_count, 1e6, FALSE),
  JSON_RANGE ("step_size", INT64, ImageConfig, step_size, 1e6, FALSE),
  JSON_RANGE ("gamma", DOUBLE, ImageConfig, gamma, 1, FALSE),
  JSON_RANGE ("degree", DOUBLE, ImageConfig, degree, 1, FALSE),
  JSON_END
};

/* Told by the client. */
static const JsonField told_fields[] = {
  JSON_FIELD ("name", STRING, Job, name),
  JSON_OBJECT ("config", offsetof (Job, config), job_config_fields),
  JSON_END
};

static const JsonField outcome_fields[] = {
  JSON_RANGE ("width", INT, Job, width, 1e6, FALSE),
  JSON_RANGE ("height", INT, Job, height, 1e6, FALSE),
  JSON_RANGE ("frames", INT, Job, frames, 1e9, TRUE),
  JSON_RANGE ("sigma", DOUBLE, Job, sigma, 255, TRUE),
  JSON_RANGE ("psnr_before", DOUBLE, Job, psnr_before, 1e3, TRUE),
  JSON_RANGE ("psnr_after", DOUBLE, Job, psnr_after, 1e3, TRUE),
  JSON_END
};

static const JsonField progress_fields[] = {
  JSON_RANGE ("part", DOUBLE, Job, part, 1, FALSE),
  JSON_RANGE ("loss", DOUBLE, Job, loss, 1e9, TRUE),
  JSON_RANGE ("eta", DOUBLE, Job, eta, 1e9, TRUE),
  JSON_END
};

static const JsonField stored_fields[] = {
  JSON_RANGE ("set_sigma", DOUBLE, Job, set_sigma, 255, FALSE),
  JSON_RANGE ("bytes", INT64, Job, bytes, 1e15, FALSE),
  JSON_RANGE ("created", INT64, Job, created, 1e17, FALSE),
  JSON_RANGE ("finished", INT64, Job, finished, 1e17, FALSE),
  JSON_RANGE ("seconds", DOUBLE, Job, seconds, 1e9, FALSE),
  JSON_RANGE ("result_bytes", INT64, Job, result_bytes, 1e15, FALSE),
  JSON_FIELD ("error", STRING, Job, fault),
  JSON_END
};

void
job_update (Job * job, JsonObject * message)
{
  static const gchar *const phases[] =
      { "reading", "learning", "denoising", "writing", NULL };
  const gchar *phase = json_get_string (message, "phase");

  if (phase && g_strv_contains (phases, phase)) {
    g_free (job->phase);
    job->phase = g_strdup (phase);
  }
  job->loss = job->eta = -1;
  json_fields_read (progress_fields, job, message);
  json_fields_read (outcome_fields, job, message);
}

static void
add_time (JsonObject * object, const gchar * name, gint64 time)
{
  GDateTime *date = g_date_time_new_from_unix_utc (time / G_USEC_PER_SEC);
  gchar *text = g_date_time_format_iso8601 (date);

  json_object_set_string_member (object, name, text);
  g_free (text);
  g_date_time_unref (date);
}

/* To four decimals. */
static void
round_value (gdouble * value)
{
  *value = round (*value * 1e4) / 1e4;
}

static Job
rounded (const Job * job)
{
  Job shown = *job;

  round_value (&shown.part);
  round_value (&shown.eta);
  round_value (&shown.sigma);
  round_value (&shown.psnr_before);
  round_value (&shown.psnr_after);
  round_value (&shown.seconds);
  return shown;
}

static void
add_progress (JsonObject * object, const Job * job)
{
  json_object_set_string_member (object, "phase", job->phase ? job->phase :
      "reading");
  json_fields_write (progress_fields, job, object);
}

/* Keys without effect and why. */
static void
add_unused_keys (JsonObject * object, const Job * job)
{
  static const gchar *const reasons[] = {
    [IMAGE_CONFIG_UNTRAINED] = "untrained",
    [IMAGE_CONFIG_CONSTANT_RATE] = "constant-rate",
    [IMAGE_CONFIG_FEW_STEPS] = "few-steps",
  };
  JsonObject *unused = json_object_new ();
  const JsonField *field;

  for (field = job_config_fields; field->name; field++) {
    const gchar *reason = reasons[image_config_use (&job->config, job->profile,
            field->name)];

    if (job->media->clip && job->config.degree > 0
        && g_str_equal (field->name, "degree"))
      reason = "clip";
    if (reason)
      json_object_set_string_member (unused, field->name, reason);
  }
  json_object_set_object_member (object, "without_effect", unused);
}

static void
add_result (JsonObject * object, const Job * job)
{
  JsonObject *result = json_object_new ();
  gchar *name = job_result_name (job);

  json_object_set_string_member (result, "name", name);
  g_free (name);
  json_object_set_string_member (result, "type", job->media->result_type);
  json_object_set_int_member (result, "bytes", job->result_bytes);
  json_fields_write (outcome_fields, job, result);
  json_object_set_object_member (object, "result", result);
}

void
job_resume_age (Job * job, gint64 keep, gint64 least)
{
  const gint64 age = g_get_real_time () - job->finished;

  job->ended = g_get_monotonic_time () - CLAMP (age, 0, MAX (keep - least, 0));
}

/* Clock time when a finished job is removed. It moves with a clock that is set. */
static gint64
expiry (const Job * job, gint64 keep)
{
  const gint64 left = keep - (g_get_monotonic_time () - job->ended);
  const gint64 time = g_get_real_time () + left;

  return ABS (time - job->finished - keep) < 2 * G_USEC_PER_SEC ?
      job->finished + keep : time;
}

gchar *
job_describe (const Job * job, gint64 keep)
{
  JsonObject *object = json_object_new ();
  const Job shown = rounded (job);

  json_object_set_string_member (object, "id", job->id);
  json_object_set_string_member (object, "state", state_names[job->state]);
  json_object_set_string_member (object, "kind", job->media->clip ? "clip" :
      "picture");
  json_object_set_string_member (object, "type", job->media->type);
  json_object_set_string_member (object, "profile", job->profile);
  json_object_set_int_member (object, "bytes", job->bytes);
  json_fields_write (told_fields, job, object);
  add_unused_keys (object, job);
  add_time (object, "created", job->created);
  if (job->state == JOB_QUEUED)
    json_object_set_int_member (object, "position", job->position);
  if (job->state == JOB_RUNNING)
    add_progress (object, &shown);
  if (job->finished) {
    add_time (object, "finished", job->finished);
    add_time (object, "expires", expiry (job, keep));
    json_object_set_double_member (object, "seconds", shown.seconds);
  }
  if (job->state == JOB_DONE)
    add_result (object, &shown);
  if (job->state == JOB_FAILED) {
    json_object_set_string_member (object, "error", job->fault);
    json_object_set_string_member (object, "reason", job->reason ? job->reason :
        "other");
  }
  return json_print (object, FALSE);
}

gchar *
job_to_json (const Job * job)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "type", job->media->type);
  json_object_set_string_member (object, "profile", job->profile);
  json_object_set_string_member (object, "state", state_names[job->state]);
  if (job->reason)
    json_object_set_string_member (object, "reason", job->reason);
  json_fields_write (told_fields, job, object);
  json_fields_write (stored_fields, job, object);
  json_fields_write (outcome_fields, job, object);
  return json_print (object, FALSE);
}

/* FALSE if something is missing that each stored job has. */
static gboolean
read_job (Job * job, JsonObject * object)
{
  const gchar *state = json_get_string (object, "state");

  job->created = 0;
  job->media = media_type_find (json_get_string (object, "type"));
  job->profile = job_find_profile (json_get_string (object, "profile"));
  job->reason = job_find_reason (json_get_string (object, "reason"));
  json_fields_read (told_fields, job, object);
  json_fields_read (stored_fields, job, object);
  json_fields_read (outcome_fields, job, object);
  if (g_strcmp0 (state, "done") == 0)
    job->state = JOB_DONE;
  else if (g_strcmp0 (state, "failed") == 0)
    job->state = JOB_FAILED;
  else if (g_strcmp0 (state, "queued") != 0
      && g_strcmp0 (state, "running") != 0)
    return FALSE;
  return job->media && job->profile && (job->state != JOB_FAILED || job->fault);
}

Job *
job_from_json (const gchar * id, const gchar * text, gsize length)
{
  JsonObject *object = json_parse (text, (gssize) length);
  Job *job = job_new ();

  g_free (job->id);
  job->id = g_strdup (id);
  if (object == NULL || !read_job (job, object))
    g_clear_pointer (&job, job_free);
  g_clear_pointer (&object, json_object_unref);
  return job;
}
