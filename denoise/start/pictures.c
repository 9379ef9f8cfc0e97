/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pictures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
  MAX_SIDE = 16384, /* samples, each way */
  TAPS_BEFORE = 2,  /* taps left of the sample at or before the position */
};

/* --- files --- */

static int read_ppm(Picture *picture, FILE *f) {
  int width, height, maximum;
  if (fscanf(f, "P6 %d %d %d", &width, &height, &maximum) != 3 || width < 1 ||
      width > MAX_SIDE || height < 1 || height > MAX_SIDE || maximum != 255 || fgetc(f) == EOF)
    return -1;
  const size_t size = (size_t)width * height * 3;
  *picture = (Picture){width, height, malloc(size)};
  return picture->rgb && fread(picture->rgb, 1, size, f) == size ? 0 : -1;
}

/* The Lanczos kernel of three lobes, sinc(d) sinc(d / 3), at `distance` samples d. */
static double lanczos(double distance) {
  const double x = 3.14159265358979 * distance;
  return distance == 0 ? 1 : fabs(distance) >= 3 ? 0 : 3 * sin(x) * sin(x / 3) / (x * x);
}

/* The taps of phase p serve positions p / PICTURE_PHASES samples after the third tap. */
static void fill_kernel(Pictures *pictures) {
  for (int p = 0; p < PICTURE_PHASES; p++) {
    double w[PICTURE_TAPS], sum = 0;
    for (int i = 0; i < PICTURE_TAPS; i++)
      sum += w[i] = lanczos(i - TAPS_BEFORE - (double)p / PICTURE_PHASES);
    for (int i = 0; i < PICTURE_TAPS; i++)
      pictures->kernel[p][i] = (float)(w[i] / sum);
  }
}

int pictures_read(Pictures *pictures, char **files, int n) {
  *pictures = (Pictures){.picture = calloc(n, sizeof *pictures->picture)};
  fill_kernel(pictures);
  for (int i = 0; i < n && pictures->picture; i++) {
    FILE *f = fopen(files[i], "rb");
    pictures->n++;
    const int failed = !f || read_ppm(&pictures->picture[i], f);
    if (f)
      fclose(f);
    if (failed) {
      fprintf(stderr, "%s: not a binary PPM picture of 8 bits (P6, maximum 255)\n", files[i]);
      pictures_clear(pictures);
      return -1;
    }
  }
  return pictures->picture ? 0 : -1;
}

void pictures_clear(Pictures *pictures) {
  for (int i = 0; i < pictures->n; i++)
    free(pictures->picture[i].rgb);
  free(pictures->picture);
  *pictures = (Pictures){0};
}

/* --- sampling --- */

static int mirror(int x, int n) {
  if (x >= 0 && x < n)
    return x;
  const int period = 2 * n, rest = (x % period + period) % period;
  return rest < n ? rest : period - 1 - rest;
}

void picture_sample(const Pictures *pictures, int which, double x, double y, float rgb[3]) {
  const Picture *p = &pictures->picture[which];
  const long px = lrint(x * PICTURE_PHASES), py = lrint(y * PICTURE_PHASES);
  const int left = (int)floor((double)px / PICTURE_PHASES);
  const int top = (int)floor((double)py / PICTURE_PHASES);
  const float *wx = pictures->kernel[px - (long)left * PICTURE_PHASES];
  const float *wy = pictures->kernel[py - (long)top * PICTURE_PHASES];
  float sum[3] = {0};
  for (int j = 0; j < PICTURE_TAPS; j++) {
    const uint8_t *row =
        p->rgb + (size_t)mirror(top + j - TAPS_BEFORE, p->height) * p->width * 3;
    float along[3] = {0};
    for (int i = 0; i < PICTURE_TAPS && wy[j] != 0; i++) {
      const uint8_t *sample = row + 3 * mirror(left + i - TAPS_BEFORE, p->width);
      for (int c = 0; c < 3; c++)
        along[c] += wx[i] * sample[c];
    }
    for (int c = 0; c < 3; c++)
      sum[c] += wy[j] * along[c];
  }
  for (int c = 0; c < 3; c++)
    rgb[c] = fmaxf(0, fminf(255, sum[c]));
}
