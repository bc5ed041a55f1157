/* SPDX-License-Identifier: Apache-2.0 */
/* The table testdata/expand/cases.json: a word, how it is read, and what it comes to. */
/* rules: 13-max-word */
#include "../cmocka_head.h"
#include "base/fs.h"
#include "base/json.h"
#include "parser/expand.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { TABLE_MAX = 1024 * 1024 };

static json_t *read_table(void)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;
	json_t *table = NULL;
	int fd = -1;

	assert_int_equal(fs_open_dir(TESTDATA "/expand", false, &fd, &err), 0);
	assert_int_equal(fs_read_whole(fd, "cases.json", TABLE_MAX, "table", &text, &err), 1);
	(void)close(fd);
	if (value_read(text.data, text.len, "cases.json", &table, &err) < 0)
		fail_msg("%s", err.text);
	return table;
}

static const char *look_up(void *env, const char *name)
{
	return json_string_value(json_object_get(env, name));
}

static bool is_on(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static void check_words(const json_t *wanted, const struct strv *words, const char *word)
{
	if (words->len != json_array_size(wanted))
		fail_msg("'%s' gives %zu words", word, words->len);
	for (size_t i = 0; i < words->len; i++)
		assert_string_equal(words->items[i], json_string_value(json_array_get(wanted, i)));
}

static void check_case(json_t *env, const json_t *object)
{
	const char *word = json_string_value(json_object_get(object, "word"));
	const char *escape = json_string_value(json_object_get(object, "escape"));
	const char *text = json_string_value(json_object_get(object, "text"));
	const char *error = json_string_value(json_object_get(object, "error"));
	json_t *wanted = json_object_get(object, "words");
	struct expand_scope scope = { .lookup = look_up,
				      .context = env,
				      .escape = escape ? *escape : '\\',
				      .keeps_quotes = is_on(object, "raw"),
				      .keeps_unset = is_on(object, "keeps_unset"),
				      .is_heredoc = is_on(object, "heredoc") };
	cleanup(buf_release) struct buf got = BUF_INIT;
	cleanup(strv_release) struct strv words = STRV_INIT;
	struct error err = ERROR_INIT;

	int result = wanted ? expand_words(&scope, word, &words, &err)
			    : expand_word(&scope, word, &got, &err);
	if (!error && result < 0)
		fail_msg("'%s': %s", word, err.text);
	if (error && (result == 0 || !strstr(err.text, error)))
		fail_msg("'%s' gives '%s%s', not '%s'", word, got.data, err.text, error);
	if (error)
		assert_int_equal(strncmp(err.text, "failed to process \"", 19), 0);
	if (text && strcmp(got.data, text) != 0)
		fail_msg("'%s' gives '%s', not '%s'", word, got.data, text);
	if (wanted)
		check_words(wanted, &words, word);
}

static void expands_the_table(void **state)
{
	cleanup(value_free) json_t *table = read_table();
	json_t *env = json_object_get(table, "env"), *cases = json_object_get(table, "cases");

	(void)state;
	assert_true(json_array_size(cases) > 200);
	for (size_t i = 0; i < json_array_size(cases); i++)
		check_case(env, json_array_get(cases, i));
}

static const char *big_value(void *context, const char *name)
{
	(void)name;
	return context;
}

static void result_has_a_ceiling(void **state)
{
	cleanup(buf_release) struct buf value = BUF_INIT;
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < EXPANDED_WORD_MAX; i++)
		buf_add_char(&value, 'v');
	struct expand_scope scope = { .lookup = big_value, .context = value.data, .escape = '\\' };
	assert_int_equal(expand_word(&scope, "$a", &text, &err), 0);
	assert_int_equal(text.len, EXPANDED_WORD_MAX);
	assert_int_equal(expand_word(&scope, "$a$a", &text, &err), -1);
	assert_non_null(strstr(err.text, "1048576"));
	assert_int_equal(text.len, EXPANDED_WORD_MAX); /* untouched */
	assert_int_equal(expand_word(&scope, "${a//v/xx}", &text, &err), -1);
	assert_non_null(strstr(err.text, "1048576"));
	scope.is_heredoc = true;
	assert_int_equal(expand_word(&scope, "$a$a", &text, &err), 0);
	assert_int_equal(text.len, 2 * EXPANDED_WORD_MAX);
}

static void slow_pattern_is_refused(void **state)
{
	cleanup(buf_release) struct buf value = BUF_INIT;
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < EXPANDED_WORD_MAX; i++)
		buf_add_char(&value, 'a');
	struct expand_scope scope = { .lookup = big_value, .context = value.data, .escape = '\\' };
	assert_int_equal(expand_word(&scope, "${a//a*b/x}", &text, &err), -1);
	assert_non_null(strstr(err.text, "takes more than"));
	assert_int_equal(expand_word(&scope, "${a//aaaa/x}", &text, &err), 0);
	assert_int_equal(text.len, EXPANDED_WORD_MAX / 4);
}

struct names {
	char text[64];
};

static void note_name(void *context, const char *name)
{
	struct names *names = context;

	(void)strncat(names->text, name, sizeof(names->text) - strlen(names->text) - 1);
	(void)strncat(names->text, " ", sizeof(names->text) - strlen(names->text) - 1);
}

static void tells_of_undefined_names(void **state)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct names names = { "" };
	struct error err = ERROR_INIT;
	struct expand_scope scope = { .context = &names, .undefined = note_name, .escape = '\\' };

	(void)state;
	assert_int_equal(expand_word(&scope, "$a '$b' ${c:-$d} \\$e", &text, &err), 0);
	assert_string_equal(names.text, "a d c ");
	assert_string_equal(text.data, " $b  $e");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expands_the_table),
		cmocka_unit_test(result_has_a_ceiling),
		cmocka_unit_test(slow_pattern_is_refused),
		cmocka_unit_test(tells_of_undefined_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
