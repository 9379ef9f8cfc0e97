/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef COMMON_PIPELINE_LOOKAHEAD_H
#define COMMON_PIPELINE_LOOKAHEAD_H

#include <glib.h>

/* Frames that zsdenoise looks ahead in files, where latency does not matter, without patches along
 * the motion. It filters windows of so many frames backwards. */
#define LOOKAHEAD_WINDOW 4

/* The same with patches along the motion, which need the denoised frames of three more. */
#define LOOKAHEAD_MAX 7

/* Frames that zsdenoise looks ahead in films. `profile`: may be NULL. */
static inline guint
lookahead_of (const gchar * profile)
{
  return g_strcmp0 (profile, "best") == 0 ? LOOKAHEAD_MAX : LOOKAHEAD_WINDOW;
}

#endif
