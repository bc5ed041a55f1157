/* SPDX-License-Identifier: Apache-2.0 */
#include "git.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

int fetch_git_revision(const struct fetch_env *env, const struct git_reference *reference,
		       struct git_revision *ret_revision, struct error *err)
{
	cleanup(git_session_release) struct git_session session = { 0 };
	cleanup(git_revision_release) struct git_revision revision = { 0 };

	if (reference->ref && git_is_object_name(reference->ref)) {
		for (size_t i = 0; reference->ref[i]; i++)
			revision.commit[i] = (char)(reference->ref[i] | 0x20);
	} else if (git_session_open(env, reference, false, true, &session, err) < 0 ||
		   git_resolve(&session, reference, &revision, err) < 0) {
		return error_wrap(err, "%.500s", reference->url);
	}
	if (git_revision_check(reference, &revision, err) < 0)
		return error_wrap(err, "%.500s", reference->url);
	*ret_revision = revision;
	revision = (struct git_revision){ 0 };
	return 0;
}

/* Component by component and through no link: the repository must not lead anywhere else. */
static int check_sub_dir(int dir_fd, const char *path, struct error *err)
{
	autoclose int fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3);

	for (const char *at = path; fd >= 0 && *at;) {
		size_t len = strcspn(at, "/");
		autofree char *name = xstrndup(at, len);
		int next = openat(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		(void)close(fd);
		fd = next;
		at += len + (at[len] == '/');
	}
	if (fd >= 0)
		return 0;
	return error_set(err, ERROR_NOT_FOUND, "subdirectory '%.500s' of the repository %s", path,
			 errno == ENOENT ? "does not exist"
					 : "is no directory (links count as none)");
}

static int fill(const struct git_session *session, const struct git_reference *reference,
		const struct git_revision *revision, bool keeps_git_dir, int dir_fd,
		struct job_channel *channel, int64_t *ret_time, struct error *err)
{
	if (git_checkout(session, revision, dir_fd, channel, ret_time, err) < 0 ||
	    (reference->submodules != GIT_NO &&
	     git_fetch_submodules(session, reference, revision, dir_fd, keeps_git_dir, channel,
				  err) < 0) ||
	    check_sub_dir(dir_fd, reference->sub_dir, err) < 0)
		return -1;
	if (!keeps_git_dir && fs_remove_tree(dir_fd, ".git", err) < 0)
		return -1;
	if (reference->times == GIT_TIMES_CHECKOUT)
		return 0;
	return git_set_times(dir_fd, *ret_time, err);
}

int fetch_git(const struct fetch_env *env, const struct git_reference *reference,
	      const struct git_revision *revision, bool keeps_git_dir, struct job_channel *channel,
	      struct fetched_tree *ret_tree, struct error *err)
{
	cleanup(git_session_release) struct git_session session = { 0 };
	cleanup(tree_draft_release) struct tree_draft draft = TREE_DRAFT_INIT;
	int64_t seconds = 0;

	if (git_session_open(env, reference, false, true, &session, err) < 0 ||
	    tree_draft_open(env, "git", &draft, err) < 0 ||
	    fill(&session, reference, revision, keeps_git_dir, draft.fd, channel, &seconds, err) <
		    0)
		return error_wrap(err, "%.500s", reference->url);
	autofree char *name = take_ptr(&draft.name);
	*ret_tree =
		(struct fetched_tree){ .dir = *reference->sub_dir
						      ? xasprintf("%s/%s", name, reference->sub_dir)
						      : xstrdup(name),
				       .has_time = true,
				       .time = seconds };
	return 0;
}
