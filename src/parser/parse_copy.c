/* SPDX-License-Identifier: Apache-2.0 */
#include "heredoc.h"
#include "parse.h"
#include "quote.h"

#include "base/map.h"
#include "base/text.h"

#include <string.h>

/* The same text answers for every heredoc of a name: the last one's. */
static void index_bodies(struct parse *parse, struct map *bodies)
{
	for (size_t i = 0; i < parse->heredocs.len; i++) {
		struct heredoc *heredoc = &parse->heredocs.items[i];
		if (map_set(bodies, heredoc->name, heredoc))
			parse_warn(parse,
				   "there are several heredocs named %s: the last one's text is "
				   "used for all of them",
				   unquoted(heredoc->name).text);
	}
}

/*
 * A source that is a heredoc. One that the line's own scan did not see, since it stands in a JSON
 * form, has no body (BuildKit makes an empty file of it).
 */
static bool take_heredoc(struct parse *parse, const char *source, const struct map *bodies,
			 struct heredocs *taken)
{
	struct error ignored = ERROR_INIT;
	struct heredoc heredoc;

	if (heredoc_read_word(source, parse->arena, &heredoc, &ignored) <= 0)
		return false;
	const struct heredoc *found = map_get(bodies, heredoc.name);
	if (found) {
		heredoc.body = found->body;
		heredoc.body_len = found->body_len;
	}
	taken->items[taken->len++] = heredoc;
	return true;
}

static int read_destination(struct parse *parse, struct copy_instruction *copy, struct error *err)
{
	struct error ignored = ERROR_INIT;
	struct heredoc heredoc;

	copy->destination = parse->args.items[parse->args.len - 1];
	if (heredoc_read_word(copy->destination, parse->arena, &heredoc, &ignored) > 0) {
		parse_blame(parse, copy->destination);
		return error_set(err, ERROR_SYNTAX, "%s cannot accept a heredoc as a destination",
				 parse->rule->name);
	}
	return 0;
}

static int read_sources(struct parse *parse, struct copy_instruction *copy, struct error *err)
{
	cleanup(map_release) struct map bodies = MAP_INIT;
	size_t n = parse->args.len - 1;

	if (n > COPY_SOURCES_MAX)
		return error_set(err, ERROR_SYNTAX, "%s has more than %d sources",
				 parse->rule->name, COPY_SOURCES_MAX);
	if (read_destination(parse, copy, err) < 0)
		return -1;
	index_bodies(parse, &bodies);
	copy->sources.items = arena_array(parse->arena, n, sizeof(*copy->sources.items));
	copy->heredocs.items = arena_array(parse->arena, n, sizeof(*copy->heredocs.items));
	for (size_t i = 0; i < n; i++)
		if (!take_heredoc(parse, parse->args.items[i], &bodies, &copy->heredocs))
			copy->sources.items[copy->sources.len++] = parse->args.items[i];
	return 0;
}

/* What BuildKit's predecessor refused: where the destination is no directory, one source is left.
 */
static void warn_of_overwriting(struct parse *parse, const struct copy_instruction *copy)
{
	const char *to = copy->destination;

	if (copy->sources.len + copy->heredocs.len < 2 || !*to || strchr(to, '$') ||
	    text_has_suffix(to, "/") || text_has_suffix(to, "/.") || strcmp(to, ".") == 0 ||
	    copy->parents)
		return;
	parse_warn(parse,
		   "several sources go to %s, which does not end in \"/\": unless it is a "
		   "directory already, each replaces the one before",
		   unquoted(to).text);
}

static int check_arguments(struct parse *parse, struct error *err)
{
	if (parse->args.len < 2)
		return error_set(err, ERROR_SYNTAX,
				 "%s requires at least two arguments, but only one was provided. "
				 "Destination could not be determined",
				 parse->rule->name);
	return 0;
}

int parse_copy(struct parse *parse, struct error *err)
{
	enum { CHOWN, FROM, CHMOD, LINK, PARENTS, EXCLUDE };
	static const struct flag_rule rules[] = {
		[CHOWN] = { "chown", FLAG_TEXT },     [FROM] = { "from", FLAG_TEXT },
		[CHMOD] = { "chmod", FLAG_TEXT },     [LINK] = { "link", FLAG_BOOL },
		[PARENTS] = { "parents", FLAG_BOOL }, [EXCLUDE] = { "exclude", FLAG_TEXTS },
	};
	struct flag_value values[countof(rules)] = { 0 };
	struct copy_instruction *copy = &parse->instruction->copy;

	if (check_arguments(parse, err) < 0 ||
	    flags_read(parse, rules, countof(rules), values, err) < 0 ||
	    read_sources(parse, copy, err) < 0)
		return -1;
	copy->chown = values[CHOWN].text;
	/* An empty name names nothing: the build context. */
	if (values[FROM].text && *values[FROM].text)
		copy->from = values[FROM].text;
	copy->chmod = values[CHMOD].text;
	copy->link = values[LINK].is_on;
	copy->parents = values[PARENTS].is_on;
	copy->excludes = values[EXCLUDE].texts;
	warn_of_overwriting(parse, copy);
	return 0;
}

int parse_add(struct parse *parse, struct error *err)
{
	enum { CHOWN, CHMOD, LINK, KEEP_GIT_DIR, CHECKSUM, UNPACK, EXCLUDE };
	static const struct flag_rule rules[] = {
		[CHOWN] = { "chown", FLAG_TEXT },
		[CHMOD] = { "chmod", FLAG_TEXT },
		[LINK] = { "link", FLAG_BOOL },
		[KEEP_GIT_DIR] = { "keep-git-dir", FLAG_BOOL },
		[CHECKSUM] = { "checksum", FLAG_TEXT },
		[UNPACK] = { "unpack", FLAG_BOOL },
		[EXCLUDE] = { "exclude", FLAG_TEXTS },
	};
	struct flag_value values[countof(rules)] = { 0 };
	struct copy_instruction *copy = &parse->instruction->copy;

	if (check_arguments(parse, err) < 0 ||
	    flags_read(parse, rules, countof(rules), values, err) < 0 ||
	    read_sources(parse, copy, err) < 0)
		return -1;
	copy->chown = values[CHOWN].text;
	copy->chmod = values[CHMOD].text;
	copy->link = values[LINK].is_on;
	copy->keep_git_dir = values[KEEP_GIT_DIR].is_on;
	copy->has_keep_git_dir = values[KEEP_GIT_DIR].is_given;
	copy->checksum = values[CHECKSUM].text;
	copy->unpack = values[UNPACK].is_on;
	copy->has_unpack = values[UNPACK].is_given;
	copy->excludes = values[EXCLUDE].texts;
	return 0;
}
