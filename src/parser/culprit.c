/* SPDX-License-Identifier: Apache-2.0 */
/* Which part of an instruction an error is about. */
#include "dockerfile.h"
#include "parse.h"
#include "source.h"

#include "base/text.h"

#include <string.h>

static bool is_border(char c)
{
	return !c || text_is_space(c) || strchr("=,:\"'[]", c);
}

const char *culprit_find(const char *text, const char *part)
{
	size_t len = strlen(part);
	const char *first = len ? strstr(text, part) : NULL;

	for (const char *found = first; found; found = strstr(found + len, part))
		if ((found == text || is_border(found[-1])) && is_border(found[len]))
			return found;
	return first;
}

void parse_blame(struct parse *parse, const char *part)
{
	const char *found = culprit_find(parse->rest, part);

	if (found)
		parse->culprit = found;
}

struct position instruction_find(const struct instruction *instruction, const char *part)
{
	const char *original = instruction->original;

	if (!instruction->n_segments || !part)
		return instruction->at;
	const char *found = culprit_find(original + strlen(instruction->name), part);
	if (!found)
		return instruction->at;
	return segments_position(instruction->segments, instruction->n_segments,
				 (size_t)(found - original));
}
