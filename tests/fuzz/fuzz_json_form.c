/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON form against jansson: what that takes as an array of texts must be read as the same. */
#include "fuzz_target.h"
#include "json_form.h"

#include "base/alloc.h"
#include "base/json.h"

#include <assert.h>
#include <string.h>

static void compare(const json_t *array, const struct words *words)
{
	assert(json_array_size(array) == words->len);
	for (size_t i = 0; i < words->len; i++)
		assert(strcmp(json_string_value(json_array_get(array, i)), words->items[i]) == 0);
}

static bool is_all_texts(const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		if (!json_is_string(json_array_get(array, i)))
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(arena_release) struct arena arena = ARENA_INIT;
	struct words words = { 0 };
	struct error err = ERROR_INIT;
	autofree char *text = xstrndup((const char *)data, size);

	int result = json_form_read(text, &arena, &words, &err);
	assert(result >= 0 || err.text[0]);
	json_t *value = json_loads(text, 0, NULL);
	if (json_is_array(value)) {
		assert(result == (is_all_texts(value) ? 1 : -1));
		if (result == 1)
			compare(value, &words);
	}
	json_decref(value);
	return 0;
}
