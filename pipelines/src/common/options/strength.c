/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/options/strength.h"

const gchar *
strength_options_fault (gdouble strength, gdouble sigma)
{
  if (!(strength >= 0 && strength <= 2))
    return "--strength: give a number from 0 to 2";
  if (!(sigma >= 0 && sigma <= 255))
    return
        "--sigma: give the deviation of the noise, such as 5, up to 255, or 0 "
        "to have it found";
  return NULL;
}
