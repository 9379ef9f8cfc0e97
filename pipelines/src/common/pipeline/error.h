/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pipeline errors as sentences that a user can act on. */
#ifndef COMMON_PIPELINE_ERROR_H
#define COMMON_PIPELINE_ERROR_H

#include "common/pipeline/stall.h"

#include <gst/gst.h>

/* Takes an error from the bus without blocking. TRUE if there was one; `error` then names the file
 * `name`. */
gboolean pipeline_error_take (GstElement * pipeline, const gchar * name,
    GError ** error);

/* Starts the pipeline. FALSE and an error if that fails. */
gboolean pipeline_error_start (GstElement * pipeline, const gchar * name,
    GError ** error);

/* Blocks until the pipeline ends. TRUE at EOS, FALSE and an error if it failed. */
gboolean pipeline_error_wait_eos (GstElement * pipeline, const gchar * name,
    GError ** error);

/* TRUE and an error if the pipeline has been stuck for long; see stall_lasts(). */
gboolean pipeline_error_stalled (Stall * stall, const gchar * name,
    GError ** error);

/* Error of an error message; `missing`: description of a plugin that was announced as missing, or
 * NULL. */
void pipeline_error_set (GstMessage * message, const gchar * missing,
    const gchar * name, GError ** error);

/* Error for a missing plugin; `missing` is its description. */
void pipeline_error_set_missing (const gchar * name, const gchar * missing,
    GError ** error);

/* Whether the user stopped the work. */
gboolean pipeline_error_is_cancelled (const GError * error);

/* Whether the disk or the user's quota is full. */
gboolean pipeline_error_is_no_space (const GError * error);

/* Whether the same work may succeed later: a full disk, a device that fails, a folder in use. Such
 * an error tells nothing about the film. */
gboolean pipeline_error_is_temporary (const GError * error);

/* Exit status for the error: 130 if the user stopped the work, EX_TEMPFAIL of sysexits.h if
 * trying again may help, else 1. */
gint pipeline_error_exit_status (const GError * error);

#endif
