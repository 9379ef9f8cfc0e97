/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ZSD_SHUFFLES_H
#define ZSD_SHUFFLES_H

/* Shuffles of two vectors: the lanes of even and of odd number (deinterleaving), and lanes of
 * both in turn, from the lower and from the upper halves (interleaving). */
#if defined(__AVX512F__) && !defined(ZSD_PLAIN_C)
#define EVENS 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODDS 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#define LOWER 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define UPPER 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif defined(__AVX2__) && !defined(ZSD_PLAIN_C)
#define EVENS 0, 2, 4, 6, 8, 10, 12, 14
#define ODDS 1, 3, 5, 7, 9, 11, 13, 15
#define LOWER 0, 8, 1, 9, 2, 10, 3, 11
#define UPPER 4, 12, 5, 13, 6, 14, 7, 15
#else
#define EVENS 0, 2, 4, 6
#define ODDS 1, 3, 5, 7
#define LOWER 0, 4, 1, 5
#define UPPER 2, 6, 3, 7
#endif
#define SHUFFLED(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)

#endif
