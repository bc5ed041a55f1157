/* SPDX-License-Identifier: Apache-2.0 */
/* What a ref means on the remote (git ls-remote), without fetching anything. */
#include "git.h"

#include "base/alloc.h"
#include "base/text.h"

#include <fcntl.h>
#include <string.h>

enum { REFS_MAX = 8 }; /* as many as can be asked for */

/* Where a name that is not whole is looked for. */
static const char *const folders[] = { "", "refs/heads/", "refs/tags/", "refs/" };

static bool is_full_name(const char *ref)
{
	return text_has_prefix(ref, "refs/") || strcmp(ref, "HEAD") == 0;
}

void git_revision_release(struct git_revision *revision)
{
	free(revision->ref);
	*revision = (struct git_revision){ 0 };
}

/* One line: "<object name>\t<ref>". */
struct remote_ref {
	char object[65];
	const char *name; /* in the output */
};

static bool read_line(char *line, struct remote_ref *ref)
{
	char *tab = strchr(line, '\t');

	if (!tab)
		return false;
	*tab = '\0';
	if (!git_is_object_name(line))
		return false;
	(void)stpcpy(ref->object, line);
	text_make_lower(ref->object);
	ref->name = tab + 1;
	return true;
}

/* "ref: refs/heads/main\tHEAD": what the remote's HEAD is; cuts the line. NULL = another line. */
static const char *default_branch(char *line)
{
	static const char start[] = "ref: ";
	char *tab = text_has_prefix(line, start) ? strchr(line, '\t') : NULL;

	if (!tab || strcmp(tab + 1, "HEAD") != 0)
		return NULL;
	*tab = '\0';
	line += strlen(start);
	return text_has_prefix(line, "refs/heads/") ? line : NULL;
}

/* Finds the ref of exactly this name in the output; lines were cut already. */
static const struct remote_ref *find(const struct remote_ref *refs, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(refs[i].name, name) == 0)
			return &refs[i];
	return NULL;
}

static void take(const struct remote_ref *refs, size_t n, const struct remote_ref *found,
		 struct git_revision *revision)
{
	autofree char *peeled_name = xasprintf("%s^{}", found->name);
	const struct remote_ref *peeled = find(refs, n, peeled_name);

	memcpy(revision->commit, peeled ? peeled->object : found->object, sizeof(revision->commit));
	if (peeled)
		memcpy(revision->tag, found->object, sizeof(revision->tag));
	revision->ref = xstrdup(found->name);
}

/* As git itself looks a name up, but a branch before a tag (BuildKit). */
static int choose(const struct remote_ref *refs, size_t n, const char *ref,
		  struct git_revision *revision)
{
	bool is_full = is_full_name(ref);

	for (size_t i = is_full ? 0 : 1; i < (is_full ? 1 : countof(folders)); i++) {
		autofree char *name = xasprintf("%s%s", folders[i], ref);
		const struct remote_ref *found = find(refs, n, name);
		if (!found)
			continue;
		take(refs, n, found, revision);
		return 1;
	}
	return 0;
}

static void add_patterns(const char *ref, struct strv *words)
{
	bool is_full = is_full_name(ref);

	for (size_t i = is_full ? 0 : 1; i < (is_full ? 1 : countof(folders)); i++) {
		strv_printf(words, "%s%s", folders[i], ref);
		strv_printf(words, "%s%s^{}", folders[i], ref);
	}
}

static bool is_asked_for(const struct strv *words, const char *name)
{
	for (size_t i = 0; i < words->len; i++)
		if (strcmp(words->items[i], name) == 0)
			return true;
	return false;
}

int git_revision_check(const struct git_reference *reference, const struct git_revision *revision,
		       struct error *err)
{
	const char *expected = reference->checksum;

	if (!expected || text_has_prefix(revision->commit, expected) ||
	    (*revision->tag && text_has_prefix(revision->tag, expected)))
		return 0;
	return error_set(err, ERROR_CORRUPT, "expected checksum to match %s, got %s", expected,
			 *revision->tag ? revision->tag : revision->commit);
}

static int refuse(const char *ref, struct error *err)
{
	if (strcmp(ref, "HEAD") == 0)
		return error_set(err, ERROR_NOT_FOUND, "the repository has no default branch");
	return error_set(err, ERROR_NOT_FOUND, "the repository has no branch or tag '%.200s'", ref);
}

int git_resolve(const struct git_session *session, const struct git_reference *reference,
		struct git_revision *ret_revision, struct error *err)
{
	cleanup(strv_release) struct strv words = STRV_INIT;
	cleanup(buf_release) struct buf output = BUF_INIT;
	const char *ref = reference->ref ? reference->ref : "HEAD";
	autoclose int dir_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct remote_ref refs[REFS_MAX];
	struct git_revision revision = { 0 };
	size_t n = 0;

	strv_add(&words, "ls-remote");
	strv_add(&words, "--quiet");
	strv_add(&words, "--symref");
	strv_add(&words, "--");
	strv_add(&words, session->url);
	add_patterns(ref, &words);
	if (git_run(session, dir_fd, &words, &output, err) < 0)
		return -1;
	char *rest = output.data;
	/* a pattern also fits the end of longer names, of which there may be any number */
	const char *branch = NULL;
	for (char *line; n < REFS_MAX && (line = strsep(&rest, "\n")) != NULL;) {
		branch = branch ? branch : default_branch(line);
		if (read_line(line, &refs[n]) && is_asked_for(&words, refs[n].name))
			n++;
	}
	if (!choose(refs, n, ref, &revision))
		return refuse(ref, err);
	if (branch && strcmp(revision.ref, "HEAD") == 0) {
		free(revision.ref);
		revision.ref = xstrdup(branch);
	}
	*ret_revision = revision;
	return 0;
}
