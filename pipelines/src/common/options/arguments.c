/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/options/arguments.h"

#include <string.h>

void
arguments_drop_separator (int *argc, char **argv)
{
  int i = 1;

  while (i < *argc && strcmp (argv[i], "--") != 0)
    i++;
  if (i == *argc)
    return;
  memmove (argv + i, argv + i + 1, (size_t) (*argc - i) * sizeof *argv);
  --*argc;
}
