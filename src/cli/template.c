/* SPDX-License-Identifier: Apache-2.0 */
#include "template.h"

#include "template_value.h"

#include "base/alloc.h"
#include "base/strv.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { NESTING_MAX = 32, TOKENS_MAX = 64 };

struct renderer {
	const char *at; /* what comes next */
	const json_t *root;
	struct buf *out;
	unsigned depth;
	bool trims; /* "-}}" stood before: blanks that follow are not printed */
};

/* What a block ended with. */
enum ending { ENDING_TEXT = 0, ENDING_ELSE, ENDING_END };

/* --- one action ---------------------------------------------------------------------------------
 */

/* The token's first character tells: " text, | pipe, else a word. */
static int read_text_token(const char **at, struct strv *tokens, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	char quote = *(*at)++;

	buf_add_char(&text, '"');
	for (; **at != quote; (*at)++) {
		if (!**at)
			return error_set(err, ERROR_USAGE, "a text has no end");
		if (quote == '`' || **at != '\\') {
			buf_add_char(&text, **at);
			continue;
		}
		(*at)++;
		static const char escapes[] = "n\nt\tr\r\"\"\\\\";
		const char *escape = **at ? strchr(escapes, **at) : NULL;
		if (!escape)
			return error_set(err, ERROR_USAGE, "an escape in a text is not known");
		buf_add_char(&text, escape[1]);
	}
	(*at)++;
	strv_add(tokens, text.data);
	return 0;
}

static int tokenize(const char *action, struct strv *tokens, struct error *err)
{
	const char *at = action;

	for (;;) {
		at += strspn(at, " \t\r\n");
		if (!*at)
			return 0;
		if (tokens->len >= TOKENS_MAX)
			return error_set(err, ERROR_USAGE, "an action is too long");
		if (*at == '"' || *at == '`') {
			if (read_text_token(&at, tokens, err) < 0)
				return -1;
			continue;
		}
		size_t len = *at == '|' ? 1 : strcspn(at, " \t\r\n|\"`");
		strv_addn(tokens, at, len);
		at += len;
	}
}

/* "a, b and c" */
static int no_field(const json_t *object, const char *path, const char *key, struct error *err)
{
	cleanup(buf_release) struct buf keys = BUF_INIT;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
		buf_printf(&keys, "%s.%s", keys.len ? " " : "", name);
	return error_set(err, ERROR_USAGE, "'%s': there is no field '.%s'; there are: %s", path,
			 key, keys.len ? keys.data : "none");
}

/*
 * ".A.B". On the first level and in the second the fields are known, so what is not there is a
 * mistake; further down are maps of the image's own making.
 */
static int find_field(const json_t *dot, const char *path, bool is_root, json_t **ret_value,
		      struct error *err)
{
	const json_t *value = dot;

	for (const char *at = path; *at == '.' && at[1];) {
		size_t len = strcspn(at + 1, ".");
		autofree char *key = xstrndup(at + 1, len);
		if (!json_is_object(value))
			return error_set(err, ERROR_USAGE, "'%s': '.%s' is asked of no map", path,
					 key);
		const json_t *found = json_object_get(value, key);
		if (!found && is_root && value == dot)
			return no_field(value, path, key, err);
		value = found;
		at += len + 1;
		if (!value)
			break;
	}
	*ret_value = json_incref((json_t *)(uintptr_t)value);
	return 0;
}

static int read_operand(const struct renderer *renderer, const json_t *dot, const char *token,
			json_t **ret_value, struct error *err)
{
	char *end;

	if (*token == '"') {
		*ret_value = json_string(token + 1);
		return 0;
	}
	if (*token == '.')
		return find_field(dot, token, dot == renderer->root, ret_value, err);
	if (strcmp(token, "$") == 0 || text_has_prefix(token, "$."))
		return find_field(renderer->root, token + 1, true, ret_value, err);
	if (strcmp(token, "true") == 0 || strcmp(token, "false") == 0) {
		*ret_value = json_boolean(*token == 't');
		return 0;
	}
	long long number = strtoll(token, &end, 10);
	if (end != token && !*end) {
		*ret_value = json_integer(number);
		return 0;
	}
	return error_set(err, ERROR_USAGE, "'%s' is not supported yet in templates", token);
}

struct arguments {
	json_t *items[TEMPLATE_ARGUMENTS_MAX];
	size_t len;
};

static void arguments_release(struct arguments *arguments)
{
	for (size_t i = 0; i < arguments->len; i++)
		json_decref(arguments->items[i]);
}
DEFINE_RELEASE(struct arguments, arguments_release);

/* One part of a pipe; *value is what comes in, and then what goes out. */
static int run_part(const struct renderer *renderer, const json_t *dot, char *const *tokens,
		    size_t n, bool is_first, json_t **value, struct error *err)
{
	cleanup(arguments_release) struct arguments arguments = { .len = 0 };
	bool is_call = n && template_is_function(tokens[0]);

	if (!n)
		return error_set(err, ERROR_USAGE, "there is nothing in an action");
	for (size_t i = is_call; i < n; i++) {
		if (arguments.len + 1 >= TEMPLATE_ARGUMENTS_MAX)
			return error_set(err, ERROR_USAGE, "too many arguments");
		if (read_operand(renderer, dot, tokens[i], &arguments.items[arguments.len], err) <
		    0)
			return -1;
		arguments.len++;
	}
	if (!is_call && (n > 1 || !is_first))
		return error_set(err, ERROR_USAGE, "'%s' is no function that is supported yet",
				 tokens[0]);
	if (!is_call) {
		*value = json_incref(arguments.items[0]);
		return 0;
	}
	if (!is_first)
		arguments.items[arguments.len++] = take_ptr(value);
	return template_call(tokens[0], arguments.items, arguments.len, value, err);
}

static int run_pipe(const struct renderer *renderer, const json_t *dot, char *const *tokens,
		    size_t n, json_t **ret_value, struct error *err)
{
	cleanup(value_free) json_t *value = NULL;
	size_t start = 0;

	for (size_t i = 0; i <= n; i++) {
		if (i < n && strcmp(tokens[i], "|") != 0)
			continue;
		if (run_part(renderer, dot, tokens + start, i - start, start == 0, &value, err) < 0)
			return -1;
		start = i + 1;
	}
	*ret_value = take_ptr(&value);
	return 0;
}

/* --- blocks -------------------------------------------------------------------------------------
 */

/* Up to the "}}" that is in no text; the caller's, or NULL. */
static char *cut_action(struct renderer *renderer)
{
	const char *start = renderer->at, *at = start;

	for (char quote = 0; *at; at++) {
		if (quote && *at == '\\' && quote == '"' && at[1])
			at++;
		else if (quote)
			quote = *at == quote ? 0 : quote;
		else if (*at == '"' || *at == '`')
			quote = *at;
		else if (at[0] == '}' && at[1] == '}')
			break;
	}
	if (!*at)
		return NULL;
	size_t len = (size_t)(at - start);
	renderer->trims = len >= 2 && start[len - 1] == '-' && text_is_space(start[len - 2]);
	renderer->at = at + 2;
	return xstrndup(start, len - renderer->trims);
}

static int render_block(struct renderer *renderer, const json_t *dot, bool emits,
			enum ending *ret_ending, struct error *err);

/* The rest of a block with its else, once its head is known to hold or not. */
static int render_else(struct renderer *renderer, const json_t *dot, bool emits, enum ending ending,
		       struct error *err)
{
	if (ending == ENDING_ELSE && render_block(renderer, dot, emits, &ending, err) < 0)
		return -1;
	return ending == ENDING_END ? 0 : error_set(err, ERROR_USAGE, "{{end}} is missing");
}

static int render_range(struct renderer *renderer, const json_t *dot, const json_t *value,
			bool emits, struct error *err)
{
	const char *body = renderer->at;
	bool trims = renderer->trims;
	enum ending ending = ENDING_TEXT;
	size_t n = json_is_array(value) ? json_array_size(value) : json_object_size(value);
	void *at = json_object_iter((json_t *)(uintptr_t)value);

	if (emits && value && !json_is_null(value) && !json_is_array(value) &&
	    !json_is_object(value))
		return error_set(err, ERROR_USAGE, "range wants a list or a map");
	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_is_array(value) ? json_array_get(value, i)
							  : json_object_iter_value(at);
		renderer->at = body;
		renderer->trims = trims;
		if (render_block(renderer, item, emits, &ending, err) < 0)
			return -1;
		if (!json_is_array(value))
			at = json_object_iter_next((json_t *)(uintptr_t)value, at);
	}
	if (!n && render_block(renderer, dot, false, &ending, err) < 0)
		return -1;
	return render_else(renderer, dot, emits && !n, ending, err);
}

static int render_if(struct renderer *renderer, const json_t *dot, const json_t *value, bool emits,
		     struct error *err)
{
	bool holds = template_is_true(value);
	enum ending ending = ENDING_TEXT;

	if (render_block(renderer, dot, emits && holds, &ending, err) < 0)
		return -1;
	return render_else(renderer, dot, emits && !holds, ending, err);
}

static int render_action(struct renderer *renderer, const json_t *dot, const char *action,
			 bool emits, enum ending *ret_ending, struct error *err)
{
	cleanup(strv_release) struct strv tokens = STRV_INIT;
	cleanup(value_free) json_t *value = NULL;

	*ret_ending = ENDING_TEXT;
	if (text_has_prefix(action, "/*"))
		return 0;
	if (tokenize(action, &tokens, err) < 0)
		return -1;
	const char *word = tokens.len ? tokens.items[0] : "";
	if (tokens.len == 1 && (strcmp(word, "end") == 0 || strcmp(word, "else") == 0)) {
		*ret_ending = *word == 'e' && word[1] == 'n' ? ENDING_END : ENDING_ELSE;
		return 0;
	}
	bool is_range = strcmp(word, "range") == 0, is_if = strcmp(word, "if") == 0;
	size_t skipped = is_range || is_if;
	if (emits &&
	    run_pipe(renderer, dot, tokens.items + skipped, tokens.len - skipped, &value, err) < 0)
		return -1;
	if (is_range)
		return render_range(renderer, dot, value, emits, err);
	if (is_if)
		return render_if(renderer, dot, value, emits, err);
	if (emits)
		template_print(value, renderer->out);
	return 0;
}

static void add_plain(struct renderer *renderer, const char *end, bool trims_end, bool emits)
{
	const char *start = renderer->at;

	while (renderer->trims && start < end && text_is_space(*start))
		start++;
	while (trims_end && end > start && text_is_space(end[-1]))
		end--;
	if (emits)
		buf_add(renderer->out, start, (size_t)(end - start));
	renderer->trims = false;
}

static int render_block(struct renderer *renderer, const json_t *dot, bool emits,
			enum ending *ret_ending, struct error *err)
{
	*ret_ending = ENDING_TEXT;
	if (++renderer->depth > NESTING_MAX)
		return error_set(err, ERROR_USAGE, "it is nested too deeply");
	while (*renderer->at && *ret_ending == ENDING_TEXT) {
		const char *open = strstr(renderer->at, "{{");
		const char *end = open ? open : renderer->at + strlen(renderer->at);
		bool trims_end = open && open[2] == '-' && text_is_space(open[3]);
		add_plain(renderer, end, trims_end, emits);
		renderer->at = open ? open + 2 + trims_end : end;
		if (!open)
			break;
		autofree char *action = cut_action(renderer);
		if (!action)
			return error_set(err, ERROR_USAGE, "'{{' has no '}}'");
		if (render_action(renderer, dot, action, emits, ret_ending, err) < 0)
			return -1;
	}
	renderer->depth--;
	return 0;
}

int template_render(const char *text, const json_t *dot, struct buf *out, struct error *err)
{
	struct renderer renderer = { .at = text, .root = dot, .out = out };
	enum ending ending;

	if (render_block(&renderer, dot, true, &ending, err) < 0)
		return error_wrap(err, "template '%s'", text);
	if (ending != ENDING_TEXT)
		return error_set(err, ERROR_USAGE, "template '%s': {{end}} or {{else}} of nothing",
				 text);
	return 0;
}
