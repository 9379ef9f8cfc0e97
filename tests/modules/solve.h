/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SOLVE_H
#define SOLVE_H

/* Solves a x = b for n unknowns, by elimination without pivoting; x replaces b, and a is
 * overwritten. `row`: elements from one row of a to the next. */
void solve(double *a, int row, double *b, int n);

/* Correlation of noise this many samples apart, from that one and two apart: falls as a
 * stretched exponential, at most as a Gaussian. */
double noise_correlation(double lag1, double lag2, int distance);

#endif
