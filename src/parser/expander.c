/* SPDX-License-Identifier: Apache-2.0 */
#include "expander.h"

#include "rune.h"

void frame_release(struct frame *frame)
{
	buf_release(&frame->text);
	buf_release(&frame->name);
	buf_release(&frame->pattern);
}

void expander_release(struct expander *x)
{
	while (x->frames.len)
		frame_release(&x->frames.items[--x->frames.len]);
	vec_release(&x->frames);
	buf_release(&x->word);
}

struct frame *expander_top(const struct expander *x)
{
	return &x->frames.items[x->frames.len - 1];
}

int expander_push(struct expander *x, struct frame frame, struct error *err)
{
	if (x->frames.len > EXPAND_DEPTH_MAX) {
		frame_release(&frame);
		return error_set(err, ERROR_SYNTAX, "substitutions nested deeper than %d",
				 EXPAND_DEPTH_MAX);
	}
	vec_push(&x->frames, frame);
	return 0;
}

struct frame expander_pop(struct expander *x)
{
	return x->frames.items[--x->frames.len];
}

static int check_len(const struct expander *x, size_t len, struct error *err)
{
	if (len > x->max)
		return error_set(err, ERROR_SYNTAX, "expands to more than %zu bytes", x->max);
	return 0;
}

static bool gathers_words(const struct expander *x)
{
	return x->words && x->frames.len == 1;
}

int expander_add_raw(struct expander *x, const char *text, size_t len, struct error *err)
{
	struct buf *to = gathers_words(x) ? &x->word : &expander_top(x)->text;

	if (check_len(x, to->len + len, err) < 0)
		return -1;
	buf_add(to, text, len);
	return 0;
}

void expander_end_word(struct expander *x)
{
	if (x->word.len)
		strv_addn(x->words, x->word.data, x->word.len);
	buf_clear(&x->word);
}

int expander_add_text(struct expander *x, const char *text, size_t len, struct error *err)
{
	const char *end = text + len;

	if (!gathers_words(x))
		return expander_add_raw(x, text, len, err);
	while (text < end) {
		const char *start = text;
		if (rune_is_space(rune_read(&text, end)))
			expander_end_word(x);
		else if (expander_add_raw(x, start, (size_t)(text - start), err) < 0)
			return -1;
	}
	return 0;
}
