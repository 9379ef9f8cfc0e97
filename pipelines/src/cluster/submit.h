/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CLUSTER_SUBMIT_H
#define CLUSTER_SUBMIT_H

#include "cluster/options.h"

/* Validates everything that can be checked before the first task runs, and submits the films. On an
 * error nothing is submitted. */
gboolean submit (const ClusterOptions * options, GError ** error);

#endif
