/* SPDX-License-Identifier: Apache-2.0 */
#include "directive.h"

#include "quote.h"

#include "base/json.h"
#include "base/text.h"

#include <string.h>

enum { NAME_SIZE = 8 };

struct directive {
	char name[NAME_SIZE]; /* lower case; "" = none that is known */
	struct span value;
};

/* Go's \s: without the vertical tab. */
static bool is_blank(char c)
{
	return c != '\v' && text_is_space(c);
}

static struct span trim_blanks(struct span span)
{
	while (span.len && is_blank(*span.data)) {
		span.data++;
		span.len--;
	}
	while (span.len && is_blank(span.data[span.len - 1]))
		span.len--;
	return span;
}

static bool is_known(const char *name)
{
	return strcmp(name, "syntax") == 0 || strcmp(name, "escape") == 0 ||
	       strcmp(name, "check") == 0;
}

/* Reads name = value behind the comment sign; false when it has not that form. */
static bool read_directive(struct span line, struct directive *ret_directive)
{
	struct directive directive = { .name = "" };
	size_t len = 0;

	line = span_skip_spaces(line);
	while (len < line.len &&
	       (text_is_alpha(line.data[len]) || (len && text_is_digit(line.data[len]))))
		len++;
	struct span rest = trim_blanks((struct span){ line.data + len, line.len - len });
	if (!len || len >= NAME_SIZE || !rest.len || *rest.data != '=')
		return false;
	directive.value = trim_blanks((struct span){ rest.data + 1, rest.len - 1 });
	memcpy(directive.name, line.data, len);
	text_make_lower(directive.name);
	if (!directive.value.len || !is_known(directive.name))
		return false;
	*ret_directive = directive;
	return true;
}

static bool *seen_flag(struct directives *directives, const char *name)
{
	if (*name == 's')
		return &directives->has_syntax;
	return *name == 'e' ? &directives->has_escape : &directives->has_check;
}

static int set_escape(struct directives *directives, struct span value, struct error *err)
{
	if (value.len != 1 || (*value.data != '\\' && *value.data != '`'))
		return error_set(err, ERROR_SYNTAX,
				 "invalid escape token '%.*s' does not match ` or \\",
				 (int)(value.len > 100 ? 100 : value.len), value.data);
	directives->escape = *value.data;
	return 0;
}

int directives_read_line(struct directives *directives, struct span line, struct error *err)
{
	struct directive directive;

	if (directives->is_over)
		return 0;
	bool is_one = line.len && *line.data == '#' &&
		      read_directive((struct span){ line.data + 1, line.len - 1 }, &directive);
	if (!is_one) {
		directives->is_over = true;
		return 0;
	}
	bool *is_seen = seen_flag(directives, directive.name);
	if (*is_seen)
		return error_set(err, ERROR_SYNTAX, "only one %s parser directive can be used",
				 directive.name);
	*is_seen = true;
	if (is_seen == &directives->has_escape && set_escape(directives, directive.value, err) < 0)
		return -1;
	return 1;
}

static bool has_prefix(struct span span, const char *prefix)
{
	size_t len = strlen(prefix);

	return span.len >= len && memcmp(span.data, prefix, len) == 0;
}

static const char *first_word(struct span value, struct arena *arena)
{
	const char *blank = memchr(value.data, ' ', value.len);

	return arena_strndup(arena, value.data, blank ? (size_t)(blank - value.data) : value.len);
}

/* The directives behind a comment sign, up to the first line that is none; there are first_line
 * lines before the text. */
static struct detected_directives detect_section(struct span text, uint32_t first_line,
						 const char *sign, struct arena *arena)
{
	struct source source = { .text = text.data, .len = text.len };
	struct detected_directives found = { .syntax = NULL };
	bool has_escape = false;
	size_t sign_len = strlen(sign);
	struct span line;

	while (source_next(&source, &line) && has_prefix(line, sign)) {
		struct directive directive;
		const char *start = line.data;
		line = (struct span){ line.data + sign_len, line.len - sign_len };
		if (!read_directive(line, &directive))
			break;
		bool is_escape = *directive.name == 'e', is_syntax = *directive.name == 's';
		const char **value = is_syntax ? &found.syntax : &found.check;
		if (is_escape ? has_escape : *value != NULL)
			break;
		has_escape = has_escape || is_escape;
		if (is_escape)
			continue;
		*value = first_word(directive.value, arena);
		struct position at = { .line = first_line + source.line,
				       .column = (uint32_t)(directive.value.data - start) + 1,
				       .last_line = first_line + source.line };
		*(is_syntax ? &found.syntax_at : &found.check_at) = at;
	}
	return found;
}

/* A file that is one JSON object with the key "syntax", for other frontends. */
static const char *detect_json(struct span text, struct arena *arena)
{
	cleanup(value_free) json_t *value = NULL;
	struct error err = ERROR_INIT;
	const char *syntax = NULL;
	struct span start = span_skip_spaces(text);

	if (!start.len || *start.data != '{' ||
	    value_read(text.data, text.len, "Dockerfile", &value, &err) < 0 ||
	    value_get_text(value, "syntax", &syntax, &err) <= 0)
		return NULL;
	return arena_strdup(arena, syntax);
}

struct detected_directives directives_detect(struct span text, struct arena *arena)
{
	struct source source = { .text = text.data, .len = text.len };
	struct span line;

	if (has_prefix(text, "#!") && source_next(&source, &line))
		text = (struct span){ text.data + source.at, text.len - source.at };
	struct detected_directives found = detect_section(text, source.line, "#", arena);
	if (!found.syntax) {
		struct detected_directives other = detect_section(text, source.line, "//", arena);
		found.syntax = other.syntax;
		found.syntax_at = other.syntax_at;
	}
	if (!found.syntax) {
		found.syntax = detect_json(text, arena);
		found.syntax_at = (struct position){ source.line + 1, 0, source.line + 1 };
	}
	return found;
}
