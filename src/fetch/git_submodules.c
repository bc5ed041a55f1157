/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Submodules, without `git submodule`: what .gitmodules of the commit says is read out of the
 * repository (the file on disk could be a link), each URL is judged as if it had been written in
 * the Dockerfile, each is fetched by the commit that its parent names, into the directory that git
 * made for it. Of each only path, URL and "update = none" count.
 */
#include "git.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/path.h"
#include "base/text.h"
#include "base/vec.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* A repository whose submodules are still to be looked at. */
struct parent {
	struct git_reference reference;
	char *commit;
	char *path; /* below the top; "" = the top itself */
	bool is_public;
	unsigned depth;
};

struct submodules {
	const struct git_session *top;
	const struct git_reference *top_reference;
	int top_fd;
	bool keeps_git_dir;
	struct job_channel *channel;
	VEC(struct parent) parents;
	size_t n_seen;
};

static void parent_release(struct parent *parent)
{
	git_reference_release(&parent->reference);
	free(parent->commit);
	free(parent->path);
}
DEFINE_RELEASE(struct parent, parent_release);

static void submodules_release(struct submodules *submodules)
{
	for (size_t i = 0; i < submodules->parents.len; i++)
		parent_release(&submodules->parents.items[i]);
	vec_release(&submodules->parents);
}
DEFINE_RELEASE(struct submodules, submodules_release);

/* Name by name, through no link. */
static int open_dir(int top_fd, const char *path, int *ret_fd, struct error *err)
{
	autoclose int fd = fcntl(top_fd, F_DUPFD_CLOEXEC, 3);

	for (const char *at = path; fd >= 0 && *at;) {
		size_t len = strcspn(at, "/");
		autofree char *name = xstrndup(at, len);
		int next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		(void)close(fd);
		fd = next;
		at += len + (at[len] == '/');
	}
	if (fd < 0)
		return error_sys(err, "submodule '%s'", path);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* --- .gitmodules ------------------------------------------------------------------------------ */

/* "submodule.NAME.KEY\nVALUE": *ret_key is where KEY begins. */
static bool split_setting(char *entry, char **ret_key, const char **ret_value)
{
	static const char prefix[] = "submodule.";
	char *newline = strchr(entry, '\n');

	if (!newline || !text_has_prefix(entry, prefix))
		return false;
	*newline = '\0';
	char *dot = strrchr(entry, '.');
	if (dot < entry + strlen(prefix))
		return false;
	*dot = '\0';
	*ret_key = dot + 1;
	*ret_value = newline + 1;
	return true;
}

struct setting {
	const char *name, *path, *url, *update;
};

struct settings {
	struct buf text;
	VEC(struct setting) all;
};

static void settings_release(struct settings *settings)
{
	buf_release(&settings->text);
	vec_release(&settings->all);
}
DEFINE_RELEASE(struct settings, settings_release);

static struct setting *setting_of(struct settings *settings, const char *name)
{
	for (size_t i = settings->all.len; i > 0; i--)
		if (strcmp(settings->all.items[i - 1].name, name) == 0)
			return &settings->all.items[i - 1];
	vec_push(&settings->all, (struct setting){ .name = name });
	return &settings->all.items[settings->all.len - 1];
}

/* 1, or 0 where the commit has no .gitmodules. */
static int read_settings(const struct git_session *session, const char *commit, int dir_fd,
			 struct settings *settings, struct error *err)
{
	autofree char *blob = xasprintf("%s:.gitmodules", commit);
	const char *const exists[] = { "cat-file", "-e", blob, NULL };
	const char *const list[] = { "config", "-z", "--blob", blob, "--list", NULL };
	struct error ignored = ERROR_INIT;

	if (git_run_words(session, dir_fd, exists, NULL, &ignored) < 0)
		return 0;
	if (git_run_words(session, dir_fd, list, &settings->text, err) < 0)
		return error_wrap(err, "'.gitmodules'");
	for (size_t at = 0; at < settings->text.len;) {
		char *entry = settings->text.data + at, *key;
		const char *value;
		at += strlen(entry) + 1;
		if (!split_setting(entry, &key, &value))
			continue;
		if (settings->all.len > GIT_SUBMODULES_MAX)
			return error_set(err, ERROR_CORRUPT, "more than %d submodules (most)",
					 GIT_SUBMODULES_MAX);
		struct setting *setting = setting_of(settings, entry);
		if (strcmp(key, "path") == 0)
			setting->path = value;
		else if (strcmp(key, "url") == 0)
			setting->url = value;
		else if (strcmp(key, "update") == 0)
			setting->update = value;
	}
	return 1;
}

static const struct setting *find_setting(const struct settings *settings, const char *path)
{
	for (size_t i = 0; i < settings->all.len; i++)
		if (settings->all.items[i].path && strcmp(settings->all.items[i].path, path) == 0)
			return &settings->all.items[i];
	return NULL;
}

/* --- one submodule ---------------------------------------------------------------------------- */

static bool is_same_server(const struct git_reference *a, const struct git_reference *b)
{
	return a->transport == b->transport && a->port == b->port && strcmp(a->host, b->host) == 0;
}

/* A repository may not lead to what is less protected than itself. */
static int judge(const struct submodules *submodules, const struct parent *parent,
		 const struct git_reference *reference, struct error *err)
{
	bool is_plain = reference->transport == GIT_HTTP || reference->transport == GIT_DAEMON;
	bool was_plain = parent->reference.transport == GIT_HTTP ||
			 parent->reference.transport == GIT_DAEMON;

	if (is_plain && !was_plain)
		return error_set(err, ERROR_SYSTEM,
				 "%.300s: no encryption, in a repository that was fetched with "
				 "encryption: refused (use a https or relative URL in .gitmodules)",
				 reference->url);
	if (reference->transport == GIT_SSH &&
	    !is_same_server(reference, submodules->top_reference))
		return error_set(
			err, ERROR_SYSTEM,
			"%.300s: ssh, in a repository that was not itself fetched over ssh "
			"from that host: refused (use a https or relative URL in "
			".gitmodules)",
			reference->url);
	return 0;
}

static void inherit_user(const struct git_reference *from, struct git_reference *reference)
{
	if (reference->user || reference->transport == GIT_SSH)
		return;
	reference->user = from->user ? xstrdup(from->user) : NULL;
	reference->password = from->password ? xstrdup(from->password) : NULL;
}

static int fetch_into(struct submodules *submodules, const struct parent *parent,
		      const struct git_reference *reference, const char *commit, const char *path,
		      struct error *err)
{
	cleanup(git_session_release) struct git_session session = { 0 };
	struct git_revision revision = { 0 };
	autoclose int dir_fd = -1;
	int64_t ignored;

	bool with_secrets = is_same_server(reference, submodules->top_reference);
	if (open_dir(submodules->top_fd, path, &dir_fd, err) < 0 ||
	    git_session_open(submodules->top->env, reference, parent->is_public, with_secrets,
			     &session, err) < 0)
		return -1;
	(void)stpcpy(revision.commit, commit);
	if (git_checkout(&session, &revision, dir_fd, submodules->channel, &ignored, err) < 0)
		return -1;
	struct parent next = { .commit = xstrdup(commit),
			       .path = xstrdup(path),
			       .is_public = session.is_public || parent->is_public,
			       .depth = parent->depth + 1 };
	if (git_reference_resolve(reference, reference->url, &next.reference, err) < 0) {
		parent_release(&next);
		return -1;
	}
	vec_push(&submodules->parents, next);
	return 0;
}

static int fetch_one(struct submodules *submodules, const struct parent *parent,
		     const struct setting *setting, const char *commit, struct error *err)
{
	cleanup(git_reference_release) struct git_reference reference = GIT_REFERENCE_INIT;
	autofree char *path = path_join(parent->path, setting->path);

	if (setting->update && strcmp(setting->update, "none") == 0)
		return 0;
	if (++submodules->n_seen > GIT_SUBMODULES_MAX || parent->depth >= GIT_SUBMODULE_DEPTH_MAX)
		return error_set(err, ERROR_CORRUPT,
				 "more than %d submodules, or deeper than %d (most submodules)",
				 GIT_SUBMODULES_MAX, GIT_SUBMODULE_DEPTH_MAX);
	if (!setting->url)
		return error_set(err, ERROR_NOT_FOUND, "submodule '%.300s' has no URL", path);
	if (git_reference_resolve(&parent->reference, setting->url, &reference, err) < 0 ||
	    judge(submodules, parent, &reference, err) < 0)
		return error_wrap(err, "submodule '%.300s'", path);
	if (is_same_server(&reference, submodules->top_reference))
		inherit_user(submodules->top_reference, &reference);
	if (fetch_into(submodules, parent, &reference, commit, path, err) < 0)
		return error_wrap(err, "submodule '%.300s'", path);
	return 0;
}

/* --- one repository --------------------------------------------------------------------------- */

/* "160000 commit <name>\tpath": 1 and its parts. */
static bool read_link(char *entry, const char **ret_commit, const char **ret_path)
{
	static const char prefix[] = "160000 commit ";
	char *tab = strchr(entry, '\t');

	if (!tab || !text_has_prefix(entry, prefix))
		return false;
	*tab = '\0';
	*ret_commit = entry + strlen(prefix);
	*ret_path = tab + 1;
	return git_is_object_name(*ret_commit);
}

static int fetch_all_of(struct submodules *submodules, const struct parent *parent,
			struct error *err)
{
	const char *const words[] = { "ls-tree", "-r", "-z", "--full-tree", parent->commit, NULL };
	cleanup(settings_release) struct settings settings = { .text = BUF_INIT };
	cleanup(buf_release) struct buf output = BUF_INIT;
	autoclose int dir_fd = -1;

	if (open_dir(submodules->top_fd, parent->path, &dir_fd, err) < 0)
		return -1;
	int found = read_settings(submodules->top, parent->commit, dir_fd, &settings, err);
	if (found < 0 || git_run_words(submodules->top, dir_fd, words, &output, err) < 0)
		return -1;
	for (size_t at = 0; at < output.len;) {
		const char *commit, *path;
		char *entry = output.data + at;
		at += strlen(entry) + 1;
		if (!read_link(entry, &commit, &path))
			continue;
		const struct setting *setting = found ? find_setting(&settings, path) : NULL;
		if (!setting)
			job_warn(submodules->channel,
				 "'.gitmodules' says nothing of submodule '%.300s': it stays empty",
				 path);
		else if (fetch_one(submodules, parent, setting, commit, err) < 0)
			return -1;
	}
	if (!*parent->path || submodules->keeps_git_dir)
		return 0;
	return fs_remove_tree(dir_fd, ".git", err);
}

int git_fetch_submodules(const struct git_session *session, const struct git_reference *reference,
			 const struct git_revision *revision, int dir_fd, bool keeps_git_dir,
			 struct job_channel *channel, struct error *err)
{
	cleanup(submodules_release) struct submodules submodules = {
		.top = session,
		.top_reference = reference,
		.top_fd = dir_fd,
		.keeps_git_dir = keeps_git_dir,
		.channel = channel,
	};
	struct parent top = { .commit = xstrdup(revision->commit),
			      .path = xstrdup(""),
			      .is_public = session->is_public };

	if (git_reference_resolve(reference, reference->url, &top.reference, err) < 0) {
		parent_release(&top);
		return -1;
	}
	vec_push(&submodules.parents, top);
	while (submodules.parents.len) {
		cleanup(parent_release) struct parent parent =
			submodules.parents.items[--submodules.parents.len];
		if (fetch_all_of(&submodules, &parent, err) < 0)
			return -1;
	}
	return 0;
}
