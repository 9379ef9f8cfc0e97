/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Common to the engine's tests. Each program with libcheck defines make_suite(). */
#ifndef SUITE_H
#define SUITE_H

#include <check.h>

Suite *make_suite(void);

#endif
