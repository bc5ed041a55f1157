/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte picks the mode, the text up to the first newline is $v, the rest is the word. */
#include "fuzz_target.h"

#include "base/alloc.h"
#include "parser/expand.h"

#include <assert.h>
#include <string.h>

static const char *look_up(void *context, const char *name)
{
	if (strcmp(name, "v") == 0)
		return context;
	return strcmp(name, "empty") == 0 ? "" : NULL;
}

static void expand_both(const struct expand_scope *scope, const char *word)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(strv_release) struct strv words = STRV_INIT;
	struct error err = ERROR_INIT;

	int result = expand_word(scope, word, &text, &err);
	assert(result == 0 || (err.code == ERROR_SYNTAX && err.text[0] && !text.len));
	assert(scope->keeps_quotes || text.len <= EXPANDED_HEREDOC_MAX);
	int words_result = expand_words(scope, word, &words, &err);
	assert(words_result == 0 || !words.len);
	for (size_t i = 0; i < words.len; i++)
		assert(*words.items[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	const char *value = (const char *)data + 1;
	const char *newline = memchr(value, '\n', size - 1);
	size_t value_len = newline ? (size_t)(newline - value) : 0;
	const char *word = newline ? newline + 1 : value;
	autofree char *value_copy = xstrndup(value, value_len);
	autofree char *word_copy = xstrndup(word, size - (size_t)(word - (const char *)data));
	struct expand_scope scope = { .lookup = look_up,
				      .context = value_copy,
				      .escape = *data & 1 ? '`' : '\\',
				      .keeps_quotes = *data & 2,
				      .keeps_unset = *data & 4,
				      .is_heredoc = *data & 8 };

	expand_both(&scope, word_copy);
	return 0;
}
