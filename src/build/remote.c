/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts that lie elsewhere, fetched by jobs before somebody opens them as directories. */
#include "phases.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "exec/agent.h"
#include "parser/git_reference.h"
#include "store/store.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static int read_secret(void *context, const char *id, struct buf *ret_value, struct error *err)
{
	return exec_secret_read(context, id, ret_value, err);
}

static struct fetch_env make_env(struct build *build)
{
	build_take_secrets(build);
	build->exec.image_env = build->engine->env;
	return (struct fetch_env){ .store = build->engine->store,
				   .cache = build->engine->cache,
				   .transfer = build->engine->transfer,
				   .secret = read_secret,
				   .secret_context = &build->exec,
				   .is_callers_own = true };
}

struct fetch_work {
	struct build *build;
	const char *source;
	enum fetch_role role;
	bool keeps_git_dir;
	struct fetched_tree *tree;
};

static int run_fetch(void *arg, struct job_channel *channel, struct buf *record, struct error *err)
{
	const struct fetch_work *work = arg;
	cleanup(fetched_tree_release) struct fetched_tree tree = FETCHED_TREE_INIT;
	cleanup(agent_release) struct agent agent = AGENT_INIT;
	struct fetch_env env = make_env(work->build);

	if (agent_open_for_source(&work->build->exec, work->source, &agent, err) < 0)
		return -1;
	env.ssh_agent = agent.path;
	if (fetch_context(&env, work->source, work->role, STDIN_FILENO, work->keeps_git_dir,
			  channel, &tree, err) < 0)
		return -1;
	fetched_tree_encode(&tree, record);
	return 0;
}

static int finish_fetch(void *arg, const char *record, size_t len, struct error *err)
{
	const struct fetch_work *work = arg;

	return fetched_tree_decode(record, len, work->tree, err);
}

static bool keeps_git_dir(const struct build *build)
{
	const char *value =
		strv_env_get(&build->request->build_args, "BUILDKIT_CONTEXT_KEEP_GIT_DIR");
	struct error ignored = ERROR_INIT;
	bool keeps = false;

	return value && text_parse_bool(value, &keeps, &ignored) == 0 && keeps;
}

static int fetch_one(struct build *build, const char *source, enum fetch_role role,
		     const char *title, struct fetched_tree *ret_tree, struct error *err)
{
	struct fetch_work arg = { .build = build,
				  .source = source,
				  .role = role,
				  .keeps_git_dir = keeps_git_dir(build),
				  .tree = ret_tree };
	struct work work = {
		.title = title, .arg = &arg, .run = run_fetch, .finished = finish_fetch
	};

	return engine_run_works(build->engine, &build->run, &work, 1, err);
}

bool build_context_is_remote(const struct build *build)
{
	return build_request_is_remote(build->request);
}

bool build_request_is_remote(const struct build_request *request)
{
	const char *context = request->context;
	struct stat st;

	if (!context || !fetch_is_remote(context))
		return false;
	/* "github.com/x" may be a directory; the other forms are none */
	return !source_is_github(context) || stat(context, &st) < 0;
}

bool build_dockerfile_is_remote(const struct build *build)
{
	return build->request->dockerfile && source_is_http(build->request->dockerfile);
}

int build_fetch_context(struct build *build, struct error *err)
{
	return fetch_one(build, build->request->context, FETCH_MAIN_CONTEXT,
			 "[internal] load remote build context", &build->fetched, err);
}

int build_fetch_dockerfile(struct build *build, struct error *err)
{
	return fetch_one(build, build->request->dockerfile, FETCH_NAMED_CONTEXT,
			 "[internal] load remote Dockerfile", &build->fetched_dockerfile, err);
}

int build_fetch_named(struct build *build, const char *source, struct fetched_tree *ret_tree,
		      struct error *err)
{
	cleanup(buf_release) struct buf title = BUF_INIT;

	buf_add_text(&title, "[internal] load context ");
	source_add_printable(source, &title);
	return fetch_one(build, source, FETCH_NAMED_CONTEXT, title.data, ret_tree, err);
}

/* --- the time of a source -----------------------------------------------------------------------
 */

struct checksum_work {
	struct build *build;
	const char *source, *checksum;
};

static int check_git(const struct fetch_env *env, const struct checksum_work *work,
		     struct error *err)
{
	cleanup(git_reference_release) struct git_reference reference = GIT_REFERENCE_INIT;
	cleanup(git_revision_release) struct git_revision revision = { 0 };

	if (git_reference_parse(work->source, &reference, err) < 0)
		return -1;
	free(reference.checksum);
	reference.checksum = xstrdup(work->checksum);
	return fetch_git_revision(env, &reference, &revision, err);
}

/* Is the source what ADD --checksum says? */
static int run_checksum(void *arg, struct job_channel *channel, struct buf *record,
			struct error *err)
{
	const struct checksum_work *work = arg;
	cleanup(agent_release) struct agent agent = AGENT_INIT;
	struct fetch_env env = make_env(work->build);
	struct digest expected;
	struct fetched_url url;

	(void)record;
	if (source_is_git(work->source)) {
		if (agent_open_for_source(&work->build->exec, work->source, &agent, err) < 0)
			return -1;
		env.ssh_agent = agent.path;
		return check_git(&env, work, err);
	}
	if (digest_parse(work->checksum, &expected, err) < 0)
		return error_wrap(err, "--checksum");
	return fetch_url(&env, work->source, &expected, FETCH_SIZE_MAX, channel, &url, err);
}

static int check_source(struct build *build, const char *source, const char *checksum,
			struct error *err)
{
	struct checksum_work arg = { build, source, checksum };
	struct work work = { .title = "[internal] check the source of SOURCE_DATE_EPOCH",
			     .arg = &arg,
			     .run = run_checksum };

	return engine_run_works(build->engine, &build->run, &work, 1, err);
}

int build_source_time(void *context, const char *source, const char *checksum, bool *ret_has,
		      int64_t *ret_seconds, struct error *err)
{
	cleanup(fetched_tree_release) struct fetched_tree tree = FETCHED_TREE_INIT;
	struct build *build = context;
	struct source_time found = { .source = NULL };

	/* a plan is made several times, and for each platform: all must see the same time */
	for (size_t i = 0; i < build->source_times.len; i++)
		if (strcmp(build->source_times.items[i].source, source) == 0)
			found = build->source_times.items[i];
	if (!found.source) {
		if ((checksum && check_source(build, source, checksum, err) < 0) ||
		    build_fetch_named(build, source, &tree, err) < 0)
			return -1;
		found = (struct source_time){ arena_strdup(&build->arena, source), tree.has_time,
					      tree.time };
		vec_push(&build->source_times, found);
	}
	*ret_has = found.has_time;
	*ret_seconds = found.seconds;
	return 0;
}

int build_open_fetched(const struct build *build, const char *path, int flags, int *ret_fd,
		       struct error *err)
{
	int found = fs_open_beneath(store_tmp_fd(build->engine->store), path, flags | O_NOFOLLOW, 0,
				    ret_fd, err);

	return found == 0  ? error_set(err, ERROR_SYSTEM, "what was fetched went away")
	       : found < 0 ? -1
			   : 0;
}
