/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counters of the server for Prometheus. */
#ifndef SERVE_HTTP_METRICS_H
#define SERVE_HTTP_METRICS_H

#include "serve/http/server.h"

/* All metrics in Prometheus' text format. Free with g_free(). */
gchar *metrics_format (Server * server);

#endif
