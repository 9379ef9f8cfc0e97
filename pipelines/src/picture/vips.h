/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Start of libvips and access to its error messages.
 *
 * A picture is a VipsImage with all samples in memory: gray or RGB, 8 or 16 bits, with or without
 * alpha, with the metadata of its file (ICC profile, orientation, ...). Samples are in file order; the
 * orientation tag is not applied.
 *
 * Error messages of this folder are one sentence that continues the name of the picture: "it is ...".
 * Different threads may work on different pictures. */
#ifndef PICTURE_VIPS_H
#define PICTURE_VIPS_H

#include <gio/gio.h>
#include <vips/vips.h>

/* Starts libvips. Call once, before any other function of this folder. */
gboolean picture_vips_init (GError ** error);

/* libvips has one error buffer for all threads. Hold this lock, which also clears the buffer, from
 * the libvips call to picture_vips_set_error(). */
void picture_vips_lock (void);
void picture_vips_unlock (void);

/* Sets the error "`what`: REASON" with the reason that libvips gives, or else `otherwise`. */
void picture_vips_set_error (GError ** error, const gchar * what,
    const gchar * otherwise);

#endif
