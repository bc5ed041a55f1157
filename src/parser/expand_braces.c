/* SPDX-License-Identifier: Apache-2.0 */
#include "expander.h"
#include "quote.h"
#include "rune.h"
#include "substitute.h"

#include <string.h>

static bool is_special_name(uint32_t rune)
{
	return rune && rune < 0x80 && strchr("@*#?-$!0", (int)rune);
}

static bool is_name_rune(uint32_t rune, bool digits_only)
{
	return rune_is_digit(rune) || (!digits_only && (rune == '_' || rune_is_letter(rune)));
}

/* A run of digits, one special character, or letters, digits and "_". */
static void read_name(struct expander *x, struct buf *name)
{
	const char *start = x->c;

	if (x->c == x->end)
		return;
	uint32_t first = rune_read(&x->c, x->end);
	bool is_number = rune_is_digit(first);
	if (is_number || !is_special_name(first)) {
		x->c = start;
		for (const char *next = start; next < x->end;) {
			if (!is_name_rune(rune_read(&next, x->end), is_number))
				break;
			x->c = next;
		}
	}
	buf_add(name, start, (size_t)(x->c - start));
}

/* The value, or NULL. */
static const char *look_up(const struct expander *x, const char *name)
{
	const struct expand_scope *scope = x->scope;
	const char *value = scope->lookup ? scope->lookup(scope->context, name) : NULL;

	if (!value && scope->undefined)
		scope->undefined(scope->context, name);
	return value;
}

static int missing_brace(struct error *err)
{
	return error_set(err, ERROR_SYNTAX, "syntax error: missing '}'");
}

static int unsupported_modifier(const struct frame *frame, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (frame->null_is_unset)
		buf_add_char(&text, ':');
	rune_add(&text, frame->modifier);
	return error_set(err, ERROR_SYNTAX, "unsupported modifier (%s) in substitution",
			 unquoted(text.data).text);
}

/* ${name?word} of a name that may not be so. */
static int refuse_value(const struct frame *frame, bool is_set, struct error *err)
{
	const char *reason = is_set ? "is not allowed to be empty" : "is not allowed to be unset";

	return error_set(err, ERROR_SYNTAX, "%s: %s", unquoted(frame->name.data).text,
			 frame->text.len ? frame->text.data : reason);
}

static int trim_value(const struct frame *frame, const char *value, struct buf *ret_text,
		      struct error *err)
{
	const char *pattern = frame->text.data;
	struct trim trim = { .is_suffix = frame->modifier == '%' };

	/* the second # or % is the first character of the word */
	if ((unsigned char)*pattern == frame->modifier) {
		trim.is_longest = true;
		pattern++;
	}
	return substitute_trim(value, pattern, trim, ret_text, err);
}

/* The substitution that ended with this frame. */
static int evaluate(const struct frame *frame, const char *set_value, struct buf *ret_text,
		    struct error *err)
{
	const char *value = set_value ? set_value : "";
	bool is_missing = !set_value || (frame->null_is_unset && !*value);

	if (frame->kind == FRAME_REPLACEMENT)
		return substitute_replace(value, frame->pattern.data, frame->text.data,
					  frame->replaces_all, ret_text, err);
	switch (frame->modifier) {
	case '-':
		buf_add_text(ret_text, is_missing ? frame->text.data : value);
		return 0;
	case '+':
		buf_add_text(ret_text, is_missing ? "" : frame->text.data);
		return 0;
	case '?':
		if (is_missing)
			return refuse_value(frame, set_value, err);
		buf_add_text(ret_text, value);
		return 0;
	case '#':
	case '%':
		return trim_value(frame, value, ret_text, err);
	default:
		return unsupported_modifier(frame, err);
	}
}

/* "${name:-word}" of an unset name where those stay. */
static void add_as_written(const struct frame *frame, struct buf *text)
{
	buf_printf(text, "${%s", frame->name.data);
	if (frame->kind == FRAME_REPLACEMENT) {
		buf_printf(text, "/%s/", frame->pattern.data);
	} else {
		if (frame->null_is_unset)
			buf_add_char(text, ':');
		rune_add(text, frame->modifier);
	}
	buf_printf(text, "%s}", frame->text.data);
}

static int close_substitution(struct expander *x, struct error *err)
{
	cleanup(frame_release) struct frame frame = expander_pop(x);
	cleanup(buf_release) struct buf text = BUF_INIT;
	const char *value = look_up(x, frame.name.data);

	if (!value && x->scope->keeps_unset)
		add_as_written(&frame, &text);
	else if (evaluate(&frame, value, &text, err) < 0)
		return -1;
	return expander_add_text(x, text.data, text.len, err);
}

int expander_close_part(struct expander *x, struct error *err)
{
	struct frame *frame = expander_top(x);

	if (frame->kind != FRAME_PATTERN)
		return close_substitution(x, err);
	frame->kind = FRAME_REPLACEMENT;
	frame->pattern = frame->text;
	frame->text = (struct buf)BUF_INIT;
	return 0;
}

static int add_variable(struct expander *x, const char *name, bool has_braces, struct error *err)
{
	const char *value = look_up(x, name);

	if (value)
		return expander_add_text(x, value, strlen(value), err);
	if (!x->scope->keeps_unset)
		return 0;
	cleanup(buf_release) struct buf text = BUF_INIT;
	buf_printf(&text, has_braces ? "${%s}" : "$%s", name);
	return expander_add_text(x, text.data, text.len, err);
}

/* Behind the name in ${name...}: what is to be done. */
static int open_substitution(struct expander *x, struct frame *frame, struct error *err)
{
	if (x->c == x->end)
		return missing_brace(err);
	frame->modifier = rune_read(&x->c, x->end);
	if (frame->modifier == '/') {
		frame->kind = FRAME_PATTERN;
		frame->keeps_escapes = true;
		frame->replaces_all = x->c < x->end && *x->c == '/';
		x->c += frame->replaces_all;
		return 0;
	}
	bool is_known = frame->modifier < 0x80 && strchr("+-?#%", (int)frame->modifier);
	if (frame->modifier == ':') {
		frame->null_is_unset = true;
		if (x->c == x->end)
			return missing_brace(err);
		frame->modifier = rune_read(&x->c, x->end);
		is_known = true; /* or found out when the word is over */
	}
	frame->keeps_escapes = frame->modifier == '#' || frame->modifier == '%';
	if (!is_known || (frame->keeps_escapes && frame->null_is_unset))
		return unsupported_modifier(frame, err);
	return 0;
}

static int read_braces(struct expander *x, struct error *err)
{
	cleanup(frame_release) struct frame frame = FRAME_INIT(FRAME_WORD);

	if (x->c == x->end)
		return missing_brace(err);
	if (strchr("{}:", *x->c))
		return error_set(err, ERROR_SYNTAX, "syntax error: bad substitution");
	read_name(x, &frame.name);
	if (x->c < x->end && *x->c == '}') {
		x->c++;
		return add_variable(x, frame.name.data, true, err);
	}
	if (open_substitution(x, &frame, err) < 0)
		return -1;
	struct frame taken = frame;
	frame = (struct frame)FRAME_INIT(FRAME_TOP);
	return expander_push(x, taken, err);
}

int expander_read_dollar(struct expander *x, struct error *err)
{
	cleanup(buf_release) struct buf name = BUF_INIT;

	if (x->c < x->end && *x->c == '{') {
		x->c++;
		return read_braces(x, err);
	}
	read_name(x, &name);
	if (!name.len)
		return expander_add_text(x, "$", 1, err);
	return add_variable(x, name.data, false, err);
}
