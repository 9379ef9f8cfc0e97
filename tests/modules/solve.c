/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "solve.h"

#include <math.h>

void solve(double *a, int row, double *b, int n) {
  for (int p = 0; p < n; p++)
    for (int i = p + 1; i < n; i++) {
      const double part = a[i * row + p] / a[p * row + p];
      for (int j = p; j < n; j++)
        a[i * row + j] -= part * a[p * row + j];
      b[i] -= part * b[p];
    }
  for (int i = n - 1; i >= 0; i--) {
    for (int j = i + 1; j < n; j++)
      b[i] -= a[i * row + j] * b[j];
    b[i] /= a[i * row + i];
  }
}

double noise_correlation(double lag1, double lag2, int distance) {
  if (lag1 <= 0 || distance == 0)
    return distance == 0;
  const double doubled = log(fmax(lag2, 1e-3)) / log(lag1); /* 2 to the exponent */
  return pow(lag1, pow(distance, log(fmin(doubled, 4)) / log(2)));
}
