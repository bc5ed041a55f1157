/* SPDX-License-Identifier: Apache-2.0 */
#include "../../../src/cdi/yaml.h"
#include "../cmocka_head.h"
#include "base/buf.h"

#include <string.h>

static void check(const char *text, const char *json)
{
	cleanup(value_free) json_t *value = NULL;
	cleanup(buf_release) struct buf written = BUF_INIT;
	struct error err = ERROR_INIT;

	if (yaml_read(text, strlen(text), &value, &err) < 0)
		fail_msg("%s", err.text);
	value_write(value, 0, &written);
	assert_string_equal(written.data, json);
}

static void check_refused(const char *text, const char *part)
{
	json_t *value = NULL;
	struct error err = ERROR_INIT;

	assert_int_equal(yaml_read(text, strlen(text), &value, &err), -1);
	assert_null(value);
	if (!strstr(err.text, part))
		fail_msg("'%s' is not in: %s", part, err.text);
}

static void test_values(void **state)
{
	(void)state;
	check("kind: a/b\ndevices:\n- name: \"0\"\n  n: 12\n  mode: 0660\n- {name: x, on: true, no: ~}\n",
	      "{\"kind\":\"a/b\",\"devices\":[{\"name\":\"0\",\"n\":12,\"mode\":432},"
	      "{\"name\":\"x\",\"on\":true,\"no\":null}]}");
	check("- -5\n- 1.5\n- 'true'\n- 99999999999999999999\n",
	      "[-5,\"1.5\",\"true\",\"99999999999999999999\"]");
	check("one", "\"one\"");
	check("---\na: 1\n...\n", "{\"a\":1}");
}

static void test_refused(void **state)
{
	cleanup(buf_release) struct buf deep = BUF_INIT;

	(void)state;
	check_refused("a: &x 1\nb: *x\n", "anchor");
	check_refused("a: &x {b: 1}\n", "the anchor or alias 'x' is not supported yet");
	check_refused("a: &x [1]\n", "anchor");
	check_refused("a: !!str 5\n", "the tag 'tag:yaml.org,2002:str' is not supported yet");
	check_refused("a: 1\nb: !local {c: 1}\n", "line 2: the tag '!local'");
	check_refused("a: !x [1]\n", "the tag '!x'");
	check_refused("<<: {a: 1}\n", "merge key");
	check_refused("a: 1\na: 2\n", "already");
	check_refused("a: 1\n---\nb: 2\n", "second document");
	check_refused("a: b: c\n", "line 1");
	check_refused("", "empty");
	check_refused("? [a]\n: b\n", "key");
	for (int i = 0; i < 1000; i++)
		buf_add_char(&deep, '[');
	check_refused(deep.data, "deep");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
