/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A job: one file that someone sent, and what became of it. */
#ifndef SERVE_JOB_H
#define SERVE_JOB_H

#include "serve/jobs/media-types.h"

#include <json-glib/json-glib.h>

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
  gchar *id;                    /* 32 hexadecimal digits, which nobody guesses */
  const MediaType *media;
  const gchar *profile;         /* of zsdenoise: see job_find_profile() */
  goffset bytes;                /* of the upload */
  JobState state;
  gint64 created, finished;     /* microseconds since 1970; 0: not yet */
  gchar *fault;                 /* of a failed one: a sentence */

  /* of a finished one */
  gint width, height, frames;
  gdouble sigma;                /* of the noise that was found, 0..255 scale; -1: none */
  gdouble seconds;              /* of work */
  goffset result_bytes;
  goffset stored;               /* bytes of all its files */

  /* while it waits and runs */
  guint position;               /* how many are before it */
  gchar *phase;
  gdouble part;                 /* of the phase that is over, 0..1 */
  gdouble loss, eta;            /* -1: not known */
  gint64 started;               /* monotonic */
  guint version;                /* counts changes, from a random number on */
} Job;

const gchar *job_state_name (JobState state);

/* Makes one that waits, with an id of its own. */
Job *job_new (void);
void job_free (Job * job);

/* What the worker says of its work. */
void job_update (Job * job, JsonObject * message);

/* For clients, on one line. `keep`: microseconds that it stays when it is finished. */
gchar *job_describe (const Job * job, gint64 keep);

/* To be kept in a file and read again. NULL: that is not what was kept. */
gchar *job_to_json (const Job * job);
Job *job_from_json (const gchar * id, const gchar * text, gsize length);

gboolean job_is_id (const gchar * text);

/* The profile of that name, for good; NULL: clients may ask for none like that. */
const gchar *job_find_profile (const gchar * name);

#endif
