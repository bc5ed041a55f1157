/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one loop of cbuild-net: descriptors and times to wait for, and who is called then. How it
 * waits is the backend's affair (libcurl's own wait in the program, a made-up clock in tests).
 * Callbacks may add and remove anything, their own watch or timer included.
 */
#ifndef CBUILD_HTTP_LOOP_H
#define CBUILD_HTTP_LOOP_H

#include "base/error.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct loop_watch;
struct loop_timer;
typedef void (*loop_fn)(void *context);

struct loop_backend {
	uint64_t (*now)(void *context); /* nanoseconds, monotonic */
	/* poll(2) over fds and whatever else the backend has to look after. */
	int (*wait)(void *context, struct pollfd *fds, size_t n_fds, int timeout_ms,
		    struct error *err);
	void *context;
};

struct loop *loop_new(const struct loop_backend *backend);
void loop_free(struct loop *loop);
DEFINE_CLEANUP(struct loop *, loop_free);

uint64_t loop_now(const struct loop *loop);

/* events: POLLIN, POLLOUT; an end of file or error calls it as well. */
struct loop_watch *loop_watch_add(struct loop *loop, int fd, short events, loop_fn fn,
				  void *context);
/* NULL is fine. */
void loop_watch_remove(struct loop_watch *watch);
/* Once, `delay` nanoseconds from now; 0 = in the next round. */
struct loop_timer *loop_timer_add(struct loop *loop, uint64_t delay, loop_fn fn, void *context);
/* Also after it fired; NULL is fine. */
void loop_timer_remove(struct loop_timer *timer);

/* One round: waits for the next happening and makes its calls. */
int loop_step(struct loop *loop, struct error *err) must_check;

#endif
