/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stored jobs of serve (job.json), and messages of its job processes, which decode what others send:
 * a job that is accepted is the same when it is written and read again, and is described in valid UTF-8. */
#include "common/json.h"
#include "serve/jobs/job.h"

#include <stdlib.h>
#include <string.h>

#define ID "00112233445566778899aabbccddeeff"
#define KEEP (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const guint8 * data, gsize size);

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  (void) argc, (void) argv;
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
  return 0;
}

static void
require (gboolean holds)
{
  if (!holds)
    abort ();
}

/* The description is JSON that every client can read. */
static void
describe (const Job * job)
{
  gchar *text = job_describe (job, KEEP);
  JsonObject *object = json_parse (text, -1);

  require (g_utf8_validate (text, -1, NULL) && object != NULL);
  json_object_unref (object);
  g_free (text);
}

static void
read_stored (const gchar * data, gsize size)
{
  Job *job = job_from_json (ID, data, size), *again;
  gchar *text, *rewritten;

  if (job == NULL)
    return;
  require (job->media && job->profile && g_str_equal (job->id, ID));
  require (job->state == JOB_QUEUED || job->state == JOB_DONE
      || (job->state == JOB_FAILED && job->fault));
  require (job->bytes >= 0 && job->result_bytes >= 0 && job->width >= 0);
  job_resume_age (job, KEEP, 0);
  describe (job);
  text = job_to_json (job);
  again = job_from_json (ID, text, strlen (text));
  require (again != NULL);
  rewritten = job_to_json (again);
  require (g_str_equal (text, rewritten));
  g_free (rewritten);
  g_free (text);
  job_free (again);
  job_free (job);
}

static void
read_message (const gchar * data, gsize size)
{
  static const gchar running[] =
      "{\"type\": \"image/png\", \"profile\": \"best\", \"state\": \"queued\"}";
  JsonObject *message = json_parse (data, (gssize) size);
  Job *job;

  if (message == NULL)
    return;
  job = job_from_json (ID, running, strlen (running));
  require (job != NULL);
  job->state = JOB_RUNNING;
  job_update (job, message);
  require (job->part >= 0 && job->part <= 1 && job->sigma <= 255);
  describe (job);
  job_free (job);
  json_object_unref (message);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  read_stored ((const gchar *) data, size);
  read_message ((const gchar *) data, size);
  return 0;
}
