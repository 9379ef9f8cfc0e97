/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors of pipelines as sentences that a user understands. */
#ifndef COMMON_PIPELINE_ERROR_H
#define COMMON_PIPELINE_ERROR_H

#include <gst/gst.h>

/* Whether the pipeline has reported an error; it is about the file `what`. */
gboolean pipeline_error_take (GstElement * pipeline, const gchar * what,
    GError ** error);

/* The same, waiting for an error or the end. TRUE: the end. */
gboolean pipeline_error_wait_eos (GstElement * pipeline, const gchar * what,
    GError ** error);

/* The error of a plugin that is not installed, named by its description. */
void pipeline_error_set_missing (const gchar * what, const gchar * missing,
    GError ** error);

/* Whether the user has stopped the work. */
gboolean pipeline_error_is_cancelled (const GError * error);

/* Whether the disk was full. */
gboolean pipeline_error_is_no_space (const GError * error);

/* Exit status of a program that ends with the error: EX_TEMPFAIL of sysexits.h if trying again may
 * help, else 1. */
gint pipeline_error_exit_status (const GError * error);

#endif
