/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

#include <string.h>

const struct command *const commands[] = {
	&command_build,	 &command_images,  &command_inspect,
	&command_tag,	 &command_push,	   &command_rmi,
	&command_prune,	 &command_reset,   &command_fsck,
	&command_doctor, &command_lint,	   &command_parse,
	&command_plan,	 &command_graph,   &command_context,
	&command_help,	 &command_version, NULL,
};

const struct later_command later_commands[] = {
	{ "bake", "one 'cbuild build' per target; what they share is built once" },
	{ "cache", "keep --root between builds" },
	{ "copy", "skopeo, with the store as an OCI layout" },
	{ "du", "du -sh of the store" },
	{ "history", "'cbuild inspect'" },
	{ "index", "--platform with several" },
	{ "info", NULL },
	{ "load", "skopeo, with the store as an OCI layout" },
	{ "login", "credentials are read from $DOCKER_CONFIG/config.json" },
	{ "logout", "credentials are read from $DOCKER_CONFIG/config.json" },
	{ "manifest", "--platform with several" },
	{ "pull", "a build pulls what it needs" },
	{ "repro", NULL },
	{ "run", "a RUN step in a build" },
	{ "save", "'cbuild build -o type=docker,dest=FILE'" },
	{ NULL, NULL },
};

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}
