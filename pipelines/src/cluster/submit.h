/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CLUSTER_SUBMIT_H
#define CLUSTER_SUBMIT_H

#include "cluster/options.h"

/* Looks at everything that can be looked at before the first task runs, and submits the films. Each
 * reason is one sentence, and nothing is submitted then. */
gboolean submit (const ClusterOptions * options, GError ** error);

#endif
