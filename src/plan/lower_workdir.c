/* SPDX-License-Identifier: Apache-2.0 */
#include "lower.h"

#include "base/path.h"

#include <string.h>

/* An absolute path is kept as it is written, though the directory made is the cleaned one. */
static const char *join_working_dir(const struct lowering *lowering, const char *path)
{
	if (*path == '/')
		return path;
	if (!*path)
		return arena_strdup(lowering->arena, lower_working_dir(lowering));
	autofree char *joined = xasprintf("%s/%s", lower_working_dir(lowering), path);
	autofree char *clean = path_clean(joined);
	return arena_printf(lowering->arena, "/%s", clean);
}

int lower_workdir(struct lowering *lowering, const struct graph_command *command, struct error *err)
{
	struct image_config *config = lowering->state->config;
	const struct instruction *instruction = command->instruction;
	const char *path = NULL;
	uint32_t index = NO_STEP;

	if (lower_expand(lowering, instruction->text, &path, err) < 0)
		return -1;
	if (!lowering->state->has_workdir && *path != '/')
		lower_note(lowering, FACT_RELATIVE_WORKDIR, path, NULL);
	lowering->state->has_workdir = true;
	path = join_working_dir(lowering, path);
	const char *text = lower_text(lowering, instruction->original, NULL);
	config_set_text(&config->working_dir, path);
	autofree char *clean = path_clean(path);
	/* "//" makes nothing either, but has a layer, as in BuildKit */
	if (strcmp(path, "/") != 0) {
		struct step step = {
			.kind = STEP_WORKDIR,
			.workdir = { .path = arena_printf(lowering->arena, "/%s", clean),
				     .user = arena_strdup(lowering->arena,
							  config->user ? config->user : ""),
				     .path_at = instruction_find(instruction, instruction->text) },
		};
		index = lower_add_step(lowering, command, text, &step, NULL);
	}
	return lower_add_history(lowering, arena_printf(lowering->arena, "WORKDIR %s", path), index,
				 err);
}
