/* SPDX-License-Identifier: Apache-2.0 */
/* What is read before anything is planned: context, Dockerfile, ignore file. */
#include "phases.h"

#include "base/alloc.h"
#include "base/path.h"
#include "parser/git_reference.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* With --context-sub-path a directory within the context is the context. */
const char *build_context_path(struct build *build)
{
	const struct build_request *request = build->request;

	if (!request->context || !request->context_sub_path)
		return request->context;
	autofree char *below = path_clean(request->context_sub_path);
	return arena_printf(&build->arena, "%s/%s", request->context, below);
}

static int cancelled_by(int number, struct error *err)
{
	const char *name = sigabbrev_np(number);

	(void)error_set(err, ERROR_CANCELLED, "cancelled by SIG%s", name ? name : "?");
	/* A hang-up is as TERM, and so is its status. */
	err->status = 128 + (number == SIGINT ? SIGINT : SIGTERM);
	return -1;
}

/* In milliseconds, for poll; -1 = for ever. */
static int time_left(const struct build_request *request)
{
	uint64_t now = event_now();

	if (!request->deadline)
		return -1;
	if (now >= request->deadline)
		return 0;
	uint64_t left = (request->deadline - now) / 1000000 + 1;
	return left > INT_MAX ? INT_MAX : (int)left;
}

/*
 * A Dockerfile may come from a pipe that nobody writes to, and there is no job yet that could be
 * killed: signals and the time limit are waited for here.
 */
static int wait_for_input(void *context, int fd, struct error *err)
{
	const struct build_request *request = context;

	for (;;) {
		struct pollfd fds[] = { { request->signal_fd, POLLIN, 0 }, { fd, POLLIN, 0 } };
		struct signalfd_siginfo info;

		int n = poll(fds, countof(fds), time_left(request));
		if (n < 0 && errno != EINTR)
			return error_sys(err, "poll");
		if (n == 0)
			return error_set(err, ERROR_TIMED_OUT, "the time limit was reached");
		if (n > 0 && fds[0].revents &&
		    read(request->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
			return cancelled_by((int)info.ssi_signo, err);
		if (n > 0 && fds[1].revents)
			return 0;
	}
}

static int open_owners(struct build *build, struct error *err)
{
	autoclose int fd = -1;

	if (build->owners)
		return 0;
	if (build_open_fetched(build, build->fetched.owners, O_RDONLY, &fd, err) < 0)
		return -1;
	return owner_list_open(fd, &build->owners, err);
}

static int open_fetched_context(struct build *build, struct context_request *wanted, int *dir_fd,
				int *text_fd, struct error *err)
{
	const struct fetched_tree *fetched = &build->fetched;
	const char *sub_path = build->request->context_sub_path;
	cleanup(buf_release) struct buf shown = BUF_INIT;

	if (!fetched->dir)
		return 0;
	autofree char *below = path_clean(sub_path ? sub_path : "");
	autofree char *path = path_join(fetched->dir, below);
	if (build_open_fetched(build, path, O_RDONLY | O_DIRECTORY, dir_fd, err) < 0)
		return error_wrap(err, "build context");
	source_add_printable(build->request->context, &shown);
	wanted->path = arena_strdup(&build->arena, shown.data);
	wanted->is_fetched = true;
	wanted->dir_fd = *dir_fd;
	if (fetched->owners && open_owners(build, err) < 0)
		return -1;
	if (!fetched->dockerfile)
		return 0;
	if (wanted->dockerfile)
		return error_set(
			err, ERROR_USAGE,
			"ambiguous Dockerfile source: the context '%s' is a Dockerfile, and -f "
			"names another",
			wanted->path);
	if (build_open_fetched(build, fetched->dockerfile, O_RDONLY, text_fd, err) < 0)
		return -1;
	wanted->text_fd = *text_fd;
	wanted->text_name = fetched->dockerfile_name;
	return 0;
}

static int open_fetched_dockerfile(struct build *build, struct context_request *wanted,
				   int *text_fd, struct error *err)
{
	const struct fetched_tree *fetched = &build->fetched_dockerfile;
	cleanup(buf_release) struct buf shown = BUF_INIT;

	if (!fetched->dir)
		return 0;
	autofree char *path = path_join(fetched->dir, "context");
	if (build_open_fetched(build, path, O_RDONLY, text_fd, err) < 0)
		return -1;
	source_add_printable(build->request->dockerfile, &shown);
	wanted->text_fd = *text_fd;
	wanted->text_name = arena_strdup(&build->arena, shown.data);
	wanted->dockerfile = NULL;
	return 0;
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
		.wait = wait_for_input,
		.wait_context = (void *)(uintptr_t)request,
	};
	autoclose int dir_fd = -1, text_fd = -1;

	if (open_fetched_context(build, &wanted, &dir_fd, &text_fd, err) < 0 ||
	    open_fetched_dockerfile(build, &wanted, &text_fd, err) < 0)
		return -1;
	if (context_open(&wanted, &build->context, err) < 0)
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

static bool is_remote_name(const char *value)
{
	return source_is_git(value) || source_is_http(value);
}

static int open_remote(struct build *build, const struct plan_context *context,
		       struct exec_context *ret_context, struct error *err)
{
	cleanup(fetched_tree_release) struct fetched_tree tree = FETCHED_TREE_INIT;
	autoclose int fd = -1;

	if (build_fetch_named(build, context->host_path, &tree, err) < 0 ||
	    build_open_fetched(build, tree.dir, O_RDONLY | O_DIRECTORY, &fd, err) < 0)
		return error_wrap(err, "context '%s'", context->name);
	struct exec_context opened = { .host_path = context->host_path, .is_fetched = true };
	if (context_of_dir(fd, context->name, &opened.owned, err) < 0)
		return -1;
	opened.dir_fd = opened.owned->fd;
	*ret_context = opened;
	return 0;
}

int build_open_context(struct build *build, size_t index, struct exec_context *ret_context,
		       struct error *err)
{
	const struct plan_context *context = &build->plan->contexts[index];
	struct exec_context opened = { .dir_fd = -1 };
	const struct context *source = build->context;

	if (context->name && is_remote_name(context->host_path))
		return open_remote(build, context, ret_context, err);
	if (context->name) {
		if (context_open_named(context->host_path, &opened.owned, err) < 0)
			return -1;
		source = opened.owned;
	}
	opened.dir_fd = source->fd;
	opened.ignore = source->ignore;
	opened.is_fetched = build->fetched.dir != NULL && !context->name;
	opened.keeps_owners = opened.is_fetched && build->fetched.keeps_owners;
	opened.owners = opened.is_fetched ? build->owners : NULL;
	if (opened.is_fetched)
		opened.host_path = build->context->host_path;
	else
		opened.host_path = context->host_path ? absolute(build, context->host_path) : "";
	*ret_context = opened;
	return 0;
}
