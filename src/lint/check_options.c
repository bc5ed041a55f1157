/* SPDX-License-Identifier: Apache-2.0 */
#include "lint/check_options.h"

#include "base/alloc.h"
#include "base/text.h"

#include <string.h>

enum { PARTS_MAX = 3, QUOTED_MAX = 100, NAME_MAX_SHOWN = 64 };

static const char BLANKS[] = " \t\v\f\r\n";

/* In place, both ends. */
static char *trim(char *text)
{
	size_t len;

	while (text_is_space(*text))
		text++;
	len = strlen(text);
	while (len && text_is_space(text[len - 1]))
		text[--len] = '\0';
	return text;
}

static void set_names(char *names, bool *rules, bool *ret_all)
{
	if (strcmp(names, "all") == 0) {
		*ret_all = true;
		return;
	}
	for (char *name = names, *next; name; name = next) {
		next = strchr(name, ',');
		if (next)
			*next++ = '\0';
		enum lint_rule rule = lint_rule_find(trim(name));
		if (rule != N_LINT_RULES)
			rules[rule] = true;
	}
}

static int unknown_key(const char *key, struct error *err)
{
	static const char *const keys[] = { "skip", "experimental", "error" };
	const char *near = text_nearest(key, keys, countof(keys));

	return error_set(err, ERROR_SYNTAX, "invalid check option \"%.*s\"%s%s%s", QUOTED_MAX, key,
			 near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
}

static int read_part(char *part, struct check_options *options, struct error *err)
{
	autofree char *whole = xstrndup(part, strnlen(part, QUOTED_MAX));
	char *value = strchr(part, '=');

	if (!value)
		return error_set(err, ERROR_SYNTAX, "invalid check option \"%s\"", whole);
	*value++ = '\0';
	char *key = trim(part);
	value = trim(value);
	if (strcmp(key, "skip") == 0) {
		set_names(value, options->skips, &options->skips_all);
	} else if (strcmp(key, "experimental") == 0) {
		set_names(value, options->tries, &options->tries_all);
	} else if (strcmp(key, "error") == 0) {
		if (text_parse_bool(value, &options->is_error, err) < 0)
			return error_wrap(err, "failed to parse check option \"%s\"", whole);
	} else {
		return unknown_key(key, err);
	}
	return 0;
}

static int read_all(const char *text, struct check_options *options, size_t *ret_offset,
		    struct error *err)
{
	autofree char *copy = xstrdup(text);
	char *part = trim(copy);

	/* what stands behind the third ";" belongs to the third part */
	for (int n = 1; *copy && part; n++) {
		char *next = n < PARTS_MAX ? strchr(part, ';') : NULL;
		if (next)
			*next++ = '\0';
		*ret_offset = (size_t)(part - copy) + strspn(part, BLANKS);
		if (read_part(part, options, err) < 0)
			return -1;
		part = next;
	}
	return 0;
}

int check_options_parse(const char *text, struct check_options *ret_options, size_t *ret_offset,
			struct error *err)
{
	struct check_options options = { .skips_all = false };

	if (text && text[strspn(text, BLANKS)] && read_all(text, &options, ret_offset, err) < 0)
		return -1;
	*ret_options = options;
	return 0;
}

bool check_options_find_mistyped(const char *text, struct buf *ret_note)
{
	const char *names[N_LINT_RULES];

	for (size_t i = 0; i < N_LINT_RULES; i++)
		names[i] = lint_rule_row((enum lint_rule)i)->name;
	for (const char *end; text && *text; text = *end ? end + 1 : end) {
		char name[NAME_MAX_SHOWN];
		text += strspn(text, BLANKS);
		size_t len = strcspn(text, ",;= \t\v\f\r\n");
		end = text + len;
		if (len >= sizeof(name))
			continue;
		*(char *)mempcpy(name, text, len) = '\0';
		const char *near = lint_rule_find(name) == N_LINT_RULES
					   ? text_nearest(name, names, countof(names))
					   : NULL;
		if (!near)
			continue;
		buf_printf(ret_note, "there is no rule \"%s\" (did you mean %s?)", name, near);
		return true;
	}
	return false;
}

void check_options_add_comment(struct check_options *options, const char *comment)
{
	for (const char *line = comment; line && *line;) {
		size_t len = strcspn(line, "\n");
		struct error ignored = ERROR_INIT;
		size_t offset;
		if (text_has_prefix(line, "check=")) {
			struct check_options more = *options;
			size_t skipped = strlen("check=");
			autofree char *value = xstrndup(line + skipped, len - skipped);
			if (read_all(value, &more, &offset, &ignored) == 0)
				*options = more;
		}
		line += len;
		line += *line == '\n';
	}
}

bool check_options_ask(const struct check_options *options, enum lint_rule rule, bool with_own)
{
	const struct lint_rule_row *row = lint_rule_row(rule);
	bool is_tried = options->tries_all || options->tries[rule];

	if (row->is_experimental)
		return is_tried;
	if (options->skips_all || options->skips[rule])
		return false;
	return !row->is_own || with_own || is_tried;
}

bool check_options_end_build(const struct check_options *options, enum lint_rule rule)
{
	bool is_tried = options->tries_all || options->tries[rule];

	return options->is_error && (is_tried || !lint_rule_row(rule)->is_of_layers);
}
