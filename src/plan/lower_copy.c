/* SPDX-License-Identifier: Apache-2.0 */
/* COPY and ADD. */
#include "chmod.h"
#include "go_format.h"
#include "lower.h"

#include "base/path.h"
#include "base/pattern.h"
#include "base/text.h"
#include "parser/git_reference.h"

#include <string.h>

static int expand_optional(struct lowering *lowering, const char *word, const char **ret_text,
			   struct error *err)
{
	*ret_text = NULL;
	if (!word)
		return 0;
	if (lower_expand(lowering, word, ret_text, err) < 0)
		return -1;
	if (!**ret_text)
		*ret_text = NULL;
	return 0;
}

static int expand_flags(struct lowering *lowering, const struct instruction *whole,
			struct copy_step *copy, struct error *err)
{
	const struct copy_instruction *instruction = &whole->copy;

	if (expand_optional(lowering, instruction->chown, &copy->chown, err) < 0 ||
	    expand_optional(lowering, instruction->chmod, &copy->chmod, err) < 0 ||
	    expand_optional(lowering, instruction->checksum, &copy->checksum, err) < 0)
		return -1;
	lowering->culprit = instruction->chmod;
	if (copy->chmod && !chmod_is_valid(copy->chmod))
		return error_set(err, ERROR_SYNTAX,
				 "invalid chmod parameter: '%.100s'. it should be octal string and "
				 "between 0 and 07777, or as in u=rwX,go=rX",
				 copy->chmod);
	/* BuildKit: with --chmod, --link does nothing */
	copy->link = instruction->link && !copy->chmod;
	copy->at.from = instruction_find(whole, instruction->from);
	copy->at.chown = instruction_find(whole, instruction->chown);
	copy->at.checksum = instruction_find(whole, instruction->checksum);
	copy->parents = instruction->parents;
	copy->keep_git_dir = instruction->keep_git_dir;
	copy->has_keep_git_dir = instruction->has_keep_git_dir;
	copy->unpack = instruction->unpack;
	copy->has_unpack = instruction->has_unpack;
	const struct words *excludes = &instruction->excludes;
	copy->excludes.items =
		arena_array(lowering->arena, excludes->len, sizeof(*copy->excludes.items));
	for (; copy->excludes.len < excludes->len; copy->excludes.len++)
		copy->excludes.items[copy->excludes.len] =
			arena_strdup(lowering->arena, excludes->items[copy->excludes.len]);
	return 0;
}

static int expand_body(struct lowering *lowering, const struct heredoc *heredoc,
		       struct copy_source *source, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct expand_scope scope = { .escape = '\\', .is_heredoc = true };
	const char *body = heredoc_text(heredoc, lowering->arena);

	if (!heredoc->is_expanded) {
		source->body = arena_strdup(lowering->arena, body); /* it may lie in the AST */
		source->body_len = strlen(body);
		return 0;
	}
	if (lower_expand_noting(lowering, &scope, body, &text, err) < 0)
		return -1;
	source->body = arena_strndup(lowering->arena, text.data, text.len);
	source->body_len = text.len;
	return lower_charge(lowering, text.len, err);
}

static int add_inline_source(struct lowering *lowering, const struct heredoc *heredoc,
			     struct copy_step *copy, struct error *err)
{
	struct copy_source source = { .kind = COPY_INLINE };
	const char *name = heredoc->name;

	autofree char *file_name = path_clean(name);
	if (!*file_name || strchr(file_name, '/'))
		return error_set(err, ERROR_SYNTAX,
				 "heredoc name '%.100s' cannot be the name of a file", name);
	source.path = arena_strdup(lowering->arena, file_name);
	if (expand_body(lowering, heredoc, &source, err) < 0)
		return -1;
	copy->sources[copy->n_sources++] = source;
	return 0;
}

static int add_source(struct lowering *lowering, const char *written, struct position at,
		      struct copy_step *copy, struct error *err)
{
	struct copy_source source = { .kind = COPY_PATH, .at = at };

	if (lower_expand(lowering, written, &source.path, err) < 0)
		return -1;
	if (source_is_git(source.path))
		source.kind = COPY_GIT;
	else if (source_is_http(source.path))
		source.kind = COPY_URL;
	copy->sources[copy->n_sources++] = source;
	return 0;
}

/* Behind the flags, whose values may be the same words. */
static struct word_finder start_of_words(const struct instruction *instruction)
{
	struct word_finder finder = { .instruction = instruction };

	for (size_t i = 0; i < instruction->flags.len; i++)
		(void)word_finder_next(&finder, instruction->flags.items[i]);
	return finder;
}

static int add_sources(struct lowering *lowering, const struct instruction *whole,
		       struct copy_step *copy, struct error *err)
{
	const struct copy_instruction *instruction = &whole->copy;
	struct word_finder finder = start_of_words(whole);
	size_t n = instruction->sources.len + instruction->heredocs.len;

	if (n > COPY_SOURCES_MAX)
		return error_set(err, ERROR_SYNTAX, "more than %d sources", COPY_SOURCES_MAX);
	copy->sources = arena_array(lowering->arena, n, sizeof(*copy->sources));
	for (size_t i = 0; i < instruction->sources.len; i++) {
		const char *written = instruction->sources.items[i];
		if (add_source(lowering, written, word_finder_next(&finder, written), copy, err) <
		    0)
			return -1;
	}
	copy->at.destination = word_finder_next(&finder, instruction->destination);
	for (size_t i = 0; i < instruction->heredocs.len; i++)
		if (add_inline_source(lowering, &instruction->heredocs.items[i], copy, err) < 0)
			return -1;
	return 0;
}

static int check_sources(struct lowering *lowering, const struct copy_step *copy, struct error *err)
{
	bool has_address = false;

	for (size_t i = 0; i < copy->n_sources; i++) {
		enum copy_source_kind kind = copy->sources[i].kind;
		lowering->culprit = copy->sources[i].path;
		if (!copy->is_add && kind == COPY_GIT)
			return error_set(err, ERROR_SYNTAX, "source can't be a git ref for COPY");
		if (!copy->is_add && kind == COPY_URL)
			return error_set(err, ERROR_SYNTAX, "source can't be a URL for COPY");
		has_address |= kind == COPY_GIT || kind == COPY_URL;
	}
	lowering->culprit = copy->checksum;
	if (copy->checksum && copy->n_sources != 1)
		return error_set(err, ERROR_SYNTAX,
				 "checksum can't be specified for multiple sources");
	if (copy->checksum && !has_address)
		return error_set(err, ERROR_SYNTAX, "checksum requires HTTP(S) or Git sources");
	return 0;
}

/* As it will be matched: with --parents below the pivot, and "**" is more than "*". */
static int check_pattern(const struct copy_step *copy, const char *source, struct error *err)
{
	cleanup(pattern_free) struct pattern *pattern = NULL;
	autofree char *cleaned = path_clean(source);

	if (!pattern_has_wildcards(source))
		return 0;
	return pattern_compile(cleaned, copy->parents ? PATTERN_DEEP : PATTERN_GLOB, &pattern, err);
}

/* What is wrong with a pattern alone is wrong whatever files there are. */
static int check_patterns(struct lowering *lowering, const struct copy_step *copy,
			  struct error *err)
{
	for (size_t i = 0; i < copy->n_sources; i++)
		if (copy->sources[i].kind == COPY_PATH &&
		    check_pattern(copy, copy->sources[i].path, err) < 0)
			return error_place(err, copy->sources[i].at);
	for (size_t i = 0; i < copy->excludes.len; i++) {
		cleanup(pattern_free) struct pattern *pattern = NULL;
		const char *exclude = copy->excludes.items[i];
		autofree char *cleaned = path_clean(exclude + (*exclude == '!'));
		lowering->culprit = exclude;
		if (pattern_compile(cleaned, PATTERN_DEEP, &pattern, err) < 0)
			return -1;
	}
	return 0;
}

static bool is_digest(const char *text)
{
	static const char prefix[] = "sha256:";

	return text_has_prefix(text, prefix) && strlen(text) == strlen(prefix) + 64 &&
	       strspn(text + strlen(prefix), "0123456789abcdef") == 64;
}

/* Flags and query of a git reference may say the same thing, but not two. */
static int check_git(struct lowering *lowering, const struct copy_step *copy, const char *text,
		     struct error *err)
{
	cleanup(git_reference_release) struct git_reference reference = GIT_REFERENCE_INIT;

	if (git_reference_parse(text, &reference, err) < 0)
		return -1;
	if (copy->has_keep_git_dir && reference.keep_git_dir &&
	    copy->keep_git_dir != (reference.keep_git_dir == GIT_YES))
		return error_set(err, ERROR_SYNTAX, "inconsistent keep-git-dir configuration");
	const char *checksum = copy->checksum;
	if (!checksum)
		return 0;
	if (strspn(checksum, "0123456789abcdef") != strlen(checksum) || strlen(checksum) > 64)
		return error_set(err, ERROR_SYNTAX,
				 "invalid checksum %s of a git source (the digits that its commit "
				 "begins with)",
				 go_quoted(lowering->arena, checksum));
	if (reference.checksum && strcmp(reference.checksum, checksum) != 0)
		return error_set(err, ERROR_SYNTAX, "checksum mismatch %s != %s",
				 go_quoted(lowering->arena, reference.checksum),
				 go_quoted(lowering->arena, checksum));
	return 0;
}

static int check_remote(struct lowering *lowering, const struct copy_step *copy, struct error *err)
{
	for (size_t i = 0; i < copy->n_sources; i++) {
		const struct copy_source *source = &copy->sources[i];
		lowering->culprit = source->path;
		if (source->kind == COPY_GIT && check_git(lowering, copy, source->path, err) < 0)
			return -1;
		if (source->kind == COPY_URL && copy->checksum &&
		    text_has_prefix(copy->checksum, "sha256:") && !is_digest(copy->checksum))
			return error_set(err, ERROR_SYNTAX,
					 "invalid checksum %s: behind 'sha256:' stand 64 digits "
					 "0-9 a-f",
					 go_quoted(lowering->arena, copy->checksum));
		if (source->kind == COPY_URL && copy->checksum && !is_digest(copy->checksum))
			return error_set(
				err, ERROR_UNSUPPORTED,
				"checksum %s of a URL: other digests than sha256:... are not "
				"supported yet",
				go_quoted(lowering->arena, copy->checksum));
	}
	return 0;
}

/*
 * What is shown and recorded of a step never holds the user or password of an address (BuildKit
 * writes five x for each).
 */
static const char *redact(struct lowering *lowering, const char *text)
{
	const char *scheme = strstr(text, "://");
	const char *user = scheme ? scheme + 3 : text;
	const char *at = scheme ? memrchr(user, '@', strcspn(user, "/?#")) : NULL;

	if (!at || text_has_prefix(text, "ssh://"))
		return text;
	bool has_password = memchr(user, ':', (size_t)(at - user)) != NULL;
	return arena_printf(lowering->arena, "%.*sxxxxx%s%s", (int)(user - text), text,
			    has_password ? ":xxxxx" : "", at);
}

static const char *redact_all(struct lowering *lowering, const struct copy_step *copy,
			      const char *text)
{
	for (size_t i = 0; i < copy->n_sources; i++) {
		const char *source = copy->sources[i].path;
		const char *redacted = redact(lowering, source);
		const char *found = redacted == source ? NULL : strstr(text, source);
		if (found)
			text = arena_printf(lowering->arena, "%.*s%s%s", (int)(found - text), text,
					    redacted, found + strlen(source));
	}
	return text;
}

static void set_destination(const struct lowering *lowering, const char *written,
			    struct copy_step *copy)
{
	const char *dir = *written == '/' ? "" : lower_working_dir(lowering);
	autofree char *joined = xasprintf("%s/%s", dir, written);
	autofree char *clean = path_clean(joined);

	copy->destination = arena_printf(lowering->arena, "/%s", clean);
	copy->destination_is_dir = !*written || strcmp(written, ".") == 0 ||
				   text_has_suffix(written, "/") || text_has_suffix(written, "/.");
}

static int find_from(struct lowering *lowering, const struct graph_command *command,
		     struct copy_step *copy, struct error *err)
{
	copy->from = (struct tree_ref){ .kind = TREE_CONTEXT, .index = 0 };
	if (!command->n_sources)
		return 0;
	uint32_t node = command->sources[0];
	lowering->culprit = command->instruction->copy.from;
	if (!lower_is_ready(lowering, node))
		return error_set(err, ERROR_SYNTAX,
				 "cannot copy from stage %s, it needs to be defined before current "
				 "stage %s",
				 go_quoted(lowering->arena, command->instruction->copy.from),
				 go_quoted(lowering->arena,
					   lowering->graph->nodes.items[lowering->stage].name));
	copy->from = lower_tree_of(lowering, node);
	return 0;
}

/* "COPY --chown=1 a <<b /c # buildkit": the other flags are not shown */
static int add_history(struct lowering *lowering, const struct copy_step *copy,
		       const struct heredocs *heredocs, const char *destination, uint32_t step,
		       struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (!lower_keeps_history(lowering))
		return 0;
	buf_add_text(&text, copy->is_add ? "ADD" : "COPY");
	buf_add_text(&text, copy->parents ? " --parents" : "");
	if (copy->chown)
		buf_printf(&text, " --chown=%s", copy->chown);
	if (copy->chmod)
		buf_printf(&text, " --chmod=%s", copy->chmod);
	for (size_t i = 0; i + heredocs->len < copy->n_sources; i++)
		buf_printf(&text, " %s", redact(lowering, copy->sources[i].path));
	for (size_t i = 0; i < heredocs->len; i++)
		buf_printf(&text, " <<%s", heredocs->items[i].name);
	buf_printf(&text, " %s # buildkit", destination);
	return lower_add_history(lowering, arena_strndup(lowering->arena, text.data, text.len),
				 step, err);
}

static void note_sources(const struct lowering *lowering, const struct graph_command *command,
			 const struct copy_step *copy)
{
	for (size_t i = 0; i < copy->n_sources && !command->n_sources; i++)
		if (copy->sources[i].kind == COPY_PATH)
			lower_note(lowering, FACT_COPY_SOURCE, copy->is_add ? "Add" : "Copy",
				   copy->sources[i].path);
}

static int lower_any(struct lowering *lowering, const struct graph_command *command, bool is_add,
		     struct error *err)
{
	const struct copy_instruction *instruction = &command->instruction->copy;
	struct step step = { .kind = STEP_COPY, .copy.is_add = is_add };
	struct copy_step *copy = &step.copy;
	const char *destination = NULL;

	if (expand_flags(lowering, command->instruction, copy, err) < 0 ||
	    add_sources(lowering, command->instruction, copy, err) < 0 ||
	    lower_expand(lowering, instruction->destination, &destination, err) < 0 ||
	    check_sources(lowering, copy, err) < 0 || find_from(lowering, command, copy, err) < 0 ||
	    check_patterns(lowering, copy, err) < 0 || check_remote(lowering, copy, err) < 0)
		return -1;
	note_sources(lowering, command, copy);
	set_destination(lowering, destination, copy);
	const char *text = redact_all(lowering, copy,
				      lower_text(lowering, command->instruction->original, NULL));
	uint32_t index = lower_add_step(lowering, command, text, &step, NULL);
	return add_history(lowering, copy, &instruction->heredocs, destination, index, err);
}

int lower_copy(struct lowering *lowering, const struct graph_command *command, struct error *err)
{
	return lower_any(lowering, command, false, err);
}

int lower_add(struct lowering *lowering, const struct graph_command *command, struct error *err)
{
	return lower_any(lowering, command, true, err);
}
