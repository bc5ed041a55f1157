/* SPDX-License-Identifier: Apache-2.0 */
/* --on-error and --export-on-failure. */
#include "settle_inputs.h"

#include "base/alloc.h"
#include "base/path.h"
#include "build/request.h"

#include <limits.h>
#include <string.h>

/* Said before anything runs, not hours later. */
static int settle_shell(const struct build_values *values, struct build_request *request,
			struct error *err)
{
	request->has_failed_shell = values->on_error == ON_ERROR_SHELL;
	if (!request->has_failed_shell)
		return 0;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return error_set(err, ERROR_USAGE,
				 "--on-error=shell needs a terminal as standard input and output");
	pid_t foreground = tcgetpgrp(STDIN_FILENO);
	if (foreground >= 0 && foreground != getpgrp())
		return error_set(err, ERROR_USAGE,
				 "--on-error=shell needs cbuild in the foreground of its terminal");
	return 0;
}

/* Cleaned, so that one can be told to lie below another; a slash at the end means a directory. */
static char *clean_dest(const char *dir, const char *dest)
{
	autofree char *path = path_join(dir, dest), *clean = path_clean_go(path);

	return xasprintf("%s%s", clean, path[strlen(path) - 1] == '/' ? "/" : "");
}

/* STAGE:/path=dest */
static int settle_files(const char *text, struct failed_files_request *files, struct error *err)
{
	const char *colon = strchr(text, ':');
	const char *equals = colon ? strchr(colon, '=') : NULL;
	char dir[PATH_MAX] = "";

	if (!equals || colon == text || colon[1] != '/' || !equals[1])
		return error_set(err, ERROR_USAGE,
				 "--export-on-failure '%s' is not STAGE:/PATH=DEST", text);
	if (equals[1] != '/' && !getcwd(dir, sizeof(dir)))
		return error_sys(err, "find the working directory");
	*files = (struct failed_files_request){
		.stage = xstrndup(text, (size_t)(colon - text)),
		.path = xstrndup(colon + 1, (size_t)(equals - colon - 1)),
		.dest = clean_dest(dir, equals + 1),
	};
	return 0;
}

int settle_failure(const struct build_values *values, struct build_request *request,
		   struct error *err)
{
	const struct strv *texts = &values->export_on_failure;

	if (settle_shell(values, request, err) < 0)
		return -1;
	request->failed_files = xcalloc(texts->len + 1, sizeof(*request->failed_files));
	for (size_t i = 0; i < texts->len; i++)
		if (settle_files(texts->items[i], &request->failed_files[request->n_failed_files++],
				 err) < 0)
			return -1;
	return 0;
}
