/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One commit's files. Only that commit is fetched where the server lets us; what it holds is added
 * up before a file is written.
 */
#include "git.h"

#include "base/alloc.h"
#include "base/dir.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/vec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* --- fetching --------------------------------------------------------------------------------- */

static int fetch(const struct git_session *session, int dir_fd, const char *depth, const char *what,
		 struct error *err)
{
	const char *const words[] = { "fetch",
				      "--quiet",
				      "--no-tags",
				      "--force",
				      "--no-recurse-submodules",
				      "--no-write-commit-graph",
				      "--update-shallow",
				      depth,
				      "--",
				      session->url,
				      what,
				      NULL };

	return git_run_words(session, dir_fd, words, NULL, err);
}

/* 1/0: is the object there, and a commit? */
static bool has_commit(const struct git_session *session, int dir_fd, const char *commit)
{
	autofree char *name = xasprintf("%s^{commit}", commit);
	const char *const words[] = { "cat-file", "-e", name, NULL };
	struct error ignored = ERROR_INIT;

	return git_run_words(session, dir_fd, words, NULL, &ignored) == 0;
}

/*
 * By name, which most servers allow; else by its ref, which may have moved on; else everything, in
 * which a commit lies somewhere.
 */
static int fetch_commit(const struct git_session *session, const struct git_revision *revision,
			int dir_fd, struct job_channel *channel, struct error *err)
{
	const char *object = *revision->tag ? revision->tag : revision->commit;
	struct error first = ERROR_INIT;

	if (fetch(session, dir_fd, "--depth=1", object, &first) == 0 &&
	    has_commit(session, dir_fd, revision->commit))
		return 0;
	if (first.code == ERROR_CORRUPT) {
		*err = first;
		return -1;
	}
	if (revision->ref) {
		autofree char *spec = xasprintf("+%s:refs/cbuild/wanted", revision->ref);
		if (fetch(session, dir_fd, "--depth=1", spec, err) < 0)
			return -1;
		if (has_commit(session, dir_fd, revision->commit))
			return 0;
		return error_set(err, ERROR_CHANGED, "'%.200s' moved while it was fetched",
				 revision->ref);
	}
	job_note(channel, "the server does not give single commits: fetching all of them");
	if (fetch(session, dir_fd, "--no-tags", "+refs/*:refs/cbuild/*", err) < 0)
		return -1;
	if (has_commit(session, dir_fd, revision->commit))
		return 0;
	return error_set(err, ERROR_NOT_FOUND, "the repository has no commit %s (%.500s)",
			 revision->commit, first.text);
}

/* --- what it holds ---------------------------------------------------------------------------- */

/* "100644 blob <name>    1234\tpath" */
static int add_entry(const char *entry, uint64_t *total, struct error *err)
{
	unsigned long long size = 0;
	char mode[8], type[8], object[65];

	if (sscanf(entry, "%7s %7s %64s %llu", mode, type, object, &size) == 4)
		*total += size;
	if (*total > FETCH_SIZE_MAX || size > FETCH_SIZE_MAX)
		return error_set(err, ERROR_CORRUPT,
				 "the files of the commit have more than %llu bytes (largest size)",
				 FETCH_SIZE_MAX);
	return 0;
}

static int check_tree(const struct git_session *session, const char *commit, int dir_fd,
		      struct error *err)
{
	const char *const words[] = { "ls-tree", "-r", "-l", "-z", "--full-tree", commit, NULL };
	cleanup(buf_release) struct buf output = BUF_INIT;
	uint64_t total = 0;
	size_t n = 0;

	if (git_run_words(session, dir_fd, words, &output, err) < 0)
		return -1;
	for (size_t at = 0; at < output.len; at += strlen(output.data + at) + 1) {
		if (++n > GIT_FILES_MAX)
			return error_set(err, ERROR_CORRUPT,
					 "the commit has more than %d files (most files)",
					 GIT_FILES_MAX);
		if (add_entry(output.data + at, &total, err) < 0)
			return -1;
	}
	return 0;
}

static int read_time(const struct git_session *session, const char *commit, int dir_fd,
		     int64_t *ret_time, struct error *err)
{
	const char *const words[] = { "log", "-1", "--no-show-signature", "--format=%ct", commit,
				      "--",  NULL };
	cleanup(buf_release) struct buf output = BUF_INIT;
	uint64_t seconds = 0;

	if (git_run_words(session, dir_fd, words, &output, err) < 0)
		return -1;
	while (output.len && text_is_space(output.data[output.len - 1]))
		buf_truncate(&output, output.len - 1);
	if (text_parse_unsigned(output.data, INT32_MAX * 4ULL, &seconds, err) < 0)
		return error_wrap(err, "time of the commit");
	*ret_time = (int64_t)seconds;
	return 0;
}

/*
 * What a RUN that looks at the kept .git expects: where it came from, and the name of the branch or
 * tag.
 */
static int name_things(const struct git_session *session, const struct git_revision *revision,
		       int dir_fd, struct error *err)
{
	const char *const remote[] = { "config", "--local", "remote.origin.url", session->url,
				       NULL };
	const char *const all[] = { "config", "--local", "remote.origin.fetch",
				    "+refs/heads/*:refs/remotes/origin/*", NULL };
	const char *const name[] = { "update-ref", revision->ref,
				     *revision->tag ? revision->tag : revision->commit, NULL };

	if (git_run_words(session, dir_fd, remote, NULL, err) < 0 ||
	    git_run_words(session, dir_fd, all, NULL, err) < 0)
		return -1;
	if (!revision->ref || (!text_has_prefix(revision->ref, "refs/tags/") &&
			       !text_has_prefix(revision->ref, "refs/heads/")))
		return 0;
	return git_run_words(session, dir_fd, name, NULL, err);
}

int git_checkout(const struct git_session *session, const struct git_revision *revision, int dir_fd,
		 struct job_channel *channel, int64_t *ret_time, struct error *err)
{
	const char *format =
		strlen(revision->commit) == 64 ? "--object-format=sha256" : "--object-format=sha1";
	const char *const init[] = { "init", "--quiet", "--template=", format, NULL };
	const char *const checkout[] = { "checkout", "--quiet",	       "--force", "--no-guess",
					 "--detach", revision->commit, "--",	  NULL };

	if (git_run_words(session, dir_fd, init, NULL, err) < 0 ||
	    fetch_commit(session, revision, dir_fd, channel, err) < 0 ||
	    check_tree(session, revision->commit, dir_fd, err) < 0 ||
	    read_time(session, revision->commit, dir_fd, ret_time, err) < 0 ||
	    name_things(session, revision, dir_fd, err) < 0)
		return -1;
	return git_run_words(session, dir_fd, checkout, NULL, err);
}

/* --- times ------------------------------------------------------------------------------------ */

struct pending {
	VEC(char *) dirs;
};

static void pending_release(struct pending *pending)
{
	for (size_t i = 0; i < pending->dirs.len; i++)
		free(pending->dirs.items[i]);
	vec_release(&pending->dirs);
}
DEFINE_RELEASE(struct pending, pending_release);

static int set_times_in(int top_fd, const char *path, const struct timespec times[2],
			struct pending *pending, struct error *err)
{
	cleanup(dir_reader_close) struct dir_reader reader = { .fd = -1 };
	autoclose int fd = -1;
	const char *name = NULL;
	unsigned char type = 0;
	int more;

	if (fs_open_beneath(top_fd, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, &fd,
			    err) <= 0 ||
	    dir_reader_open(fd, &reader, err) < 0)
		return error_wrap(err, "'%s'", path);
	while ((more = dir_reader_next(&reader, &name, &type, err)) > 0) {
		struct stat st;
		if (!*path && strcmp(name, ".git") == 0)
			continue;
		if (utimensat(fd, name, times, AT_SYMLINK_NOFOLLOW) < 0 ||
		    fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return error_sys(err, "set the time of '%s'", name);
		if (S_ISDIR(st.st_mode))
			vec_push(&pending->dirs,
				 *path ? xasprintf("%s/%s", path, name) : xstrdup(name));
	}
	return more;
}

int git_set_times(int dir_fd, int64_t seconds, struct error *err)
{
	const struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };
	cleanup(pending_release) struct pending pending = { .dirs = VEC_INIT };

	vec_push(&pending.dirs, xstrdup(""));
	while (pending.dirs.len) {
		autofree char *path = pending.dirs.items[--pending.dirs.len];
		if (set_times_in(dir_fd, path, times, &pending, err) < 0)
			return -1;
	}
	if (futimens(dir_fd, times) < 0)
		return error_sys(err, "set the time of a checkout");
	return 0;
}
