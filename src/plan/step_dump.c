/* SPDX-License-Identifier: Apache-2.0 */
#include "step_dump.h"

static const char *const KINDS[] = {
	[STEP_IMAGE] = "image",
	[STEP_RUN] = "run",
	[STEP_COPY] = "copy",
	[STEP_WORKDIR] = "workdir",
};
static const char *const NETWORKS[] = {
	[NETWORK_DEFAULT] = "default",
	[NETWORK_NONE] = "none",
	[NETWORK_HOST] = "host",
};
static const char *const MOUNTS[] = {
	[MOUNT_BIND] = "bind",	   [MOUNT_CACHE] = "cache", [MOUNT_TMPFS] = "tmpfs",
	[MOUNT_SECRET] = "secret", [MOUNT_SSH] = "ssh",
};
static const char *const SHARINGS[] = {
	[SHARING_SHARED] = "shared",
	[SHARING_PRIVATE] = "private",
	[SHARING_LOCKED] = "locked",
};
static const char *const SOURCES[] = {
	[COPY_PATH] = "path",
	[COPY_INLINE] = "inline",
	[COPY_URL] = "url",
	[COPY_GIT] = "git",
};

static void set_number(json_t *object, const char *key, uint64_t number)
{
	(void)json_object_set_new(object, key, json_integer((json_int_t)number));
}

static void set_flag(json_t *object, const char *key, bool is_set)
{
	if (is_set)
		(void)json_object_set_new(object, key, json_true());
}

/* Unlike value_set_text, an empty text is there. */
static void set_text(json_t *object, const char *key, const char *text)
{
	if (text)
		(void)json_object_set_new(object, key, value_of_text(text));
}

static void set_words(json_t *object, const char *key, const struct words *words)
{
	json_t *array = json_array();

	for (size_t i = 0; i < words->len; i++)
		(void)json_array_append_new(array, value_of_text(words->items[i]));
	(void)json_object_set_new(object, key, array);
}

json_t *tree_ref_dump(const struct tree_ref *tree)
{
	json_t *object;

	if (tree->kind == TREE_EMPTY)
		return json_null();
	object = json_object();
	set_number(object, tree->kind == TREE_STEP ? "step" : "context", tree->index);
	return object;
}

json_t *platform_text(const struct platform *platform)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	platform_format(platform, &text);
	return value_of_text(text.data);
}

static json_t *dump_mount(const struct run_mount *mount)
{
	const struct mount_flag *flag = &mount->flag;
	json_t *object = json_object();

	set_text(object, "type", MOUNTS[flag->type]);
	set_text(object, "target", flag->target);
	set_text(object, "source", flag->source);
	set_text(object, "id", flag->id);
	set_text(object, "env", flag->env);
	if (flag->type == MOUNT_BIND || flag->type == MOUNT_CACHE)
		(void)json_object_set_new(object, "from", tree_ref_dump(&mount->from));
	if (flag->type == MOUNT_CACHE)
		set_text(object, "sharing", SHARINGS[flag->sharing]);
	set_flag(object, "readonly", flag->is_readonly);
	set_flag(object, "required", flag->is_required);
	if (flag->has_mode)
		set_number(object, "mode", flag->mode);
	if (flag->has_uid)
		set_number(object, "uid", flag->uid);
	if (flag->has_gid)
		set_number(object, "gid", flag->gid);
	if (flag->size)
		set_number(object, "size", flag->size);
	return object;
}

static json_t *dump_run(const struct run_step *run)
{
	json_t *object = json_object(), *mounts = json_array(), *files = json_array();

	set_words(object, "args", &run->args);
	set_words(object, "env", &run->env);
	set_words(object, "proxy_env", &run->proxy_env);
	set_text(object, "user", run->user);
	set_text(object, "working_dir", run->working_dir);
	set_text(object, "network", NETWORKS[run->network]);
	set_flag(object, "insecure", run->security == SECURITY_INSECURE);
	set_text(object, "hostname", run->hostname);
	json_t *devices = run->n_devices ? json_array() : NULL;
	for (size_t i = 0; i < run->n_devices; i++) {
		json_t *device = json_object();
		set_text(device, "name", run->devices[i].flag.name);
		set_flag(device, "required", run->devices[i].flag.is_required);
		(void)json_array_append_new(devices, device);
	}
	if (devices)
		(void)json_object_set_new(object, "devices", devices);
	for (size_t i = 0; i < run->n_mounts; i++)
		(void)json_array_append_new(mounts, dump_mount(&run->mounts[i]));
	(void)json_object_set_new(object, "mounts", mounts);
	for (size_t i = 0; i < run->n_files; i++) {
		json_t *file = json_object();
		set_text(file, "name", run->files[i].name);
		set_text(file, "body", run->files[i].body);
		(void)json_array_append_new(files, file);
	}
	(void)json_object_set_new(object, "files", files);
	return object;
}

static json_t *dump_source(const struct copy_source *source)
{
	json_t *object = json_object();

	set_text(object, SOURCES[source->kind], source->path);
	if (source->kind == COPY_INLINE)
		set_text(object, "body", source->body);
	return object;
}

static json_t *dump_copy(const struct copy_step *copy)
{
	json_t *object = json_object(), *sources = json_array();

	set_flag(object, "add", copy->is_add);
	(void)json_object_set_new(object, "from", tree_ref_dump(&copy->from));
	for (size_t i = 0; i < copy->n_sources; i++)
		(void)json_array_append_new(sources, dump_source(&copy->sources[i]));
	(void)json_object_set_new(object, "sources", sources);
	set_text(object, "destination", copy->destination);
	set_flag(object, "destination_is_dir", copy->destination_is_dir);
	set_text(object, "chown", copy->chown);
	set_text(object, "chmod", copy->chmod);
	set_text(object, "checksum", copy->checksum);
	if (copy->excludes.len)
		set_words(object, "excludes", &copy->excludes);
	set_flag(object, "link", copy->link);
	set_flag(object, "parents", copy->parents);
	if (copy->has_keep_git_dir)
		(void)json_object_set_new(object, "keep_git_dir", json_boolean(copy->keep_git_dir));
	if (copy->has_unpack)
		(void)json_object_set_new(object, "unpack", json_boolean(copy->unpack));
	return object;
}

static void dump_body(json_t *object, const struct step *step)
{
	json_t *body = NULL;

	switch (step->kind) {
	case STEP_IMAGE:
		set_number(object, "image", step->image.image);
		return;
	case STEP_RUN:
		body = dump_run(&step->run);
		break;
	case STEP_COPY:
		body = dump_copy(&step->copy);
		break;
	case STEP_WORKDIR:
		body = json_object();
		set_text(body, "path", step->workdir.path);
		set_text(body, "user", step->workdir.user);
		break;
	}
	(void)json_object_set_new(object, KINDS[step->kind], body);
}

json_t *step_dump(const struct step *step)
{
	json_t *object = json_object(), *inputs = json_array();

	set_text(object, "kind", KINDS[step->kind]);
	set_text(object, "title", step->title);
	set_text(object, "text", step->text);
	set_number(object, "line", step->at.line);
	set_number(object, "stage", step->stage);
	(void)json_object_set_new(object, "platform", platform_text(&step->platform));
	(void)json_object_set_new(object, "parent", tree_ref_dump(&step->parent));
	for (size_t i = 0; i < step->n_inputs; i++)
		(void)json_array_append_new(inputs, json_integer(step->inputs[i]));
	(void)json_object_set_new(object, "inputs", inputs);
	set_flag(object, "no_cache", step->no_cache);
	dump_body(object, step);
	return object;
}
