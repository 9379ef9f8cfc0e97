/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef COMMON_LOOKAHEAD_H
#define COMMON_LOOKAHEAD_H

/* Frames that zsdenoise looks ahead in files, where latency does not matter. */
#define FILE_LOOKAHEAD 4

#endif
