/* SPDX-License-Identifier: Apache-2.0 */
#include "http/loop.h"

#include "base/vec.h"

struct loop_watch {
	int fd;
	short events;
	loop_fn fn; /* NULL = removed */
	void *context;
};

struct loop_timer {
	uint64_t at;
	loop_fn fn; /* NULL = removed */
	bool has_fired;
	void *context;
};

struct loop {
	struct loop_backend backend;
	VEC(struct loop_watch *) watches;
	VEC(struct loop_timer *) timers;
	VEC(struct pollfd) fds;
};

struct loop *loop_new(const struct loop_backend *backend)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));

	loop->backend = *backend;
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	for (size_t i = 0; i < loop->watches.len; i++)
		free(loop->watches.items[i]);
	for (size_t i = 0; i < loop->timers.len; i++)
		free(loop->timers.items[i]);
	vec_release(&loop->watches);
	vec_release(&loop->timers);
	vec_release(&loop->fds);
	free(loop);
}

uint64_t loop_now(const struct loop *loop)
{
	return loop->backend.now(loop->backend.context);
}

struct loop_watch *loop_watch_add(struct loop *loop, int fd, short events, loop_fn fn,
				  void *context)
{
	struct loop_watch *watch = xcalloc(1, sizeof(*watch));

	*watch = (struct loop_watch){ fd, events, fn, context };
	vec_push(&loop->watches, watch);
	return watch;
}

void loop_watch_remove(struct loop_watch *watch)
{
	if (watch)
		watch->fn = NULL;
}

struct loop_timer *loop_timer_add(struct loop *loop, uint64_t delay, loop_fn fn, void *context)
{
	struct loop_timer *timer = xcalloc(1, sizeof(*timer));

	*timer = (struct loop_timer){ loop_now(loop) + delay, fn, false, context };
	vec_push(&loop->timers, timer);
	return timer;
}

void loop_timer_remove(struct loop_timer *timer)
{
	if (timer)
		timer->fn = NULL;
}

/*
 * What was removed goes only here, at the start of a round: callbacks never meet a freed pointer. A
 * timer that fired stays until its owner removed it, for the owner may do that at any time later.
 */
static void sweep(struct loop *loop)
{
	size_t kept = 0;

	for (size_t i = 0; i < loop->watches.len; i++) {
		if (loop->watches.items[i]->fn)
			loop->watches.items[kept++] = loop->watches.items[i];
		else
			free(loop->watches.items[i]);
	}
	loop->watches.len = kept;
	kept = 0;
	for (size_t i = 0; i < loop->timers.len; i++) {
		if (loop->timers.items[i]->fn)
			loop->timers.items[kept++] = loop->timers.items[i];
		else
			free(loop->timers.items[i]);
	}
	loop->timers.len = kept;
}

static int milliseconds_to_next(const struct loop *loop)
{
	uint64_t now = loop_now(loop), next = UINT64_MAX;

	for (size_t i = 0; i < loop->timers.len; i++)
		if (!loop->timers.items[i]->has_fired && loop->timers.items[i]->at < next)
			next = loop->timers.items[i]->at;
	if (next == UINT64_MAX)
		return -1;
	if (next <= now)
		return 0;
	uint64_t left = (next - now + 999999) / 1000000;
	return left > 3600000 ? 3600000 : (int)left;
}

int loop_step(struct loop *loop, struct error *err)
{
	sweep(loop);
	loop->fds.len = 0;
	for (size_t i = 0; i < loop->watches.len; i++) {
		struct loop_watch *watch = loop->watches.items[i];
		vec_push(&loop->fds, (struct pollfd){ watch->fd, watch->events, 0 });
	}
	size_t n_watches = loop->watches.len, n_timers = loop->timers.len;
	if (loop->backend.wait(loop->backend.context, loop->fds.items, n_watches,
			       milliseconds_to_next(loop), err) < 0)
		return -1;
	for (size_t i = 0; i < n_watches; i++) {
		struct loop_watch *watch = loop->watches.items[i];
		if (loop->fds.items[i].revents && watch->fn)
			watch->fn(watch->context);
	}
	uint64_t now = loop_now(loop);
	for (size_t i = 0; i < n_timers; i++) {
		struct loop_timer *timer = loop->timers.items[i];
		if (timer->fn && !timer->has_fired && timer->at <= now) {
			timer->has_fired = true;
			timer->fn(timer->context);
		}
	}
	return 0;
}
