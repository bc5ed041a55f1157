/* SPDX-License-Identifier: Apache-2.0 */
/* An ONBUILD trigger, as a base image may hold any text for one. */
#include "fuzz_target.h"

#include "base/alloc.h"
#include "parser/dockerfile.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(arena_release) struct arena arena = ARENA_INIT;
	autofree char *trigger = xstrndup((const char *)data, size);
	struct position at = { .line = 7, .column = 2, .last_line = 9 };
	struct instruction instruction = { 0 };
	struct error err = ERROR_INIT;

	if (dockerfile_parse_trigger(trigger, at, &arena, &instruction, &err) < 0) {
		assert(err.code == ERROR_SYNTAX && err.text[0]);
		assert(err.at.line == at.line && err.at.last_line == at.last_line);
		return 0;
	}
	assert(instruction.kind != INSTRUCTION_FROM && instruction.kind != INSTRUCTION_ONBUILD);
	assert(instruction.at.line == at.line && instruction.at.last_line == at.last_line);
	assert(instruction_name(instruction.kind));
	return 0;
}
