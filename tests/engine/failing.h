/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Allocations and thread starts that fail when a test wants them to. The program is linked so
 * that what it and the engine ask for comes here first (the linker's --wrap). */
#ifndef FAILING_H
#define FAILING_H

#include <stdbool.h>

/* From now on what is asked for is counted, from any thread. The n-th (1 is the first) is
 * refused, or where `lasting` all from the n-th on; 0: none is. */
void failing_begin(unsigned n, bool lasting);

/* The same, but all threads are refused and nothing else. */
void failing_begin_threads(void);

/* Nothing is refused any more. Returns how much has been asked for. */
unsigned failing_end(void);

/* What has been refused since failing_begin(). */
unsigned failing_allocations(void), failing_threads(void);

#endif
