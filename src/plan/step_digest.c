/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The digest of a step's definition. Every value is framed by its length, so that no two
 * definitions have the same bytes. What a step is called and where it stands is left out.
 */
#include "step_add.h"

#include <string.h>

static void add_number(struct hasher *hasher, uint64_t number)
{
	hasher_add(hasher, &number, sizeof(number));
}

static void add_bytes(struct hasher *hasher, const char *bytes, size_t len)
{
	add_number(hasher, len);
	hasher_add(hasher, bytes, len);
}

static void add_text(struct hasher *hasher, const char *text)
{
	add_number(hasher, text != NULL);
	if (text)
		add_bytes(hasher, text, strlen(text));
}

static void add_words(struct hasher *hasher, const struct words *words)
{
	add_number(hasher, words->len);
	for (size_t i = 0; i < words->len; i++)
		add_text(hasher, words->items[i]);
}

static void add_tree(struct hasher *hasher, const struct tree_ref *tree)
{
	add_number(hasher, tree->kind);
	add_number(hasher, tree->index);
}

static void add_platform(struct hasher *hasher, const struct platform *platform)
{
	add_text(hasher, platform->os);
	add_text(hasher, platform->architecture);
	add_text(hasher, platform->variant);
	add_text(hasher, platform->os_version);
}

static void add_mount(struct hasher *hasher, const struct run_mount *mount)
{
	const struct mount_flag *flag = &mount->flag;
	const uint64_t numbers[] = {
		flag->type,	flag->sharing, flag->is_readonly, flag->is_required,
		flag->has_mode, flag->has_uid, flag->has_gid,	  flag->mode,
		flag->uid,	flag->gid,     flag->size,
	};

	for (size_t i = 0; i < countof(numbers); i++)
		add_number(hasher, numbers[i]);
	add_text(hasher, flag->target);
	add_text(hasher, flag->source);
	add_text(hasher, flag->id);
	add_text(hasher, flag->env);
	add_tree(hasher, &mount->from);
}

static void add_run(struct hasher *hasher, const struct run_step *run,
		    const struct digest *env_digest)
{
	add_words(hasher, &run->args);
	hasher_add(hasher, env_digest->bytes, sizeof(env_digest->bytes));
	add_text(hasher, run->user);
	add_text(hasher, run->working_dir);
	add_text(hasher, run->hostname);
	add_number(hasher, run->network);
	add_number(hasher, run->security);
	add_number(hasher, run->n_devices);
	for (size_t i = 0; i < run->n_devices; i++) {
		add_text(hasher, run->devices[i].flag.name);
		add_number(hasher, run->devices[i].flag.is_required);
	}
	add_number(hasher, run->n_mounts);
	for (size_t i = 0; i < run->n_mounts; i++)
		add_mount(hasher, &run->mounts[i]);
	add_number(hasher, run->n_files);
	for (size_t i = 0; i < run->n_files; i++) {
		add_text(hasher, run->files[i].name);
		add_bytes(hasher, run->files[i].body, run->files[i].len);
	}
}

static void add_copy(struct hasher *hasher, const struct copy_step *copy)
{
	const uint64_t numbers[] = {
		copy->is_add,
		copy->destination_is_dir,
		copy->link,
		copy->parents,
		copy->unpack,
		copy->has_unpack,
		copy->n_sources,
		copy->keep_git_dir,
		copy->has_keep_git_dir,
	};

	for (size_t i = 0; i < countof(numbers); i++)
		add_number(hasher, numbers[i]);
	add_tree(hasher, &copy->from);
	for (size_t i = 0; i < copy->n_sources; i++) {
		const struct copy_source *source = &copy->sources[i];
		add_number(hasher, source->kind);
		add_text(hasher, source->path);
		if (source->kind == COPY_INLINE)
			add_bytes(hasher, source->body, source->body_len);
	}
	add_text(hasher, copy->destination);
	add_text(hasher, copy->chown);
	add_text(hasher, copy->chmod);
	add_text(hasher, copy->checksum);
	add_words(hasher, &copy->excludes);
}

struct digest step_digest(const struct step *step, const struct digest *env_digest)
{
	cleanup(hasher_release) struct hasher hasher = HASHER_INIT;

	hasher_start(&hasher);
	add_number(&hasher, step->kind);
	add_tree(&hasher, &step->parent);
	add_platform(&hasher, &step->platform);
	add_number(&hasher, step->no_cache);
	switch (step->kind) {
	case STEP_IMAGE:
		add_number(&hasher, step->image.image);
		break;
	case STEP_RUN:
		add_run(&hasher, &step->run, env_digest);
		break;
	case STEP_COPY:
		add_copy(&hasher, &step->copy);
		break;
	case STEP_WORKDIR:
		add_text(&hasher, step->workdir.path);
		add_text(&hasher, step->workdir.user);
		break;
	}
	return hasher_finish(&hasher);
}
