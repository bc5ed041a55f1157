/* SPDX-License-Identifier: Apache-2.0 */
#include "unknown_word.h"

#include "command.h"

#include "base/text.h"

#include <string.h>
#include <unistd.h>

/* Everything is near to a shorter word. */
enum { NAMES_MAX = 64, NEAR_MIN = 3 };

/* What other builders, and other programs, call the same. */
static const struct {
	const char *word, *name;
} meanings[] = {
	{ "ls", "images" },   { "list", "images" },   { "rm", "rmi" },	    { "remove", "rmi" },
	{ "delete", "rmi" },  { "del", "rmi" },	      { "untag", "rmi" },   { "gc", "prune" },
	{ "clean", "prune" }, { "cleanup", "prune" }, { "bud", "build" },   { "b", "build" },
	{ "check", "lint" },  { "show", "inspect" },  { "verify", "fsck" },
};

static const char *const container_words[] = {
	"attach", "commit", "compose", "container", "containers", "cp",	     "create",
	"diff",	  "events", "exec",    "kill",	    "logs",	  "network", "pause",
	"port",	  "ps",	    "rename",  "restart",   "start",	  "stats",   "stop",
	"swarm",  "top",    "unpause", "update",    "volume",	  "wait",
};

static bool is_container_word(const char *word)
{
	for (size_t i = 0; i < countof(container_words); i++)
		if (strcmp(container_words[i], word) == 0)
			return true;
	return false;
}

const char *unknown_word_meaning(const char *word)
{
	const char *names[NAMES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < countof(meanings); i++)
		if (strcmp(meanings[i].word, word) == 0)
			return meanings[i].name;
	if (strlen(word) < NEAR_MIN || is_container_word(word))
		return NULL;
	while (n < countof(names) && commands[n]) {
		names[n] = commands[n]->name;
		n++;
	}
	return text_nearest(word, names, n);
}

static int refuse_later(const char *word, struct error *err)
{
	for (const struct later_command *later = later_commands; later->name; later++) {
		if (strcmp(later->name, word) != 0)
			continue;
		return error_set(err, ERROR_USAGE,
				 "the command '%s' is not supported yet%s%s%s; a context of that "
				 "name is written './%s'",
				 word, later->way_out ? " (" : "",
				 later->way_out ? later->way_out : "", later->way_out ? ")" : "",
				 word);
	}
	return 0;
}

/* `cbuild imagse` is the build of a folder, which is hardly what was meant where there is none. */
int unknown_word_check(const char *word, struct error *err)
{
	if (refuse_later(word, err) < 0)
		return -1;
	if (word[0] == '-' || strpbrk(word, "/:.") || access(word, F_OK) == 0)
		return 0;
	const char *meaning = unknown_word_meaning(word);
	if (meaning)
		return error_set(err, ERROR_USAGE,
				 "there is no folder '%s' to build; did you mean the command '%s'?",
				 word, meaning);
	return error_set(err, ERROR_USAGE,
			 "there is no folder '%s' to build, and no command of that name%s", word,
			 is_container_word(word)
				 ? ": cbuild builds, lists, tags, inspects and pushes images, and "
				   "has no running containers"
				 : " ('cbuild help' lists them)");
}
