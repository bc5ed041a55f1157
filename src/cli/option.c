/* SPDX-License-Identifier: Apache-2.0 */
#include "option.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/vec.h"

#include <string.h>

enum { OPTIONS_MAX = 512 };

void option_result_release(struct option_result *result)
{
	strv_release(&result->operands);
	strv_release(&result->lines);
	vec_release(&result->settled);
	vec_release(&result->current);
}

/* --- rows ---------------------------------------------------------------------------------------
 */

const struct option *option_find(const struct option_table *const *tables, const char *name)
{
	for (; *tables; tables++)
		for (size_t i = 0; i < (*tables)->len; i++)
			if (strcmp((*tables)->rows[i].name, name) == 0)
				return &(*tables)->rows[i];
	return NULL;
}

static const struct option *find_letter(const struct option_table *const *tables, char letter)
{
	for (; *tables; tables++)
		for (size_t i = 0; i < (*tables)->len; i++)
			if ((*tables)->rows[i].letter == letter)
				return &(*tables)->rows[i];
	return NULL;
}

void option_variable(const struct option *option, struct buf *buf)
{
	buf_add_text(buf, "CBUILD_");
	for (const char *c = option->name; *c; c++) {
		char upper = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
		buf_add_char(buf, *c == '-' ? '_' : upper);
	}
}

bool option_takes_value(const struct option *option)
{
	return option->kind != OPTION_BOOL && option->kind != OPTION_MAYBE;
}

static const char *nearest_name(const struct option_table *const *tables, const char *name)
{
	const char *names[OPTIONS_MAX];
	size_t n = 0;

	for (; *tables; tables++)
		for (size_t i = 0; i < (*tables)->len && n < OPTIONS_MAX; i++)
			names[n++] = (*tables)->rows[i].name;
	return text_nearest(name, names, n);
}

/* --- values -------------------------------------------------------------------------------------
 */

static int set_choice(const struct option *option, const char *text, int *value, struct error *err)
{
	cleanup(buf_release) struct buf words = BUF_INIT;

	for (const struct option_choice *choice = option->choices; choice->word; choice++) {
		if (strcmp(choice->word, text) == 0) {
			*value = choice->value;
			return 0;
		}
		buf_printf(&words, "%s%s", words.len ? ", " : "", choice->word);
	}
	return error_set(err, ERROR_USAGE, "'%s' is none of: %s", text, words.data);
}

static int set_unsigned(const char *text, unsigned *value, struct error *err)
{
	uint64_t number;

	if (text_parse_unsigned(text, 1000000, &number, err) < 0)
		return -1;
	if (number == 0)
		return error_set(err, ERROR_USAGE, "at least 1");
	*value = (unsigned)number;
	return 0;
}

/* `text` is NULL where the option stands bare. */
static int set_value(const struct option *option, const char *text, void *values, struct error *err)
{
	void *value = (char *)values + option->offset;

	switch (option->kind) {
	case OPTION_BOOL:
		*(bool *)value = true;
		return text ? text_parse_bool(text, value, err) : 0;
	case OPTION_TEXT:
		free(*(char **)value);
		*(char **)value = xstrdup(text);
		return 0;
	case OPTION_LIST:
		strv_add(value, text);
		return 0;
	case OPTION_UNSIGNED:
		return set_unsigned(text, value, err);
	case OPTION_DURATION:
		return text_parse_duration(text, value, err);
	case OPTION_CHOICE:
		return set_choice(option, text, value, err);
	case OPTION_MAYBE:
	default:
		return set_choice(option, text ? text : option->choices[0].word, value, err);
	}
}

static bool is_offset_in(const size_t *items, size_t len, size_t offset)
{
	for (size_t i = 0; i < len; i++)
		if (items[i] == offset)
			return true;
	return false;
}

static bool is_word_in(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at += len)
		if ((at == words || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
	return false;
}

/* As the user wrote it: "--tag", "-t", "CBUILD_TAG", "file:3: tag". */
static int refuse(enum option_status status, const char *written, const char *text,
		  struct error *err)
{
	if (status == OPTION_LATER)
		return error_set(err, ERROR_USAGE, "%s is not supported yet%s%s%s", written,
				 text ? " (" : "", text ? text : "", text ? ")" : "");
	return error_set(err, ERROR_USAGE, "%s: %s", written, text);
}

static int accept_with_line(const struct option *option, const char *written, const char *value,
			    struct option_result *result, struct error *err)
{
	if (!value && option->kind == OPTION_BOOL)
		value = "true";
	if (option->line_for && (!value || !is_word_in(option->line_for, value)))
		return refuse(option->otherwise, written, option->otherwise_text, err);
	strv_printf(&result->lines, "%s: %s", written, option->text);
	return 0;
}

static int apply(const struct option *option, const char *written, const char *value, void *values,
		 struct option_result *result, struct error *err)
{
	if (option->status == OPTION_LINE)
		return accept_with_line(option, written, value, result, err);
	if (option->status != OPTION_WORKS)
		return refuse(option->status, written, option->text, err);
	if (is_offset_in(result->settled.items, result->settled.len, option->offset))
		return 0;
	bool is_repeated = is_offset_in(result->current.items, result->current.len, option->offset);
	if (is_repeated && option->once)
		return error_set(err, ERROR_USAGE, "%s is given twice: %s", written, option->once);
	if (!is_repeated)
		vec_push(&result->current, option->offset);
	if (set_value(option, value, values, err) < 0) {
		err->code = ERROR_USAGE;
		return error_wrap(err, "%s", written);
	}
	return 0;
}

/* What this source said is the last word on it. */
static void settle(struct option_result *result)
{
	for (size_t i = 0; i < result->current.len; i++)
		vec_push(&result->settled, result->current.items[i]);
	result->current.len = 0;
}

/* --- the command line ---------------------------------------------------------------------------
 */

struct command_line_reader {
	const struct option_table *const *tables;
	char *const *next;
	void *values;
	struct option_result *result;
};

static int want_value(struct command_line_reader *reader, const struct option *option,
		      const char *written, const char **value, struct error *err)
{
	if (*value || !option_takes_value(option))
		return 0;
	if (!*reader->next)
		return error_set(err, ERROR_USAGE, "%s wants a value (%s)", written,
				 option->metavar ? option->metavar : "VALUE");
	*value = *reader->next++;
	return 0;
}

static int read_long(struct command_line_reader *reader, const char *arg, struct error *err)
{
	const char *equals = strchr(arg, '=');
	size_t len = equals ? (size_t)(equals - arg) : strlen(arg);
	autofree char *written = xstrndup(arg, len);
	const char *value = equals ? equals + 1 : NULL;
	const struct option *option = option_find(reader->tables, written + 2);

	if (!option) {
		const char *near = nearest_name(reader->tables, written + 2);
		return error_set(err, ERROR_USAGE, "unknown option '%s'%s%s%s", written,
				 near ? "; did you mean '--" : "", near ? near : "",
				 near ? "'?" : "");
	}
	if (want_value(reader, option, written, &value, err) < 0)
		return -1;
	return apply(option, written, value, reader->values, reader->result, err);
}

/* -qt NAME, -tNAME, -t=NAME, as pflag reads them. */
static int read_letters(struct command_line_reader *reader, const char *arg, struct error *err)
{
	for (const char *letter = arg + 1; *letter; letter++) {
		const char written[] = { '-', *letter, '\0' };
		const struct option *option = find_letter(reader->tables, *letter);
		if (!option)
			return error_set(err, ERROR_USAGE, "unknown option '%s'%s%s%s", written,
					 arg[2] ? " in '" : "", arg[2] ? arg : "",
					 arg[2] ? "'" : "");
		const char *value = NULL;
		bool has_value = letter[1] == '=' || (option_takes_value(option) && letter[1]);
		if (has_value)
			value = letter[1] == '=' ? letter + 2 : letter + 1;
		if (want_value(reader, option, written, &value, err) < 0 ||
		    apply(option, written, value, reader->values, reader->result, err) < 0)
			return -1;
		if (has_value)
			break;
	}
	return 0;
}

int options_parse(const struct option_table *const *tables, char *const *args, void *values,
		  struct option_result *result, struct error *err)
{
	struct command_line_reader reader = {
		.tables = tables, .next = args, .values = values, .result = result
	};
	bool is_past_options = false;

	while (*reader.next) {
		const char *arg = *reader.next++;
		if (is_past_options || arg[0] != '-' || !arg[1])
			strv_add(&result->operands, arg);
		else if (strcmp(arg, "--") == 0)
			is_past_options = true;
		else if ((arg[1] == '-' ? read_long(&reader, arg, err)
					: read_letters(&reader, arg, err)) < 0)
			return -1;
	}
	settle(result);
	return 0;
}

/* --- settings -----------------------------------------------------------------------------------
 */

/* A list in one variable: an item a line. */
static int apply_setting(const struct option *option, const char *written, const char *value,
			 void *values, struct option_result *result, struct error *err)
{
	if (option->kind != OPTION_LIST)
		return apply(option, written, value, values, result, err);
	while (*value) {
		size_t len = strcspn(value, "\n");
		autofree char *item = xstrndup(value, len);
		if (len && apply(option, written, item, values, result, err) < 0)
			return -1;
		value += len + (value[len] == '\n');
	}
	return 0;
}

static const char *find_variable(char *const *environment, const char *name)
{
	size_t len = strlen(name);

	for (; *environment; environment++)
		if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
			return *environment + len + 1;
	return NULL;
}

static int read_variable(const struct option *option, char *const *environment, void *values,
			 struct option_result *result, struct error *err)
{
	cleanup(buf_release) struct buf name = BUF_INIT;

	if (option->command_line_only)
		return 0;
	option_variable(option, &name);
	const char *value = find_variable(environment, name.data);
	if (!value && option->peer_variable) {
		buf_clear(&name);
		buf_add_text(&name, option->peer_variable);
		value = find_variable(environment, name.data);
	}
	/* An empty variable is how scripts unset one. */
	if (!value || !*value)
		return 0;
	return apply_setting(option, name.data, value, values, result, err);
}

int options_read_environment(const struct option_table *const *tables, char *const *environment,
			     void *values, struct option_result *result, struct error *err)
{
	for (; *tables; tables++)
		for (size_t i = 0; i < (*tables)->len; i++)
			if (read_variable(&(*tables)->rows[i], environment, values, result, err) <
			    0)
				return -1;
	settle(result);
	return 0;
}

static char *trimmed(const char *text, size_t len)
{
	while (len && text_is_space(text[0])) {
		text++;
		len--;
	}
	while (len && text_is_space(text[len - 1]))
		len--;
	return xstrndup(text, len);
}

static bool is_known(const struct option_table *const *const *all, const char *name)
{
	for (; *all; all++)
		if (option_find(*all, name))
			return true;
	return false;
}

struct setting_line {
	const char *text;
	size_t len;
	const char *file_name;
	unsigned number;
};

static int read_setting(const struct option_table *const *tables,
			const struct option_table *const *const *all,
			const struct setting_line *line, void *values, struct option_result *result,
			struct error *err)
{
	const char *equals = memchr(line->text, '=', line->len);
	size_t name_len = equals ? (size_t)(equals - line->text) : line->len;
	autofree char *name = trimmed(line->text, name_len);
	autofree char *written = xasprintf("%s:%u: %s", line->file_name, line->number, name);

	if (!*name || *name == '#')
		return 0;
	const struct option *option = option_find(tables, name);
	if (!option && is_known(all, name))
		return 0;
	if (!option || option->command_line_only) {
		const char *near = nearest_name(tables, name);
		return error_set(err, ERROR_USAGE, "%s is no setting%s%s%s", written,
				 near ? "; did you mean '" : "", near ? near : "",
				 near ? "'?" : "");
	}
	if (!equals && option_takes_value(option))
		return error_set(err, ERROR_USAGE, "%s wants a value (%s = %s)", written, name,
				 option->metavar ? option->metavar : "VALUE");
	autofree char *value = equals ? trimmed(equals + 1, line->len - name_len - 1) : NULL;
	return apply(option, written, value, values, result, err);
}

int options_read_file(const struct option_table *const *tables,
		      const struct option_table *const *const *all, const char *text, size_t len,
		      const char *file_name, void *values, struct option_result *result,
		      struct error *err)
{
	struct setting_line line = { .text = text, .file_name = file_name };

	if (memchr(text, '\0', len))
		return error_set(err, ERROR_USAGE, "'%s' is no text", file_name);
	for (const char *end = text + len; line.text < end; line.text += line.len + 1) {
		const char *newline = memchr(line.text, '\n', (size_t)(end - line.text));
		line.len = (size_t)((newline ? newline : end) - line.text);
		line.number++;
		if (read_setting(tables, all, &line, values, result, err) < 0)
			return -1;
	}
	settle(result);
	return 0;
}
