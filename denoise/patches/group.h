/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wiener filter of a group of similar patches: the parts of NL-Bayes that still pictures
 * (still/nl_bayes.h) and video (patches/video_nl_bayes.h) share.
 *
 * A group is a matrix with a patch in each row. Patches are in standard deviations of the
 * noise, less their mean. */
#ifndef ZSD_GROUP_H
#define ZSD_GROUP_H

#include "kernels/kernels.h"
#include "noise/noise_estimate.h"

/* Floats from one patch of a group to the next. */
int zsd_group_row(int samples);

/* The k-th smallest of n numbers, k from 0. Reorders them. */
float zsd_select_smallest(float *a, int n, int k);

/* Position of the next reference patch in a row or column of `positions`, or `positions` after
 * the last one on the grid, which is always a reference. `step` is a multiple of `grid`. */
int zsd_next_reference(int position, int positions, int step, int grid);

/* Noise variance at the mean brightness of n samples, above 0. */
float zsd_patch_variance(const ZsdNoiseVariance *noise, const float *samples, int n);

bool zsd_noise_is_white(const ZsdNoiseModel *noise);

/* Sets the covariance of the noise in a patch of width x height samples, relative to its
 * variance: correlation is separable, and the same across and down. `row`: floats from one row
 * of the matrix to the next. */
void zsd_patch_noise_covariance(float *covariance, ptrdiff_t row, int width, int height,
                                const ZsdNoiseModel *noise);

typedef struct {
  const ZsdKernels *kernels;
  int samples, row;         /* of a patch; floats of a row of all matrices */
  bool white;               /* `noise` is the identity */
  const float *noise;       /* N, covariance of the noise: samples x row */
  float *covariance, *work; /* scratch memory, samples x row each */
} ZsdWiener;

/* Makes the filter (C + N)^-1 N, with C the covariance of n clean patches of `degrees` degrees
 * of freedom. It is kept in the scratch memory. */
void zsd_wiener_make(const ZsdWiener *wiener, const float *clean, int n, int degrees);

/* Estimates the noise in n noisy patches: noise = noisy (C + N)^-1 N. */
void zsd_wiener_noise(const ZsdWiener *wiener, const float *noisy, float *noise, int n);

#endif
