/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Single pictures: read from a file or from memory, sent through an element, and written again.
 *
 * A picture is libvips' image: gray or RGB, of 8 or 16 bits, with or without alpha, all of its
 * samples in memory, with what its file said of it (profile, orientation, ...). Its samples lie as
 * in the file: nothing is turned the way that the orientation says.
 *
 * Errors are one sentence each, which goes on after the picture's name: "it is ...". The functions
 * can be called by several threads, for different pictures. */
#ifndef PICTURE_FILTER_H
#define PICTURE_FILTER_H

#include <gst/gst.h>
#include <vips/vips.h>

/* How far an element has come that learns: one of zsdenoise's messages. */
typedef struct
{
  guint step, steps;
  gdouble loss;
  gdouble eta;                  /* seconds to go */
} PictureProgress;

typedef void (*PictureObserver) (const PictureProgress * progress,
    gpointer user);

/* Starts libvips; once, before anything else. FALSE and an error if it cannot be used. */
gboolean picture_init (GError ** error);

/* The picture in a file, or in memory: PNG, JPEG, WebP, TIFF or BMP, whatever its name. Of what is
 * larger than `max_pixels` (0: of any size) only the header is read. Several pictures in one file,
 * other colours or samples, and faults in the data are errors. */
VipsImage *picture_read (const gchar * file, guint64 max_pixels,
    GError ** error);
VipsImage *picture_read_memory (GBytes * bytes, guint64 max_pixels,
    GError ** error);

/* The suffix of names of files in the format that the picture was read from, as ".png". */
const gchar *picture_suffix (VipsImage * picture);

/* Whether a name has a suffix of pictures: .png, .jpg, .jpeg, .webp, .tif, .tiff or .bmp, in
 * capitals or not. */
gboolean picture_suffix_is_known (const gchar * name);

/* Whether the picture can be written to a file with such a name: its suffix is known, and the
 * format can hold the picture. (Where it holds 8 bits only, those of 16 are rounded; a JPEG holds
 * no alpha.) */
gboolean picture_fits (VipsImage * picture, const gchar * name,
    GError ** error);

/* Writes the picture in the format of the name's suffix, JPEG with a quality of 95, the others
 * without loss: to another file, which then takes the name; or to memory. */
gboolean picture_write (VipsImage * picture, const gchar * file,
    GError ** error);
GBytes *picture_write_memory (VipsImage * picture, const gchar * name,
    GError ** error);

/* What an element makes of the picture: zsdenoise, zsnoise, or any that takes and gives frames of
 * GRAY8, GRAY16_LE, RGB and RGBA64_LE in one size. A picture whose colours are all gray is sent as
 * gray. Alpha stays as it is, and so does what is said of the picture.
 *
 * `filter` belongs to the caller, who has sunk its reference, sets its properties before (as
 * model-file, save-model-file, strength) and can read them afterwards (as estimated-sigma), and
 * may use it again. Its progress is told by the calling thread, some ten times a second and at the
 * end; not at all if it learns nothing. NULL and an error if it fails, or if it has been cancelled
 * (G_IO_ERROR_CANCELLED). */
VipsImage *picture_filter (VipsImage * picture, GstElement * filter,
    PictureObserver observer, gpointer user, GCancellable * cancellable,
    GError ** error);

#endif
