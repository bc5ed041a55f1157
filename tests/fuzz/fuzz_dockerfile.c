/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a Dockerfile: parsed, printed, or refused with an error whose lines can be shown. */
#include "fuzz_target.h"

#include "base/buf.h"
#include "base/json.h"
#include "parser/dockerfile.h"

#include <assert.h>

static void use_error(const char *text, size_t len, const struct error *err)
{
	cleanup(buf_release) struct buf excerpt = BUF_INIT;

	assert(err->code == ERROR_SYNTAX || err->code == ERROR_UNSUPPORTED);
	assert(err->text[0]);
	assert(err->at.line <= err->at.last_line);
	dockerfile_excerpt(text, len, "Dockerfile", err->at, &excerpt);
	assert(!err->at.line || excerpt.len);
}

static void use_bodies(struct dockerfile *dockerfile)
{
	for (size_t i = 0; i < dockerfile->n_stages; i++) {
		const struct stage *stage = &dockerfile->stages[i];
		for (size_t j = 0; j < stage->n_instructions; j++) {
			const struct instruction *instruction = &stage->instructions[j];
			if (instruction->kind != INSTRUCTION_RUN)
				continue;
			const struct heredocs *heredocs = &instruction->run.heredocs;
			for (size_t k = 0; k < heredocs->len; k++)
				(void)heredoc_text(&heredocs->items[k], &dockerfile->arena);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(dockerfile_free) struct dockerfile *dockerfile = NULL;
	const char *text = (const char *)data;
	struct error err = ERROR_INIT;

	if (dockerfile_parse(text, size, &dockerfile, &err) < 0) {
		use_error(text, size, &err);
		return 0;
	}
	assert(dockerfile->n_stages);
	use_bodies(dockerfile);
	cleanup(value_free) json_t *ast = dockerfile_dump(dockerfile);
	cleanup(buf_release) struct buf json = BUF_INIT;
	value_write(ast, 0, &json);
	assert(json.len);
	return 0;
}
