/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .dockerignore, and after a line "--" the paths to ask about: going down with a walk and asking
 * for a path alone must agree, and nothing below what is given up is taken back.
 */
#include "fuzz_target.h"

#include "base/alloc.h"
#include "base/path.h"
#include "context/ignore.h"

#include <assert.h>
#include <string.h>

/* 1/0/-1, by a walk from the top. */
static int walk_down(const struct ignore *ignore, const char *path, struct error *err)
{
	struct ignore_state states[2] = { IGNORE_STATE_INIT, IGNORE_STATE_INIT };
	bool is_given_up = false;
	int result = 0;
	unsigned at = 0;

	for (const char *end = path; result == 0 && *end; at ^= 1) {
		end = strchrnul(end + (*end == '/'), '/');
		autofree char *part = xstrndup(path, (size_t)(end - path));
		result = ignore_step(ignore, end == strchrnul(path, '/') ? NULL : &states[at ^ 1],
				     part, &states[at], err);
		if (result < 0)
			break;
		assert(!is_given_up || states[at].is_ignored);
		if (states[at].is_ignored && !ignore_may_reinclude(ignore, &states[at], part))
			is_given_up = true;
	}
	bool is_ignored = states[at ^ 1].is_ignored;
	ignore_state_release(&states[0]);
	ignore_state_release(&states[1]);
	return result < 0 ? -1 : is_ignored;
}

static void ask(const struct ignore *ignore, const char *text)
{
	struct error err = ERROR_INIT;
	autofree char *path = path_clean(text);

	if (!*path || strncmp(path, "..", 2) == 0)
		return;
	int alone = ignore_match(ignore, path, &err);
	assert(alone >= 0 || err.text[0]);
	if (alone >= 0)
		assert(walk_down(ignore, path, &err) == alone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(ignore_free) struct ignore *ignore = NULL;
	struct error err = ERROR_INIT;
	autofree char *text = xstrndup((const char *)data, size);
	char *paths = strstr(text, "\n--\n");

	if (!paths)
		return 0;
	*paths = '\0';
	if (ignore_parse(text, strlen(text), ".dockerignore", &ignore, &err) < 0) {
		assert(err.text[0]);
		return 0;
	}
	char *rest = NULL;
	for (char *path = strtok_r(paths + strlen("\n--\n"), "\n", &rest); path;
	     path = strtok_r(NULL, "\n", &rest))
		ask(ignore, path);
	return 0;
}
