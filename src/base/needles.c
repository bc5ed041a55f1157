/* SPDX-License-Identifier: Apache-2.0 */
#include "needles.h"

#include "base/alloc.h"

static bool is_line_end(unsigned char byte)
{
	return byte == '\n' || byte == '\r';
}

void needles_release(struct needles *needles)
{
	vec_release(&needles->states);
}

static uint32_t find_child(const struct needles *needles, uint32_t state, unsigned char byte)
{
	const struct needle_state *states = needles->states.items;

	if (!state)
		return needles->first[byte];
	uint32_t child = states[state].child;
	while (child && states[child].byte != byte)
		child = states[child].sibling;
	return child;
}

static uint32_t add_child(struct needles *needles, uint32_t state, unsigned char byte)
{
	uint32_t child = (uint32_t)needles->states.len;
	struct needle_state made = { .byte = byte,
				     .depth = needles->states.items[state].depth + 1,
				     .sibling = needles->states.items[state].child };

	vec_push(&needles->states, made);
	needles->states.items[state].child = child;
	if (!state)
		needles->first[byte] = child;
	return child;
}

void needles_add(struct needles *needles, const void *data, size_t len, uint32_t tag)
{
	const unsigned char *bytes = data;
	uint32_t state = 0;

	if (!needles->states.len)
		vec_push(&needles->states, (struct needle_state){ 0 });
	for (size_t i = 0; i < len; i++) {
		if (is_line_end(bytes[i]))
			continue;
		uint32_t child = find_child(needles, state, bytes[i]);
		state = child ? child : add_child(needles, state, bytes[i]);
	}
	struct needle_state *last = &needles->states.items[state];
	if (!state || last->hit)
		return;
	last->hit = state;
	last->tag = tag;
	if (last->depth > needles->longest)
		needles->longest = last->depth;
}

/* Where a byte leads from a state and, where it leads nowhere, from its suffixes. */
static uint32_t follow(const struct needles *needles, uint32_t state, unsigned char byte)
{
	for (;;) {
		uint32_t child = find_child(needles, state, byte);
		if (child || !state)
			return child;
		state = needles->states.items[state].fail;
	}
}

/* By depth, since what a state falls back to is less deep than it is. */
void needles_finish(struct needles *needles)
{
	struct needle_state *states = needles->states.items;
	autofree uint32_t *queue = xcalloc(needles->states.len + 1, sizeof(*queue));
	size_t n = 0;

	for (uint32_t child = states ? states[0].child : 0; child; child = states[child].sibling)
		queue[n++] = child;
	for (size_t i = 0; i < n; i++) {
		const struct needle_state *state = &states[queue[i]];
		for (uint32_t child = state->child; child; child = states[child].sibling) {
			uint32_t fail = follow(needles, state->fail, states[child].byte);
			states[child].fail = fail;
			if (!states[child].hit)
				states[child].hit = states[fail].hit;
			queue[n++] = child;
		}
	}
}

uint32_t needles_step(const struct needles *needles, uint32_t state, unsigned char byte)
{
	return follow(needles, state, byte);
}

bool needles_hit_at(const struct needles *needles, uint32_t state, struct needle_hit *ret_hit)
{
	const struct needle_state *states = needles->states.items;

	if (!state || !states[state].hit)
		return false;
	*ret_hit = (struct needle_hit){ .tag = states[states[state].hit].tag,
					.len = states[states[state].hit].depth };
	return true;
}

uint32_t needles_depth(const struct needles *needles, uint32_t state)
{
	/* what is whole grows no further */
	while (state && !needles->states.items[state].child)
		state = needles->states.items[state].fail;
	return state ? needles->states.items[state].depth : 0;
}

size_t needles_find(const struct needles *needles, uint32_t *state, const void *data, size_t len,
		    struct needle_hit *ret_hit)
{
	const unsigned char *bytes = data;
	uint32_t at = *state;

	for (size_t i = 0; i < len; i++) {
		/* most bytes begin nothing */
		while (!at && i < len && !needles->first[bytes[i]])
			i++;
		if (i == len)
			break;
		if (is_line_end(bytes[i]))
			continue;
		at = follow(needles, at, bytes[i]);
		if (needles_hit_at(needles, at, ret_hit)) {
			*state = at;
			return i + 1;
		}
	}
	*state = at;
	return 0;
}
