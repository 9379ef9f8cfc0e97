/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ZSD_SETTINGS_H
#define ZSD_SETTINGS_H

#include "zsdenoise.h"

/* Random patches for a step of learning; 0: the whole picture. */
unsigned zsd_profile_patches(ZsdProfile profile);

#endif
