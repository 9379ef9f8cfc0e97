/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture/metrics.h"

#include <math.h>

#define WINDOW 11
#define SIGMA 1.5

/* libvips evaluates images on demand, and each operation returns a new image. `scope` owns them
 * all. Operations on NULL return NULL, so that errors propagate to the end. */
static VipsImage *
hold (VipsObject * scope, VipsImage * image)
{
  if (image)
    vips_object_local (scope, image);
  return image;
}

static VipsImage *
product (VipsObject * scope, VipsImage * a, VipsImage * b)
{
  VipsImage *image = NULL;

  if (a && b)
    vips_multiply (a, b, &image, NULL);
  return hold (scope, image);
}

static VipsImage *
sum (VipsObject * scope, VipsImage * a, VipsImage * b)
{
  VipsImage *image = NULL;

  if (a && b)
    vips_add (a, b, &image, NULL);
  return hold (scope, image);
}

static VipsImage *
difference (VipsObject * scope, VipsImage * a, VipsImage * b)
{
  VipsImage *image = NULL;

  if (a && b)
    vips_subtract (a, b, &image, NULL);
  return hold (scope, image);
}

static VipsImage *
quotient (VipsObject * scope, VipsImage * a, VipsImage * b)
{
  VipsImage *image = NULL;

  if (a && b)
    vips_divide (a, b, &image, NULL);
  return hold (scope, image);
}

/* scale * a + offset */
static VipsImage *
scaled (VipsObject * scope, VipsImage * a, gdouble scale, gdouble offset)
{
  VipsImage *image = NULL;

  if (a)
    vips_linear1 (a, &image, scale, offset, NULL);
  return hold (scope, image);
}

/* Gaussian-weighted mean around each sample whose window lies completely in the picture. A line
 * cache serves the several users of the result. */
static VipsImage *
mean (VipsObject * scope, VipsImage * a)
{
  VipsImage *window, *blurred = NULL, *inner = NULL, *kept = NULL;
  gdouble weights[WINDOW], all = 0;
  gint i;

  for (i = 0; i < WINDOW; i++)
    all += weights[i] = exp (-(i - WINDOW / 2) * (i - WINDOW / 2)
        / (2 * SIGMA * SIGMA));
  window = hold (scope, vips_image_new_matrix_from_array (WINDOW, 1, weights,
          WINDOW));
  if (a == NULL || window == NULL)
    return NULL;
  vips_image_set_double (window, "scale", all);
  vips_convsep (a, &blurred, window, "precision", VIPS_PRECISION_FLOAT, NULL);
  if (hold (scope, blurred))
    vips_extract_area (blurred, &inner, WINDOW / 2, WINDOW / 2,
        vips_image_get_width (a) - WINDOW + 1,
        vips_image_get_height (a) - WINDOW + 1, NULL);
  if (hold (scope, inner))
    vips_linecache (inner, &kept, NULL);
  return hold (scope, kept);
}

/* Colour channels as 0..1 in double precision. */
static VipsImage *
to_unit_range (VipsObject * scope, VipsImage * picture)
{
  const gint n = vips_image_get_bands (picture) - vips_image_hasalpha (picture);
  const gdouble max =
      vips_image_get_format (picture) == VIPS_FORMAT_USHORT ? 65535 : 255;
  VipsImage *colours = NULL, *wide = NULL;

  vips_extract_band (picture, &colours, 0, "n", n, NULL);
  if (hold (scope, colours))
    vips_cast_double (colours, &wide, NULL);
  return scaled (scope, hold (scope, wide), 1 / max, 0);
}

static gboolean
average (VipsImage * image, gdouble * result)
{
  return image && vips_avg (image, result, NULL) == 0;
}

static gboolean
similarity (VipsObject * scope, VipsImage * a, VipsImage * b, gdouble * result)
{
  const gdouble c1 = 0.01 * 0.01, c2 = 0.03 * 0.03;
  VipsImage *mean_a = mean (scope, a), *mean_b = mean (scope, b);
  VipsImage *aa = product (scope, mean_a, mean_a);
  VipsImage *bb = product (scope, mean_b, mean_b);
  VipsImage *ab = product (scope, mean_a, mean_b);
  VipsImage *squares = mean (scope, sum (scope, product (scope, a, a),
          product (scope, b, b)));
  VipsImage *variances = difference (scope, squares, sum (scope, aa, bb));
  VipsImage *covariance = difference (scope, mean (scope, product (scope, a,
              b)), ab);

  return average (quotient (scope, product (scope, scaled (scope, ab, 2, c1),
              scaled (scope, covariance, 2, c2)), product (scope,
              scaled (scope, sum (scope, aa, bb), 1, c1),
              scaled (scope, variances, 1, c2))), result);
}

gboolean
metrics_compute (VipsImage * picture, VipsImage * clean, Metrics * metrics)
{
  VipsObject *scope = VIPS_OBJECT (vips_image_new ());
  VipsImage *a = to_unit_range (scope, picture);
  VipsImage *b = to_unit_range (scope, clean);
  VipsImage *error = difference (scope, a, b);
  gdouble mse = 0;
  gboolean done = average (product (scope, error, error), &mse);

  metrics->psnr = mse > 0 ? -10 * log10 (mse) : INFINITY;
  metrics->ssim = NAN;
  if (done && MIN (vips_image_get_width (picture),
          vips_image_get_height (picture)) >= WINDOW)
    done = similarity (scope, a, b, &metrics->ssim);
  g_object_unref (scope);
  return done;
}
