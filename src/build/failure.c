/* SPDX-License-Identifier: Apache-2.0 */
/* --on-error, --export-on-failure: of which stage, at which terminal. */
#include "phases.h"

#include "base/text.h"
#include "base/vec.h"

#include <string.h>
#include <strings.h>

static int refuse_stage(const struct dockerfile *dockerfile, const char *text, struct error *err)
{
	VEC(const char *) names = VEC_INIT;

	for (size_t i = 0; i < dockerfile->n_stages; i++)
		if (dockerfile->stages[i].from.from.stage_name)
			vec_push(&names, dockerfile->stages[i].from.from.stage_name);
	const char *near = text_nearest(text, names.items, names.len);
	vec_release(&names);
	return error_set(err, ERROR_USAGE, "--export-on-failure: there is no stage '%s'%s%.100s%s",
			 text, near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
}

/* By name, in any case, or by number, as everywhere in the language. */
static int find_stage(const struct dockerfile *dockerfile, const char *text, uint32_t *ret_stage,
		      struct error *err)
{
	struct error ignored = ERROR_INIT;
	uint64_t number = 0;

	for (size_t i = dockerfile->n_stages; i-- > 0;) {
		const char *name = dockerfile->stages[i].from.from.stage_name;
		if (name && strcasecmp(name, text) == 0) {
			*ret_stage = (uint32_t)i;
			return 0;
		}
	}
	if (dockerfile->n_stages &&
	    text_parse_unsigned(text, dockerfile->n_stages - 1, &number, &ignored) == 0) {
		*ret_stage = (uint32_t)number;
		return 0;
	}
	return refuse_stage(dockerfile, text, err);
}

int build_take_failure(struct build *build, struct error *err)
{
	const struct build_request *request = build->request;
	struct exec_env *env = &build->exec;

	env->has_failed_shell = request->has_failed_shell;
	env->terminal_in = STDIN_FILENO;
	env->terminal_out = build->stdout_fd;
	env->n_failed_files = request->n_failed_files;
	env->failed_files =
		arena_array(&build->arena, request->n_failed_files, sizeof(*env->failed_files));
	for (size_t i = 0; i < request->n_failed_files; i++) {
		const struct failed_files_request *wanted = &request->failed_files[i];
		struct exec_failed_files *files = &env->failed_files[i];
		files->path = wanted->path;
		files->dest = wanted->dest;
		if (find_stage(build->dockerfile, wanted->stage, &files->stage, err) < 0)
			return -1;
	}
	return 0;
}
