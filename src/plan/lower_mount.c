/* SPDX-License-Identifier: Apache-2.0 */
#include "go_format.h"
#include "lower.h"

#include "base/path.h"

#include <string.h>

/* The flag stays the culprit: a value may be in quotes of its own. */
static int expand_field(void *context, const char *value, const char **ret_text, struct error *err)
{
	struct lowering *lowering = context;
	const char *flag = lowering->culprit;
	int result = lower_expand(lowering, value, ret_text, err);

	lowering->culprit = flag;
	return result;
}

/* Absolute and cleaned; what is relative lies below the working directory. */
static const char *resolve_path(const struct lowering *lowering, const char *path)
{
	const char *dir = *path == '/' ? "" : lower_working_dir(lowering);
	autofree char *joined = xasprintf("%s/%s", dir, path);
	autofree char *clean = path_clean(joined);

	return arena_printf(lowering->arena, "/%s", clean);
}

static int set_target(const struct lowering *lowering, struct mount_flag *flag, struct error *err)
{
	flag->target = resolve_path(lowering, flag->target ? flag->target : "");
	if (strcmp(flag->target, "/") == 0)
		return error_set(err, ERROR_SYNTAX, "invalid mount target \"/\"");
	if (path_is_within(flag->target, "/proc"))
		return error_set(err, ERROR_SYNTAX,
				 "invalid mount target %s: nothing is mounted over /proc",
				 go_quoted(lowering->arena, flag->target));
	if (strcmp(flag->target, "/dev") == 0 && (flag->type != MOUNT_TMPFS || flag->is_readonly))
		return error_set(err, ERROR_SYNTAX,
				 "invalid mount target \"/dev\": only a tmpfs that can be written "
				 "to is mounted over /dev, and holds the devices then");
	return 0;
}

/* Inside of what it comes from; NULL = all of it. */
static void set_source(const struct lowering *lowering, struct mount_flag *flag)
{
	autofree char *clean = path_clean(flag->source ? flag->source : "");

	flag->source = *clean ? arena_printf(lowering->arena, "/%s", clean) : NULL;
}

static int set_cache(const struct lowering *lowering, struct mount_flag *flag, struct error *err)
{
	const char *prefix = build_args_get(lowering->build_args, "BUILDKIT_CACHE_MOUNT_NS");
	const char *id = flag->id;
	autofree char *clean = path_clean_go(flag->target ? flag->target : "");

	if (!id || !*id)
		id = clean;
	flag->id = arena_printf(lowering->arena, "%s/%s", prefix ? prefix : "", id);
	set_source(lowering, flag);
	return set_target(lowering, flag, err);
}

/* Go's path.Base: slashes at the end do not count. */
static const char *base_name(const struct lowering *lowering, const char *path)
{
	size_t len = strlen(path);

	while (len && path[len - 1] == '/')
		len--;
	return path_base_name(arena_strndup(lowering->arena, path, len));
}

static int set_secret(const struct lowering *lowering, struct mount_flag *flag, struct error *err)
{
	bool has_target = flag->target && *flag->target;

	if (flag->source && *flag->source)
		flag->id = flag->source;
	flag->source = NULL;
	if (!flag->id || !*flag->id)
		flag->id = base_name(lowering, flag->target);
	if (!has_target && flag->env) {
		flag->target = NULL;
		return 0;
	}
	if (!has_target)
		flag->target = arena_printf(lowering->arena, "/run/secrets/%s",
					    base_name(lowering, flag->id));
	return set_target(lowering, flag, err);
}

static int set_ssh(const struct lowering *lowering, struct mount_flag *flag, size_t number,
		   struct error *err)
{
	if (!flag->id || !*flag->id)
		flag->id = "default";
	if (!flag->target || !*flag->target)
		flag->target = arena_printf(lowering->arena, "/run/buildkit/ssh_agent.%zu", number);
	return set_target(lowering, flag, err);
}

static int complete_flag(const struct lowering *lowering, struct mount_flag *flag, size_t *n_ssh,
			 struct error *err)
{
	switch (flag->type) {
	case MOUNT_CACHE:
		return set_cache(lowering, flag, err);
	case MOUNT_SECRET:
		return set_secret(lowering, flag, err);
	case MOUNT_SSH:
		return set_ssh(lowering, flag, (*n_ssh)++, err);
	case MOUNT_TMPFS:
		if (flag->source && *flag->source)
			return error_set(err, ERROR_SYNTAX,
					 "a tmpfs mount starts empty: it has no source (%s)",
					 go_quoted(lowering->arena, flag->source));
		flag->source = NULL;
		return set_target(lowering, flag, err);
	case MOUNT_BIND:
		break;
	}
	set_source(lowering, flag);
	return set_target(lowering, flag, err);
}

/* The tree that a bind or cache mount is made from. */
static int find_tree(struct lowering *lowering, const struct mount_flag *flag, uint32_t source,
		     struct tree_ref *ret_tree, struct error *err)
{
	*ret_tree = (struct tree_ref){ .kind = TREE_EMPTY };
	if (flag->type != MOUNT_BIND && flag->type != MOUNT_CACHE)
		return 0;
	if (source == NO_NODE) {
		if (flag->type == MOUNT_BIND)
			ret_tree->kind = TREE_CONTEXT; /* the main one, index 0 */
		return 0;
	}
	if (!lower_is_ready(lowering, source))
		return error_set(
			err, ERROR_SYNTAX,
			"cannot mount from stage %s to %s, stage needs to be defined before "
			"current command",
			go_quoted(lowering->arena, flag->from),
			go_quoted(lowering->arena, flag->target));
	*ret_tree = lower_tree_of(lowering, source);
	return 0;
}

int lower_mounts(struct lowering *lowering, const struct graph_command *command,
		 struct run_step *run, struct error *err)
{
	const struct words *flags = &command->instruction->run.mounts;
	struct word_finder finder = { .instruction = command->instruction };
	size_t n_ssh = 0;

	run->mounts = arena_array(lowering->arena, flags->len, sizeof(*run->mounts));
	run->n_mounts = flags->len;
	for (size_t i = 0; i < flags->len; i++) {
		struct run_mount *mount = &run->mounts[i];
		lowering->culprit = flags->items[i];
		mount->at = word_finder_next(&finder, flags->items[i]);
		if (mount_flag_parse(flags->items[i], expand_field, lowering, lowering->arena,
				     &mount->flag, err) < 0 ||
		    complete_flag(lowering, &mount->flag, &n_ssh, err) < 0 ||
		    find_tree(lowering, &mount->flag, command->sources[i], &mount->from, err) < 0)
			return -1;
		lower_note_secret(lowering, &mount->flag);
		mount->flag.from = NULL; /* `from` of the mount tells */
	}
	return 0;
}
