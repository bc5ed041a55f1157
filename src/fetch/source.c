/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts, by what they are. */
#include "tree.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "store/blob.h"

#include <string.h>

enum { READ_SIZE = 256 * 1024 };

bool fetch_is_remote(const char *source)
{
	return strcmp(source, "-") == 0 || source_is_git(source) || source_is_http(source) ||
	       source_is_github(source);
}

/*
 * Through an unnamed file: what it is must be known before anything is made of it, and standard
 * input cannot be rewound.
 */
static int spool(const struct fetch_env *env, int in_fd, struct job_channel *channel, int *ret_fd,
		 struct error *err)
{
	autofree char *block = xmalloc(READ_SIZE);
	struct progress progress = job_progress(channel);
	uint64_t size = 0;
	size_t len = READ_SIZE;

	if (isatty(in_fd))
		return error_set(
			err, ERROR_USAGE,
			"the context '-' is read from standard input, which is a terminal");
	autoclose int fd = -1;
	if (store_open_nameless(env->store, &fd, err) < 0)
		return -1;
	while (len == READ_SIZE) {
		if (fs_read_full(in_fd, block, READ_SIZE, &len, err) < 0)
			return error_wrap(err, "standard input");
		size += len;
		if (size > FETCH_SIZE_MAX)
			return error_set(err, ERROR_USAGE,
					 "standard input: more than %llu bytes (largest context)",
					 FETCH_SIZE_MAX);
		if (fs_write_all(fd, block, len, err) < 0)
			return -1;
		progress_advance(&progress, size, 0);
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

static int fetch_stdin(const struct fetch_env *env, int stdin_fd, struct job_channel *channel,
		       struct fetched_tree *ret_tree, struct error *err)
{
	autoclose int fd = -1;

	if (spool(env, stdin_fd, channel, &fd, err) < 0)
		return -1;
	return tree_of_file(env, fd, "standard input", NULL, channel, ret_tree, err);
}

static int fetch_http(const struct fetch_env *env, const char *url, enum fetch_role role,
		      struct job_channel *channel, struct fetched_tree *ret_tree, struct error *err)
{
	cleanup(buf_release) struct buf shown = BUF_INIT;
	struct fetched_url file;
	autoclose int fd = -1;

	if (fetch_url(env, url, NULL, FETCH_SIZE_MAX, channel, &file, err) < 0)
		return -1;
	int found = blob_open(env->store, &file.digest, &fd, err);
	if (found <= 0)
		return found < 0 ? -1 : error_set(err, ERROR_CHANGED, "a blob was removed");
	source_add_printable(url, &shown);
	int result = role == FETCH_NAMED_CONTEXT
			     ? tree_with_file(env, fd, "context", file.modified, ret_tree, err)
			     : tree_of_file(env, fd, shown.data, "context", channel, ret_tree, err);
	if (result < 0)
		return -1;
	ret_tree->has_time = file.modified != 0;
	ret_tree->time = file.modified;
	return 0;
}

static int fetch_repository(const struct fetch_env *env, const char *source, bool keeps_git_dir,
			    struct job_channel *channel, struct fetched_tree *ret_tree,
			    struct error *err)
{
	cleanup(git_reference_release) struct git_reference reference = GIT_REFERENCE_INIT;
	cleanup(git_revision_release) struct git_revision revision = { 0 };

	if (git_reference_parse(source, &reference, err) < 0 ||
	    fetch_git_revision(env, &reference, &revision, err) < 0)
		return -1;
	bool keeps = reference.keep_git_dir ? reference.keep_git_dir == GIT_YES : keeps_git_dir;
	return fetch_git(env, &reference, &revision, keeps, channel, ret_tree, err);
}

int fetch_context(const struct fetch_env *env, const char *source, enum fetch_role role,
		  int stdin_fd, bool keeps_git_dir, struct job_channel *channel,
		  struct fetched_tree *ret_tree, struct error *err)
{
	if (strcmp(source, "-") == 0)
		return fetch_stdin(env, stdin_fd, channel, ret_tree, err);
	if (source_is_git(source) || source_is_github(source))
		return fetch_repository(env, source, keeps_git_dir, channel, ret_tree, err);
	return fetch_http(env, source, role, channel, ret_tree, err);
}
