/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File names of uploads and results. */
#ifndef SERVE_JOBS_JOB_NAME_H
#define SERVE_JOBS_JOB_NAME_H

#include "serve/jobs/job.h"

/* Sets the name from one that a client tells: without folders, control characters and what is beyond
 * 100 characters. */
void job_set_name (Job * job, const gchar * told);

/* File name of the result, such as night-denoised.jpg. Free with g_free(). */
gchar *job_result_name (const Job * job);

#endif
