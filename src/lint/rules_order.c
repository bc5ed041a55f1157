/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CacheDefeatingOrder: COPY of the whole context stands before a RUN that installs dependencies, so
 * that every change of any file installs them again. Not meant is what was installed before that
 * COPY already, and a RUN that has a cache mount.
 */
#include "linter.h"

#include "base/alloc.h"
#include "base/map.h"
#include "base/text.h"

#include <string.h>

struct installer {
	const char *tool;    /* base name of the command */
	const char *verb;    /* first word that is no option */
	const char *to_copy; /* what it needs; NULL = nothing of the context */
};

static const struct installer INSTALLERS[] = {
	{ "npm", "ci", "package.json and package-lock.json" },
	{ "npm", "install", "package.json and package-lock.json" },
	{ "npm", "i", "package.json and package-lock.json" },
	{ "yarn", "install", "package.json and yarn.lock" },
	{ "pnpm", "install", "package.json and pnpm-lock.yaml" },
	{ "pnpm", "i", "package.json and pnpm-lock.yaml" },
	{ "bun", "install", "package.json and the lock file" },
	{ "pip", "install", "requirements.txt" },
	{ "pip3", "install", "requirements.txt" },
	{ "pipenv", "install", "Pipfile and Pipfile.lock" },
	{ "pipenv", "sync", "Pipfile and Pipfile.lock" },
	{ "poetry", "install", "pyproject.toml and poetry.lock" },
	{ "uv", "sync", "pyproject.toml and uv.lock" },
	{ "bundle", "install", "Gemfile and Gemfile.lock" },
	{ "composer", "install", "composer.json and composer.lock" },
	{ "go", "mod", "go.mod and go.sum" },
	{ "cargo", "fetch", "Cargo.toml and Cargo.lock" },
	{ "cargo", "build", "Cargo.toml and Cargo.lock (with 'cargo fetch')" },
	{ "mvn", NULL, "pom.xml (with 'mvn dependency:go-offline')" },
	{ "gradle", NULL, "the build files (with 'gradle dependencies')" },
	{ "dotnet", "restore", "the project files" },
	{ "mix", "deps.get", "mix.exs and mix.lock" },
	{ "apt-get", "install", NULL },
	{ "apt", "install", NULL },
	{ "apk", "add", NULL },
	{ "dnf", "install", NULL },
	{ "yum", "install", NULL },
	{ "zypper", "install", NULL },
};

/* --- commands of a RUN --------------------------------------------------------------------------
 */

/* What stands between a command and its words; a look at shell text, not an understanding of it. */
static bool is_separator(char c)
{
	return strchr(";&|()\n`{}", c) != NULL;
}

static size_t next_word(const char **text, const char *end)
{
	while (*text < end && (text_is_space(**text) && **text != '\n'))
		(*text)++;
	const char *start = *text;
	size_t len = 0;
	while (start + len < end && !text_is_space(start[len]) && !is_separator(start[len]))
		len++;
	return len;
}

static bool is_word(const char *word, size_t len, const char *wanted)
{
	return strlen(wanted) == len && memcmp(word, wanted, len) == 0;
}

static bool is_prefix_word(const char *word, size_t len)
{
	return is_word(word, len, "sudo") || is_word(word, len, "exec") ||
	       is_word(word, len, "env") || is_word(word, len, "time") ||
	       memchr(word, '=', len) != NULL;
}

/* The command without its directory. */
static void cut_directory(const char **word, size_t *len)
{
	const char *slash = memrchr(*word, '/', *len);

	if (slash) {
		*len -= (size_t)(slash + 1 - *word);
		*word = slash + 1;
	}
}

static const struct installer *find_installer(const char *tool, size_t tool_len, const char *verb,
					      size_t verb_len)
{
	for (size_t i = 0; i < countof(INSTALLERS); i++) {
		const struct installer *installer = &INSTALLERS[i];
		if (is_word(tool, tool_len, installer->tool) &&
		    (!installer->verb || is_word(verb, verb_len, installer->verb)))
			return installer;
	}
	return NULL;
}

/* "pip install ." and "-e ." need the whole project. */
static bool installs_itself(const char *text, const char *end)
{
	bool is_it = false;

	for (size_t len; (len = next_word(&text, end)); text += len) {
		if (is_word(text, len, "."))
			is_it = true;
		else if (*text != '-')
			return false;
	}
	return is_it;
}

/* The next word that counts: no options, but the "-m" of python is one. */
static size_t next_plain_word(const char **text, const char *end)
{
	size_t len = next_word(text, end);

	while (len && **text == '-' && !is_word(*text, len, "-m")) {
		*text += len;
		len = next_word(text, end);
	}
	return len;
}

/* One command: from its first word up to the next separator. */
static const struct installer *read_command(const char *text, const char *end)
{
	size_t len = next_word(&text, end);

	while (len && is_prefix_word(text, len)) {
		text += len;
		len = next_word(&text, end);
	}
	const char *tool = text;
	size_t tool_len = len;
	cut_directory(&tool, &tool_len);
	text += len;
	len = next_plain_word(&text, end);
	if (is_word(text, len, "-m")) {
		/* python -m pip install */
		text += len;
		tool_len = next_word(&text, end);
		tool = text;
		text += tool_len;
		len = next_plain_word(&text, end);
	}
	const struct installer *installer = find_installer(tool, tool_len, text, len);
	bool is_pip = installer && text_has_prefix(installer->tool, "pip");
	return is_pip && installs_itself(text + len, end) ? NULL : installer;
}

/* Is one of the commands in the text an installer? */
static const struct installer *find_in_text(const char *text, size_t text_len)
{
	const char *end = text + text_len;

	while (text < end) {
		const char *stop = text;
		while (stop < end && !is_separator(*stop))
			stop++;
		const struct installer *installer = read_command(text, stop);
		if (installer)
			return installer;
		text = stop + 1;
	}
	return NULL;
}

static const struct installer *find_in_run(const struct instruction *instruction)
{
	const struct run_instruction *run = &instruction->run;
	const struct installer *installer = NULL;
	cleanup(buf_release) struct buf text = BUF_INIT;

	for (size_t i = 0; i < run->command.words.len; i++)
		buf_printf(&text, "%s ", run->command.words.items[i]);
	if (!run->is_lone_heredoc)
		installer = find_in_text(text.data, text.len);
	for (size_t i = 0; i < run->heredocs.len && !installer; i++)
		installer =
			find_in_text(run->heredocs.items[i].body, run->heredocs.items[i].body_len);
	return installer;
}

static bool has_cache_mount(const struct run_instruction *run)
{
	for (size_t i = 0; i < run->mounts.len; i++)
		if (strstr(run->mounts.items[i], "type=cache"))
			return true;
	return false;
}

/* --- stages -------------------------------------------------------------------------------------
 */

static bool copies_everything(const struct instruction *instruction)
{
	static const char *const everything[] = { ".", "./", "/", "*", "./*", "./." };

	if ((instruction->kind != INSTRUCTION_COPY && instruction->kind != INSTRUCTION_ADD) ||
	    instruction->copy.from)
		return false;
	for (size_t i = 0; i < instruction->copy.sources.len; i++)
		for (size_t k = 0; k < countof(everything); k++)
			if (strcmp(instruction->copy.sources.items[i], everything[k]) == 0)
				return true;
	return false;
}

struct stage_order {
	uint32_t copy_line; /* of the first COPY of everything; 0 = none */
	bool is_installed[countof(INSTALLERS)];
};

static void check_run(struct linter *linter, const struct instruction *run,
		      struct stage_order *order)
{
	const struct installer *installer = find_in_run(run);

	if (!installer)
		return;
	bool is_known = false;
	for (size_t i = 0; i < countof(INSTALLERS); i++)
		is_known = is_known || (order->is_installed[i] &&
					strcmp(INSTALLERS[i].tool, installer->tool) == 0);
	order->is_installed[installer - INSTALLERS] = true;
	if (!order->copy_line || is_known || has_cache_mount(&run->run))
		return;
	const char *space = installer->verb ? " " : "", *verb = space[0] ? installer->verb : "";
	if (installer->to_copy)
		linter_add(linter, RULE_CACHE_DEFEATING_ORDER, run->at,
			   "'%s%s%s' runs again after every change of any file: the whole context "
			   "is copied before it (line %u). Copy %s first, install, then copy the "
			   "rest",
			   installer->tool, space, verb, order->copy_line, installer->to_copy);
	else
		linter_add(linter, RULE_CACHE_DEFEATING_ORDER, run->at,
			   "'%s%s%s' runs again after every change of any file: the whole context "
			   "is copied before it (line %u). It needs no file of it: install first, "
			   "then copy",
			   installer->tool, space, verb, order->copy_line);
}

static void check_stage(struct linter *linter, const struct stage *stage, struct stage_order *order)
{
	for (size_t i = 0; i < stage->n_instructions; i++) {
		const struct instruction *instruction = &stage->instructions[i];
		if (copies_everything(instruction) && !order->copy_line)
			order->copy_line = instruction->at.line;
		else if (instruction->kind == INSTRUCTION_RUN)
			check_run(linter, instruction, order);
	}
}

void rules_of_order(struct linter *linter)
{
	const struct dockerfile *dockerfile = linter->request->dockerfile;
	autofree struct stage_order *orders = NULL;
	cleanup(map_release) struct map names = MAP_INIT;

	if (!linter->request->with_own_rules && !linter->options.tries_all &&
	    !linter->options.tries[RULE_CACHE_DEFEATING_ORDER])
		return;
	orders = xcalloc(dockerfile->n_stages, sizeof(*orders));
	for (size_t i = 0; i < dockerfile->n_stages; i++) {
		const struct from_instruction *from = &dockerfile->stages[i].from.from;
		const struct stage_order *base = map_get(&names, from->base);
		if (base)
			orders[i] = *base;
		check_stage(linter, &dockerfile->stages[i], &orders[i]);
		if (from->stage_name)
			(void)map_set(&names, from->stage_name, &orders[i]);
	}
}
