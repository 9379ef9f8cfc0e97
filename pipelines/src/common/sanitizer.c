/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Defaults of the address sanitizer in the programs, wherever they are run.
 * The sanitizer calls these functions by name. */
#include "common/leaks.h"

const char *__asan_default_options (void);
const char *__lsan_default_options (void);
const char *__lsan_default_suppressions (void);
int __lsan_is_turned_off (void);

/* Libraries without frame pointers need the slow unwinder.  Other libraries
 * may be preloaded.  Where a plugin's thread-local memory begins 16 bytes into
 * a page, gcc 12's LeakSanitizer takes the allocator's header before it for glibc 2.19's, and
 * reads memory that is not there. */
const char *
__asan_default_options (void)
{
  return
      "fast_unwind_on_malloc=0:intercept_tls_get_addr=0:verify_asan_link_order=0";
}

const char *
__lsan_default_options (void)
{
  return "print_suppressions=0";
}

const char *
__lsan_default_suppressions (void)
{
  return LEAKS;
}

/* In its sandbox the worker cannot read the libraries' names of functions, by
 * which leaks are left out. */
int
__lsan_is_turned_off (void)
{
#ifdef SANDBOXED
  return 1;
#else
  return 0;
#endif
}
