/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A job: one upload, its state and its result. */
#ifndef SERVE_JOBS_JOB_H
#define SERVE_JOBS_JOB_H

#include "common/json.h"
#include "picture/image-config.h"
#include "serve/jobs/media-types.h"

typedef enum
{
  JOB_QUEUED,
  JOB_RUNNING,
  JOB_DONE,
  JOB_FAILED,
  JOB_N_STATES,
} JobState;

typedef struct
{
  gchar *id;                    /* 32 random hexadecimal digits */
  const MediaType *media;
  gchar *name;                  /* of the upload, without folders; NULL: not told */
  const gchar *profile;         /* of zsdenoise: see job_find_profile() */
  ImageConfig config;           /* for this job; `image` and `max_bytes` are not used */
  gdouble set_sigma;            /* set standard deviation of the noise, 0..255; 0: estimated */
  goffset bytes;                /* size of the upload */
  JobState state;
  gint64 created, finished;     /* microseconds since 1970; 0: not finished */
  gint64 ended;                 /* monotonic time of `finished`, by which it is removed */
  gchar *fault;                 /* of a failed job: one sentence */
  const gchar *reason;          /* of a failed job: see job_find_reason(); NULL: none of these */

  /* of a finished job */
  gint width, height, frames;
  gdouble sigma;                /* estimated standard deviation of the noise, 0..255; -1: unknown */
  gdouble psnr_before, psnr_after;      /* dB, where noise was added; else -1 */
  gdouble seconds;              /* processing time */
  goffset result_bytes;
  goffset stored;               /* total size of its files, bytes */

  /* of a waiting or running job */
  guint position;               /* number of jobs before it in the queue */
  gchar *phase;
  gdouble part;                 /* completed fraction of the phase, 0..1 */
  gdouble loss;                 /* of the training; -1: there is none now */
  gdouble eta;                  /* remaining seconds; -1: unknown */
  gint64 started;               /* monotonic time, microseconds */
  guint version;                /* incremented at each change, from a random start */
} Job;

const gchar *job_state_name (JobState state);

/* A waiting job with a new id. */
Job *job_new (void);
void job_free (Job * job);

/* The fields of a job's `config`, for JSON. */
extern const JsonField job_config_fields[];

/* Updates the progress from a message of the worker. */
void job_update (Job * job, JsonObject * message);

/* One line of JSON for clients. `keep`: time until a finished job is removed, microseconds. */
gchar *job_describe (const Job * job, gint64 keep);

/* Sets the monotonic time of the end of a job that finished before this start of the server: its
 * age by the clock, but at most so that `least` of the time `keep` is left. */
void job_resume_age (Job * job, gint64 keep, gint64 least);

/* Stored form of a job. job_from_json() returns NULL if the text is not valid. */
gchar *job_to_json (const Job * job);
Job *job_from_json (const gchar * id, const gchar * text, gsize length);

gboolean job_is_id (const gchar * text);

/* A reason of failures, as a static string, or NULL: "large" (beyond a limit of pixels or duration),
 * "format", "damaged", "time", "memory". */
const gchar *job_find_reason (const gchar * name);

/* The name of a profile that clients may choose, as a static string, or NULL. */
const gchar *job_find_profile (const gchar * name);

#endif
