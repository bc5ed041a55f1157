/* SPDX-License-Identifier: Apache-2.0 */
#include "remote.h"

#include "run_secret.h"

#include "base/alloc.h"
#include "base/json.h"
#include "exec/agent.h"

#include <string.h>

static int read_secret(void *context, const char *id, struct buf *ret_value, struct error *err)
{
	return run_secret_read(context, id, ret_value, err);
}

int exec_secret_read(const struct exec_env *env, const char *id, struct buf *ret_value,
		     struct error *err)
{
	return run_secret_read(env, id, ret_value, err);
}

struct fetch_env remote_fetch_env(const struct exec_env *env)
{
	return (struct fetch_env){ .store = env->image_env.store,
				   .cache = env->image_env.cache,
				   .transfer = env->image_env.transfer,
				   .secret = read_secret,
				   .secret_context = (void *)(uintptr_t)env };
}

/* --- which ------------------------------------------------------------------------------------ */

static bool is_remote(const struct copy_source *source)
{
	return source->kind == COPY_URL || source->kind == COPY_GIT;
}

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

size_t exec_remote_index(const struct exec_remotes *remotes, const struct copy_step *copy,
			 const struct copy_source *source)
{
	size_t i = 0;

	while (i < remotes->len &&
	       (strcmp(remotes->items[i].source->path, source->path) != 0 ||
		!is_same_text(remotes->items[i].copy->checksum, copy->checksum)))
		i++;
	return i;
}

const struct exec_remote *exec_remote_find(const struct exec_remotes *remotes,
					   const struct copy_step *copy,
					   const struct copy_source *source)
{
	return &remotes->items[exec_remote_index(remotes, copy, source)];
}

static void add(struct exec_remotes *remotes, const struct step *step,
		const struct copy_source *source)
{
	cleanup(buf_release) struct buf title = BUF_INIT;

	if (exec_remote_index(remotes, &step->copy, source) < remotes->len)
		return;
	buf_add_text(&title, source->kind == COPY_GIT ? "[internal] look up " : "[internal] load ");
	source_add_printable(source->path, &title);
	remotes->items[remotes->len++] = (struct exec_remote){ .copy = &step->copy,
							       .source = source,
							       .title = buf_take(&title) };
}

void exec_remotes_init(struct exec_remotes *remotes, struct exec_env *env)
{
	const struct plan *plan = env->plan;
	size_t n = 0;

	for (size_t i = 0; i < plan->n_steps; i++)
		if (plan->steps[i].kind == STEP_COPY)
			n += plan->steps[i].copy.n_sources;
	*remotes =
		(struct exec_remotes){ .env = env, .items = xcalloc(n, sizeof(*remotes->items)) };
	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct step *step = &plan->steps[i];
		for (size_t k = 0; step->kind == STEP_COPY && k < step->copy.n_sources; k++)
			if (is_remote(&step->copy.sources[k]))
				add(remotes, step, &step->copy.sources[k]);
	}
}

void exec_remotes_release(struct exec_remotes *remotes)
{
	for (size_t i = 0; i < remotes->len; i++) {
		git_revision_release(&remotes->items[i].revision);
		free(remotes->items[i].title);
	}
	free(remotes->items);
	*remotes = (struct exec_remotes){ 0 };
}

/* --- what ------------------------------------------------------------------------------------- */

/* --checksum on top of what the URL says; they agree, or planning refused them. */
static int parse_reference(const struct copy_step *copy, const struct copy_source *source,
			   struct git_reference *ret_reference, struct error *err)
{
	if (git_reference_parse(source->path, ret_reference, err) < 0)
		return -1;
	if (copy->checksum && !ret_reference->checksum)
		ret_reference->checksum = xstrdup(copy->checksum);
	return 0;
}

static int find_revision(const struct exec_env *exec_env, const struct exec_remote *remote,
			 json_t *object, struct error *err)
{
	cleanup(git_reference_release) struct git_reference reference = GIT_REFERENCE_INIT;
	cleanup(git_revision_release) struct git_revision revision = { 0 };
	cleanup(agent_release) struct agent agent = AGENT_INIT;

	if (parse_reference(remote->copy, remote->source, &reference, err) < 0 ||
	    agent_open_for_source(exec_env, remote->source->path, &agent, err) < 0)
		return -1;
	struct fetch_env env = remote_fetch_env(exec_env);
	env.ssh_agent = agent.path;
	if (fetch_git_revision(&env, &reference, &revision, err) < 0)
		return -1;
	value_set_text(object, "commit", revision.commit);
	value_set_text(object, "tag", revision.tag);
	value_set_text(object, "ref", revision.ref);
	return 0;
}

static int load_url(const struct fetch_env *env, const struct exec_remote *remote,
		    struct job_channel *channel, json_t *object, struct error *err)
{
	struct fetched_url url;
	struct digest expected;

	if (remote->copy->checksum && digest_parse(remote->copy->checksum, &expected, err) < 0)
		return error_wrap(err, "--checksum");
	if (fetch_url(env, remote->source->path, remote->copy->checksum ? &expected : NULL,
		      FETCH_SIZE_MAX, channel, &url, err) < 0)
		return -1;
	value_set_text(object, "digest", digest_format(&url.digest).text);
	json_object_set_new(object, "size", json_integer((json_int_t)url.size));
	json_object_set_new(object, "modified", json_integer(url.modified));
	return 0;
}

/* What came is not what was to come: the word to mend is the one that said so. */
static bool is_about_checksum(const struct exec_remote *remote, const struct error *err)
{
	return remote->copy->checksum && err->code == ERROR_CORRUPT;
}

int exec_remote_run(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	const struct exec_remote_work *work = arg;
	const struct exec_remote *remote = &work->remotes->items[work->index];
	struct fetch_env env = remote_fetch_env(work->remotes->env);
	cleanup(value_free) json_t *object = json_object();

	int result = remote->source->kind == COPY_GIT
			     ? find_revision(work->remotes->env, remote, object, err)
			     : load_url(&env, remote, channel, object, err);
	if (result < 0)
		return error_place(err, is_about_checksum(remote, err) ? remote->copy->at.checksum
								       : remote->source->at);
	value_write(object, 0, record);
	return 0;
}

static void take_object_name(const char *text, char (*ret_name)[65])
{
	if (text && git_is_object_name(text))
		(void)stpcpy(*ret_name, text);
}

int exec_remote_finish(void *arg, const char *record, size_t len, struct error *err)
{
	const struct exec_remote_work *work = arg;
	struct exec_remote *remote = &work->remotes->items[work->index];
	cleanup(value_free) json_t *object = NULL;
	const char *digest = NULL, *commit = NULL, *tag = NULL, *ref = NULL;
	int64_t size = 0;

	if (value_read(record, len, "remote source", &object, err) < 0 ||
	    value_get_text(object, "digest", &digest, err) < 0 ||
	    value_get_text(object, "commit", &commit, err) < 0 ||
	    value_get_text(object, "tag", &tag, err) < 0 ||
	    value_get_text(object, "ref", &ref, err) < 0 ||
	    value_get_integer(object, "size", &size, err) < 0 ||
	    value_get_integer(object, "modified", &remote->url.modified, err) < 0)
		return -1;
	if (remote->source->kind == COPY_URL) {
		remote->url.size = (uint64_t)size;
		return digest ? digest_parse(digest, &remote->url.digest, err)
			      : error_set(err, ERROR_CORRUPT, "a URL without a digest");
	}
	take_object_name(commit, &remote->revision.commit);
	take_object_name(tag, &remote->revision.tag);
	remote->revision.ref = ref ? xstrdup(ref) : NULL;
	return 0;
}

static void add_ref(const struct exec_remote *remote, struct cache_key *key)
{
	cache_key_add_text(key, "ref", remote->revision.ref ? remote->revision.ref : "");
	cache_key_add_text(key, "tag", remote->revision.tag);
}

/* The words of a git reference that choose what of a commit is taken. */
void exec_remote_add_to_key(const struct exec_remote *remote, const struct copy_step *copy,
			    struct cache_key *key)
{
	cleanup(git_reference_release) struct git_reference reference = GIT_REFERENCE_INIT;
	struct error ignored = ERROR_INIT;

	if (remote->source->kind == COPY_URL) {
		autofree char *name = fetch_url_name(remote->source->path);
		cache_key_add_text(key, "file", name);
		cache_key_add_digest(key, "content", &remote->url.digest);
		return;
	}
	cache_key_add_text(key, "commit", remote->revision.commit);
	if (git_reference_parse(remote->source->path, &reference, &ignored) < 0)
		return;
	cache_key_add_text(key, "subdirectory", reference.sub_dir);
	cache_key_add_number(key, "submodules", reference.submodules != GIT_NO);
	cache_key_add_number(key, "keep-git-dir query", reference.keep_git_dir);
	/* the kept .git has the name of the branch or tag in it */
	if (copy->keep_git_dir || reference.keep_git_dir == GIT_YES)
		add_ref(remote, key);
	/* a submodule's relative URL, and what a kept .git holds, count from here */
	cache_key_add_text(key, "repository", reference.url);
}
