/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Allocations and thread starts that fail when a test wants them to. The linker's --wrap
 * redirects those of the program and the engine. */
#ifndef FAILING_H
#define FAILING_H

#include <stdbool.h>

/* Begins to count requests of all threads. The n-th (1 is the first) is refused, or if
 * `lasting` all from the n-th on; 0: none. */
void failing_begin(unsigned n, bool lasting);

/* The same, but all threads are refused and nothing else. */
void failing_begin_threads(void);

/* Nothing is refused any more. Returns how much has been asked for. */
unsigned failing_end(void);

/* Numbers of refusals since failing_begin(). */
unsigned failing_allocations(void), failing_threads(void);

#endif
