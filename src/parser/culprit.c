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

/* In quotes or written with escapes, they may all be: each of them costs a look at all the rest. */
enum { MISSES_MAX = 16 };

struct position word_finder_next(struct word_finder *finder, const char *part)
{
	const struct instruction *instruction = finder->instruction;

	if (!instruction->n_segments || !part || finder->n_misses == MISSES_MAX)
		return instruction->at;
	if (!finder->offset)
		finder->offset = strlen(instruction->name);
	const char *found = culprit_find(instruction->original + finder->offset, part);
	if (!found) {
		finder->n_misses++;
		return instruction->at;
	}
	size_t at = (size_t)(found - instruction->original);
	finder->offset = at + strlen(part);
	return segments_position(instruction->segments, instruction->n_segments, at);
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
