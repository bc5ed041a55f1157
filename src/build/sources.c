/* SPDX-License-Identifier: Apache-2.0 */
/* What is read before anything is planned: context, Dockerfile, ignore file. */
#include "phases.h"

#include "base/alloc.h"
#include "base/path.h"

#include <signal.h>
#include <string.h>

/* With --context-sub-path a directory within the context is the context. */
const char *build_context_path(struct build *build)
{
	const struct build_request *request = build->request;

	if (!request->context || !request->context_sub_path)
		return request->context;
	autofree char *below = path_clean(request->context_sub_path);
	return arena_printf(&build->arena, "%s/%s", request->context, below);
}

/*
 * A Dockerfile may come from a pipe that nobody writes to. No loop reads the signals yet, and there
 * is nothing to clean up: here they end the process as they do by default.
 */
static int open_interruptibly(const struct context_request *wanted, struct context **ret_context,
			      struct error *err)
{
	sigset_t signals, before;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGHUP);
	if (sigprocmask(SIG_UNBLOCK, &signals, &before) < 0)
		return error_sys(err, "let signals in");
	int result = context_open(wanted, ret_context, err);
	if (sigprocmask(SIG_SETMASK, &before, NULL) < 0) {
		context_close(result == 0 ? *ret_context : NULL);
		*ret_context = NULL;
		return error_sys(err, "keep signals out");
	}
	return result;
}

int build_read_sources(struct build *build, struct error *err)
{
	const struct build_request *request = build->request;
	struct build_result *result = build->result;
	struct context_request wanted = {
		.path = build_context_path(build),
		.dockerfile = request->dockerfile,
		.ignore_file = request->ignore_file,
		.stdin_fd = STDIN_FILENO,
	};

	if (open_interruptibly(&wanted, &build->context, err) < 0)
		return -1;
	result->dockerfile = build->context->dockerfile;
	build->context->dockerfile = (struct buf)BUF_INIT;
	if (build->context->dockerfile_name)
		result->dockerfile_name = xstrdup(build->context->dockerfile_name);
	return 0;
}

/* The memo of file contents is kept per tree: by the path that others would call it too. */
static const char *absolute(struct build *build, const char *host_path)
{
	autofree char *resolved = realpath(host_path, NULL);

	return arena_strdup(&build->arena, resolved ? resolved : host_path);
}

int build_open_context(struct build *build, size_t index, struct exec_context *ret_context,
		       struct error *err)
{
	const struct plan_context *context = &build->plan->contexts[index];
	struct exec_context opened = { .dir_fd = -1 };
	const struct context *source = build->context;

	if (context->name) {
		if (context_open_named(context->host_path, &opened.owned, err) < 0)
			return -1;
		source = opened.owned;
	}
	opened.dir_fd = source->fd;
	opened.ignore = source->ignore;
	opened.host_path = context->host_path ? absolute(build, context->host_path) : "";
	*ret_context = opened;
	return 0;
}
