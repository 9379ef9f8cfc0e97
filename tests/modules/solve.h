/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SOLVE_H
#define SOLVE_H

/* Solves a x = b for n unknowns, by elimination without pivoting; x replaces b, and a is
 * overwritten. `row`: elements from one row of a to the next. */
void solve(double *a, int row, double *b, int n);

#endif
