/* SPDX-License-Identifier: Apache-2.0 */
#include "linter.h"

#include "base/map.h"

#include <string.h>

void rules_of_stages(struct linter *linter)
{
	const struct dockerfile *dockerfile = linter->request->dockerfile;
	cleanup(map_release) struct map names = MAP_INIT;

	for (size_t i = 0; i < dockerfile->n_stages; i++) {
		const struct instruction *from = &dockerfile->stages[i].from;
		const char *name = from->from.stage_name;
		cleanup(buf_release) struct buf quoted = BUF_INIT;
		if (!name)
			continue;
		if (strcmp(name, "context") == 0 || strcmp(name, "scratch") == 0)
			linter_add(linter, RULE_RESERVED_STAGE_NAME, from->at,
				   "Stage name should not use the same name as reserved stage %s",
				   linter_quoted(name, &quoted));
		if (map_set(&names, name, linter))
			linter_add(linter, RULE_DUPLICATE_STAGE_NAME, from->at,
				   "Duplicate stage name %s, stage names should be unique",
				   linter_quoted(name, &quoted));
	}
}
