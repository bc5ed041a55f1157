/* SPDX-License-Identifier: Apache-2.0 */
/* A --mount value: the early check, and the reading with values taken as they stand. */
#include "fuzz_target.h"

#include "base/alloc.h"
#include "parser/mount_flag.h"

#include <assert.h>

static int keep_value(void *context, const char *value, const char **ret_text, struct error *err)
{
	(void)context;
	(void)err;
	*ret_text = value;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(arena_release) struct arena arena = ARENA_INIT;
	autofree char *value = xstrndup((const char *)data, size);
	struct error err = ERROR_INIT;
	struct mount_flag mount;

	int early = mount_flag_parse(value, NULL, NULL, &arena, &mount, &err);
	int late = mount_flag_parse(value, keep_value, NULL, &arena, &mount, &err);
	/* what the early check refuses is refused later too */
	assert(early == 0 || late < 0);
	if (late < 0)
		assert(err.code == ERROR_SYNTAX && err.text[0]);
	else
		assert(mount.type >= MOUNT_BIND && mount.type <= MOUNT_SSH);
	return 0;
}
