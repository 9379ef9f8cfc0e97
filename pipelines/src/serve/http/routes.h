/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dispatch of requests to handlers by path and method. */
#ifndef SERVE_HTTP_ROUTES_H
#define SERVE_HTTP_ROUTES_H

#include "serve/http/server.h"

/* Connects the signals of server->http. */
void routes_add (Server * server);

#endif
