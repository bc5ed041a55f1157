/* SPDX-License-Identifier: Apache-2.0 */
#include "step_key.h"

#include "remote.h"
#include "run_secret.h"

#include "exec/agent.h"
#include "network/names.h"
#include "sandbox/isolation.h"
#include "sandbox/policy.h"

#include <stdio.h>
#include <string.h>

/* Raised when what a step does changes in a way that makes other layers of the same inputs. */
enum { RUN_FORMAT = 1, COPY_FORMAT = 2, WORKDIR_FORMAT = 1 };

struct digest exec_tree_chain_id(const struct exec_env *env, struct tree_ref tree)
{
	if (tree.kind == TREE_STEP)
		return env->results[tree.index].chain_id;
	return (struct digest){ 0 };
}

static void add_words(struct cache_key *key, const char *name, const struct words *words)
{
	cache_key_add_number(key, name, words->len);
	for (size_t i = 0; i < words->len; i++)
		cache_key_add_text(key, name, words->items[i]);
}

static void add_text(struct cache_key *key, const char *name, const char *text)
{
	cache_key_add_text(key, name, text ? text : "");
}

static void add_platform(struct cache_key *key, const struct platform *platform)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	platform_format(platform, &text);
	cache_key_add_text(key, "platform", text.data);
}

static void add_parent(const struct exec_env *env, const struct step *step, struct cache_key *key)
{
	struct digest chain_id = exec_tree_chain_id(env, step->parent);

	cache_key_add_digest(key, "parent", &chain_id);
}

/* File times in layers are clamped to the epoch, so it makes other bytes. */
static void add_epoch(const struct exec_env *env, struct cache_key *key)
{
	if (env->plan->has_epoch && env->rewrites_times)
		cache_key_add_number(key, "epoch", (uint64_t)env->plan->epoch);
}

static void add_mount_flag(const struct mount_flag *flag, struct cache_key *key)
{
	cache_key_add_number(key, "mount", flag->type);
	add_text(key, "mount target", flag->target);
	add_text(key, "mount source", flag->source);
	add_text(key, "mount id", flag->id);
	add_text(key, "mount variable", flag->env);
	cache_key_add_number(key, "mount sharing", flag->sharing);
	cache_key_add_number(key, "mount is read-only", flag->is_readonly);
	cache_key_add_number(key, "mount is required", flag->is_required);
	cache_key_add_number(key, "mount size", flag->size);
	cache_key_add_number(key, "mount mode", flag->has_mode ? flag->mode + 1 : 0);
	cache_key_add_number(key, "mount uid", flag->has_uid ? (uint64_t)flag->uid + 1 : 0);
	cache_key_add_number(key, "mount gid", flag->has_gid ? (uint64_t)flag->gid + 1 : 0);
}

/*
 * Whether there is one makes a difference to what the step does, and a layer that was looked
 * through is not one that may hold a value.
 */
static void add_secret(const struct exec_env *env, const struct mount_flag *flag,
		       struct cache_key *key)
{
	cache_key_add_number(key, "secret is given", run_secret_is_given(env, flag->id));
	cache_key_add_number(key, "secret may leak", env->allows_secret_leaks);
}

/* What is seen through it too; never what a secret or a cache holds. */
static int add_mount(const struct exec_env *env, const struct run_mount *mount,
		     struct cache_key *key, struct error *err)
{
	cleanup(selection_release) struct selection selection = SELECTION_INIT;

	add_mount_flag(&mount->flag, key);
	if (mount->flag.type == MOUNT_SECRET)
		add_secret(env, &mount->flag, key);
	if (mount->flag.type == MOUNT_SSH)
		cache_key_add_number(key, "agent is given", agent_is_given(env, mount->flag.id));
	cache_key_add_number(key, "mount from", mount->from.kind);
	if (mount->from.kind == TREE_STEP) {
		struct digest from = exec_tree_chain_id(env, mount->from);
		cache_key_add_digest(key, "mount from", &from);
	}
	if (mount->from.kind != TREE_CONTEXT)
		return 0;
	struct copy_tree tree = copy_tree_of_context(&env->contexts[mount->from.index]);
	if (copy_select_path(&tree, mount->flag.source, &selection, err) < 0)
		return -1;
	selection_add_to_key(&selection, key);
	return 0;
}

/*
 * What the command line asks of the walls is part of what is run, as RUN --security is: a build
 * that asks for more of them gets nothing that was made with less. What a machine imposes (the
 * isolation mode) is not.
 */
static void add_policy(const struct exec_env *env, const struct run_step *run,
		       struct cache_key *key)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (run->security == SECURITY_INSECURE)
		return;
	sandbox_policy_describe(env->policy, &text);
	if (text.len)
		cache_key_add_text(key, "policy", text.data);
}

/* As BuildKit has it: that a name is known counts, not where it leads. */
static void add_host_names(const struct name_settings *names, struct cache_key *key)
{
	for (size_t i = 0; i < names->hosts.len; i++) {
		const char *entry = names->hosts.items[i];
		cache_key_add(key, "host", entry, strcspn(entry, "="));
	}
}

static int make_run_key(const struct exec_env *env, const struct step *step, struct cache_key *key,
			struct error *err)
{
	const struct run_step *run = &step->run;

	cache_key_start(key, "run", RUN_FORMAT);
	add_parent(env, step, key);
	add_words(key, "argument", &run->args);
	cache_key_add_number(key, "variables", run->env.len);
	for (size_t i = 0; i < run->env.len; i++)
		cache_key_add_text(key, "variable", run->env.items[i]);
	add_text(key, "user", run->user);
	add_text(key, "working directory", run->working_dir);
	cache_key_add_number(key, "network", run->network);
	add_host_names(env->names, key);
	cache_key_add_number(key, "security", run->security);
	if (env->image_env.isolation && isolation_emulates(env->image_env.isolation))
		cache_key_add_text(key, "ownership", "emulated");
	add_text(key, "hostname", run->hostname);
	cache_key_add_number(key, "files", run->n_files);
	for (size_t i = 0; i < run->n_files; i++) {
		add_text(key, "file", run->files[i].name);
		cache_key_add(key, "body", run->files[i].body, run->files[i].len);
	}
	for (size_t i = 0; i < run->n_devices; i++)
		add_text(key, run->devices[i].flag.is_required ? "required device" : "device",
			 run->devices[i].flag.name);
	for (size_t i = 0; i < run->n_mounts; i++) {
		if (add_mount(env, &run->mounts[i], key, err) == 0)
			continue;
		err->at = step->at;
		return -1;
	}
	add_policy(env, run, key);
	add_platform(key, &step->platform);
	add_epoch(env, key);
	cache_key_finish(key);
	return 1;
}

static void add_remote(const struct exec_env *env, const struct copy_step *copy,
		       const struct copy_source *source, struct cache_key *key)
{
	exec_remote_add_to_key(exec_remote_find(env->remotes, copy, source), copy, key);
	if (source->kind == COPY_URL) {
		cache_key_add_number(key, "unpack URL", copy->has_unpack && copy->unpack);
		return;
	}
	cache_key_add_number(key, "keep-git-dir", copy->keep_git_dir);
	add_words(key, "exclude", &copy->excludes);
}

/* Everything of a COPY but where its files come from. */
static void start_copy_key(const struct exec_env *env, const struct step *step, const char *kind,
			   struct cache_key *key)
{
	const struct copy_step *copy = &step->copy;

	cache_key_start(key, kind, COPY_FORMAT);
	if (!copy->link || copy->chmod)
		add_parent(env, step, key);
	add_text(key, "destination", copy->destination);
	cache_key_add_number(key, "destination is a directory", copy->destination_is_dir);
	add_text(key, "chown", copy->chown);
	add_text(key, "chmod", copy->chmod);
	cache_key_add_number(key, "unpack", copy->is_add && (!copy->has_unpack || copy->unpack));
	cache_key_add_number(key, "sources", copy->n_sources);
	for (size_t i = 0; i < copy->n_sources; i++) {
		const struct copy_source *source = &copy->sources[i];
		cache_key_add_number(key, "source kind", source->kind);
		if (source->kind == COPY_URL || source->kind == COPY_GIT)
			add_remote(env, copy, source, key);
		if (source->kind != COPY_INLINE)
			continue;
		add_text(key, "file", source->path);
		cache_key_add(key, "body", source->body, source->body_len);
	}
	add_epoch(env, key);
}

static bool reads_paths(const struct copy_step *copy)
{
	for (size_t i = 0; i < copy->n_sources; i++)
		if (copy->sources[i].kind == COPY_PATH)
			return true;
	return false;
}

static void make_copy_key(const struct exec_env *env, const struct step *step,
			  struct cache_key *key)
{
	const struct copy_step *copy = &step->copy;
	struct digest from = exec_tree_chain_id(env, copy->from);

	start_copy_key(env, step, "copy from a tree", key);
	cache_key_add_digest(key, "from", &from);
	for (size_t i = 0; i < copy->n_sources; i++)
		if (copy->sources[i].kind == COPY_PATH)
			add_text(key, "path", copy->sources[i].path);
	add_words(key, "exclude", &copy->excludes);
	cache_key_add_number(key, "parents", copy->parents);
	cache_key_finish(key);
}

static void make_workdir_key(const struct exec_env *env, const struct step *step,
			     struct cache_key *key)
{
	cache_key_start(key, "workdir", WORKDIR_FORMAT);
	add_parent(env, step, key);
	add_text(key, "path", step->workdir.path);
	add_text(key, "user", step->workdir.user);
	add_epoch(env, key);
	cache_key_finish(key);
}

int step_definition_key(const struct exec_env *env, const struct step *step,
			struct cache_key *ret_key, struct error *err)
{
	switch (step->kind) {
	case STEP_RUN:
		return make_run_key(env, step, ret_key, err);
	case STEP_WORKDIR:
		make_workdir_key(env, step, ret_key);
		return 1;
	case STEP_COPY:
		if (step->copy.from.kind == TREE_CONTEXT && reads_paths(&step->copy))
			return 0;
		make_copy_key(env, step, ret_key);
		return 1;
	case STEP_IMAGE:
		break;
	}
	return 0;
}

void step_content_key(const struct exec_env *env, const struct step *step,
		      const struct selection *selection, struct cache_key *ret_key)
{
	start_copy_key(env, step, "copy", ret_key);
	selection_add_to_key(selection, ret_key);
	cache_key_finish(ret_key);
}
