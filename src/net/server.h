/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers the requests that come in over one socket, any number at a time, until all who could ask
 * are gone. Who dies while waiting is forgotten at once, and so is the work for him.
 */
#ifndef CBUILD_NET_SERVER_H
#define CBUILD_NET_SERVER_H

#include "http/loop.h"
#include "registry/registry.h"

struct server;

/* Takes socket_fd over. */
struct server *server_new(struct loop *loop, struct http *http, struct registry *registry,
			  int socket_fd);
void server_free(struct server *server);
DEFINE_CLEANUP(struct server *, server_free);
bool server_is_done(const struct server *server);

#endif
