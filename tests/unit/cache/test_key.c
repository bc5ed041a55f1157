/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_head.h"
#include "cache/key.h"

#include <string.h>

static struct digest key_of_pairs(const char *const *texts, size_t n)
{
	cleanup(cache_key_release) struct cache_key key;

	cache_key_start(&key, "run", 1);
	for (size_t i = 0; i + 1 < n; i += 2)
		cache_key_add_text(&key, texts[i], texts[i + 1]);
	cache_key_finish(&key);
	return key.digest;
}

static void no_two_lists_have_the_same_bytes(void **state)
{
	static const char *const lists[][4] = {
		{ "a", "bc", "d", "e" },     { "ab", "c", "d", "e" }, { "a", "b", "cd", "e" },
		{ "a", "bcd", "", "e" },     { "a", "", "bcd", "e" }, { "d", "e", "a", "bc" },
		{ "a", "bc\x01", "d", "e" },
	};
	struct digest digests[countof(lists)];

	(void)state;
	for (size_t i = 0; i < countof(lists); i++) {
		digests[i] = key_of_pairs(lists[i], 4);
		for (size_t k = 0; k < i; k++)
			assert_false(digest_equal(&digests[i], &digests[k]));
	}
	struct digest shorter = key_of_pairs(lists[0], 2), again = key_of_pairs(lists[0], 4);
	assert_false(digest_equal(&shorter, &digests[0]));
	assert_true(digest_equal(&again, &digests[0]));
}

static void kind_and_version_are_inputs(void **state)
{
	cleanup(cache_key_release) struct cache_key a, b, c;

	(void)state;
	cache_key_start(&a, "run", 1);
	cache_key_finish(&a);
	cache_key_start(&b, "run", 2);
	cache_key_finish(&b);
	cache_key_start(&c, "copy", 1);
	cache_key_finish(&c);
	assert_false(digest_equal(&a.digest, &b.digest));
	assert_false(digest_equal(&a.digest, &c.digest));
}

/* The format of keys: a change of this digest throws away everybody's cache. */
static void keys_stay_as_they_are(void **state)
{
	cleanup(cache_key_release) struct cache_key key;
	struct digest parent = digest_of("", 0);

	(void)state;
	cache_key_start(&key, "run", 1);
	cache_key_add_digest(&key, "parent", &parent);
	cache_key_add_text(&key, "env PATH", "/bin");
	cache_key_add(&key, "raw", "\0\1", 2);
	cache_key_add_number(&key, "epoch", 1700000000);
	cache_key_finish(&key);
	assert_string_equal(
		digest_format(&key.digest).text,
		"sha256:54b5787897f5c2741bedb23c6b371cdda5784f5daee9fabba62b3c5b6ce35dcc");
}

static const char *value_at(const struct cache_key *key, size_t i, const char **ret_name)
{
	const json_t *pair = json_array_get(key->inputs, i);

	*ret_name = json_string_value(json_array_get(pair, 0));
	return json_string_value(json_array_get(pair, 1));
}

static void inputs_keep_their_names_and_short_values(void **state)
{
	cleanup(cache_key_release) struct cache_key key;
	char text[1001];
	const char *name;

	(void)state;
	memset(text, 'x', 1000);
	memcpy(text + 127, "\xc3\xa9", 2); /* would be cut in two */
	text[1000] = '\0';
	cache_key_start(&key, "run", 1);
	cache_key_add_text(&key, "short", "va\xfflue");
	cache_key_add_text(&key, "long", text);
	cache_key_add(&key, "bytes", "\0\0", 2);
	cache_key_finish(&key);
	assert_int_equal(json_array_size(key.inputs), 5);
	assert_string_equal(value_at(&key, 0, &name), "run");
	assert_string_equal(name, "kind");
	assert_string_equal(value_at(&key, 1, &name), "1");
	assert_string_equal(value_at(&key, 2, &name), "va\xef\xbf\xbdlue");
	assert_string_equal(name, "short");
	const char *value = value_at(&key, 3, &name);
	assert_true(strlen(value) < 256);
	assert_non_null(strstr(value, "xxx... (1000 bytes, sha256:"));
	struct digest digest = digest_of("\0\0", 2);
	assert_string_equal(value_at(&key, 4, &name), digest_format(&digest).text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_two_lists_have_the_same_bytes),
		cmocka_unit_test(kind_and_version_are_inputs),
		cmocka_unit_test(keys_stay_as_they_are),
		cmocka_unit_test(inputs_keep_their_names_and_short_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
