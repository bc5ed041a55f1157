/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include "rune.h"

#include "base/buf.h"
#include "base/vec.h"

#include <string.h>

#define BLANKS "\t\v\f\r "

void word_vec_release(struct word_vec *vec)
{
	vec_release(vec);
}

struct words words_keep(const struct word_vec *vec, struct arena *arena)
{
	struct words words = { .len = vec->len };

	words.items = arena_array(arena, vec->len, sizeof(*words.items));
	if (vec->len)
		memcpy(words.items, vec->items, vec->len * sizeof(*words.items));
	return words;
}

size_t words_blank_span(const char *text)
{
	return strspn(text, BLANKS);
}

size_t words_text_span(const char *text)
{
	return strcspn(text, BLANKS);
}

struct words words_split_blanks(const char *text, struct arena *arena)
{
	cleanup(word_vec_release) struct word_vec vec = WORD_VEC_INIT;

	for (text += words_blank_span(text); *text; text += words_blank_span(text)) {
		size_t len = words_text_span(text);
		vec_push(&vec, arena_strndup(arena, text, len));
		text += len;
	}
	return words_keep(&vec, arena);
}

/* Takes one rune over; an escape takes the rune behind it along. */
static void take_rune(const char **text, const char *end, char escape, struct buf *word)
{
	const char *start = *text;

	(void)rune_read(text, end);
	if (*start == escape) {
		if (*text == end)
			return; /* an escape at the very end is dropped */
		(void)rune_read(text, end);
	}
	buf_add(word, start, (size_t)(*text - start));
}

static void take_quoted(const char **text, const char *end, char escape, struct buf *word)
{
	char quote = *(*text)++;

	buf_add_char(word, quote);
	while (*text < end && **text != quote)
		take_rune(text, end, quote == '\'' ? '\0' : escape, word);
	if (*text < end)
		buf_add_char(word, *(*text)++);
}

struct words words_split_quoted(const char *text, char escape, struct arena *arena)
{
	cleanup(word_vec_release) struct word_vec vec = WORD_VEC_INIT;
	cleanup(buf_release) struct buf word = BUF_INIT;
	const char *end = text + strlen(text);

	for (text = rune_skip_spaces(text, end); text < end; text = rune_skip_spaces(text, end)) {
		buf_clear(&word);
		for (const char *next = text; text < end; next = text) {
			if (rune_is_space(rune_read(&next, end)))
				break;
			if (*text == '\'' || *text == '"')
				take_quoted(&text, end, escape, &word);
			else
				take_rune(&text, end, escape, &word);
		}
		if (word.len)
			vec_push(&vec, arena_strndup(arena, word.data, word.len));
	}
	return words_keep(&vec, arena);
}

static int take_csv_quoted(const char **text, struct buf *field, struct error *err)
{
	const char *c = *text + 1;

	for (; *c && (*c != '"' || c[1] == '"'); c++) {
		if (*c == '"')
			c++;
		buf_add_char(field, *c);
	}
	if (!*c || (c[1] && c[1] != ','))
		return error_set(err, ERROR_SYNTAX, "extraneous or missing \" in quoted-field");
	*text = c + 1;
	return 0;
}

int words_split_csv(const char *text, struct arena *arena, struct words *ret_words,
		    struct error *err)
{
	cleanup(word_vec_release) struct word_vec vec = WORD_VEC_INIT;
	cleanup(buf_release) struct buf field = BUF_INIT;

	if (!*text)
		return error_set(err, ERROR_SYNTAX, "it is empty");
	for (bool is_over = false; !is_over; text++) {
		buf_clear(&field);
		if (*text == '"' && take_csv_quoted(&text, &field, err) < 0)
			return -1;
		size_t len = strcspn(text, ",");
		if (memchr(text, '"', len))
			return error_set(err, ERROR_SYNTAX, "bare \" in non-quoted field");
		buf_add(&field, text, len);
		text += len;
		vec_push(&vec, arena_strndup(arena, field.data, field.len));
		is_over = !*text;
	}
	*ret_words = words_keep(&vec, arena);
	return 0;
}
