/* SPDX-License-Identifier: Apache-2.0 */
#include "edits.h"

#include "base/alloc.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

enum { MODE_MAX = 07777 };

void cdi_edits_release(struct cdi_edits *edits)
{
	strv_release(&edits->env);
	free(edits->bindings);
	arena_release(&edits->arena);
}

int cdi_check_keys(const json_t *object, const char *const *known, const char *what,
		   struct error *err)
{
	const char *key = value_unknown_member(object, known, true);

	return key ? error_set(err, ERROR_UNSUPPORTED, "'%.100s' of %s is not supported yet", key,
			       what)
		   : 0;
}

static int add_binding(struct cdi_edits *edits, const struct cdi_binding *binding,
		       struct error *err)
{
	if ((binding->host_path && *binding->host_path != '/') || *binding->container_path != '/')
		return error_set(err, ERROR_CORRUPT, "a path that is not absolute");
	if (edits->n_bindings == CDI_EDITS_MAX)
		return error_set(err, ERROR_UNSUPPORTED, "more than %d files", CDI_EDITS_MAX);
	if (edits->n_bindings == edits->bindings_size) {
		edits->bindings_size = edits->bindings_size ? edits->bindings_size * 2 : 8;
		edits->bindings =
			xrealloc(edits->bindings, edits->bindings_size, sizeof(*edits->bindings));
	}
	struct cdi_binding *added = &edits->bindings[edits->n_bindings++];
	*added = *binding;
	added->container_path = arena_strdup(&edits->arena, binding->container_path);
	if (binding->host_path)
		added->host_path = arena_strdup(&edits->arena, binding->host_path);
	return 0;
}

/* --- device nodes ----------------------------------------------------------------------------- */

/* 1 it is there, 0 it is not. */
static int get_number(const json_t *object, const char *key, int64_t max, uint32_t *ret_number,
		      struct error *err)
{
	int64_t number = 0;
	int found = value_get_integer(object, key, &number, err);

	if (found <= 0)
		return found;
	if (number < 0 || number > max)
		return error_set(err, ERROR_CORRUPT, "'%s' is out of range", key);
	*ret_number = (uint32_t)number;
	return 1;
}

static int read_type(const json_t *object, struct cdi_node *node, struct error *err)
{
	const char *type = NULL;
	int found = value_get_text(object, "type", &type, err);

	if (found < 0)
		return -1;
	if (!found || !*type)
		return 0;
	if (strcmp(type, "c") != 0 && strcmp(type, "u") != 0 && strcmp(type, "b") != 0)
		return error_set(err, ERROR_UNSUPPORTED,
				 "a device node of type '%.20s' is not supported yet", type);
	node->type = *type == 'b' ? 'b' : 'c';
	return 0;
}

/* Who may open a node reads and writes it: there is no device cgroup that would tell them apart. */
static int check_permissions(const json_t *object, struct error *err)
{
	const char *permissions = NULL;
	int found = value_get_text(object, "permissions", &permissions, err);

	if (found <= 0 || !*permissions)
		return found;
	if (strspn(permissions, "rwm") != strlen(permissions))
		return error_set(err, ERROR_CORRUPT, "permissions '%.20s' are no letters of rwm",
				 permissions);
	if (!strchr(permissions, 'r') || !strchr(permissions, 'w'))
		return error_set(err, ERROR_UNSUPPORTED,
				 "a device node with permissions '%.20s' is not supported yet: a "
				 "step reads and writes it",
				 permissions);
	return 0;
}

static int read_node(const json_t *object, struct cdi_node *node, struct error *err)
{
	int has_major = get_number(object, "major", UINT32_MAX, &node->major, err);
	int has_minor = get_number(object, "minor", UINT32_MAX, &node->minor, err);
	int has_mode = get_number(object, "fileMode", MODE_MAX, &node->mode, err);
	int has_uid = get_number(object, "uid", UINT32_MAX - 1, &node->uid, err);
	int has_gid = get_number(object, "gid", UINT32_MAX - 1, &node->gid, err);

	if (has_major < 0 || has_minor < 0 || has_mode < 0 || has_uid < 0 || has_gid < 0 ||
	    read_type(object, node, err) < 0 || check_permissions(object, err) < 0)
		return -1;
	node->has_number = node->type && has_major && node->major;
	node->has_mode = has_mode;
	node->has_uid = has_uid;
	node->has_gid = has_gid;
	return 0;
}

static int add_node(struct cdi_edits *edits, const json_t *object, struct error *err)
{
	static const char *const known[] = { "path",	 "hostPath", "type", "major",	    "minor",
					     "fileMode", "uid",	     "gid",  "permissions", NULL };
	struct cdi_binding binding = { .is_device = true };
	const char *path = NULL, *host_path = NULL;

	if (value_get_text(object, "path", &path, err) < 0 ||
	    value_get_text(object, "hostPath", &host_path, err) < 0 ||
	    cdi_check_keys(object, known, "a device node", err) < 0)
		return -1;
	if (!path)
		return error_set(err, ERROR_CORRUPT, "a device node without 'path'");
	if (read_node(object, &binding.node, err) < 0)
		return error_wrap(err, "device node '%.200s'", path);
	binding.container_path = path;
	binding.host_path = host_path && *host_path ? host_path : path;
	return add_binding(edits, &binding, err);
}

/* --- mounts ----------------------------------------------------------------------------------- */

struct option {
	const char *name;
	uint64_t attribute; /* MOUNT_ATTR_ that it sets */
};

/* Of a mount of its own, that goes with the step, no propagation is seen; and what is never set
 * need not be cleared. */
static const struct option OPTIONS[] = {
	{ "ro", MOUNT_ATTR_RDONLY },
	{ "nosuid", MOUNT_ATTR_NOSUID },
	{ "nodev", MOUNT_ATTR_NODEV },
	{ "noexec", MOUNT_ATTR_NOEXEC },
	{ "noatime", MOUNT_ATTR_NOATIME },
	{ "nodiratime", MOUNT_ATTR_NODIRATIME },
	{ "rw", 0 },
	{ "exec", 0 },
	{ "relatime", 0 },
	{ "bind", 0 },
	{ "rbind", 0 },
	{ "private", 0 },
	{ "rprivate", 0 },
	{ "slave", 0 },
	{ "rslave", 0 },
	{ "defaults", 0 },
};

static int read_option(const char *name, struct cdi_binding *binding, struct error *err)
{
	size_t i = 0;

	while (i < countof(OPTIONS) && strcmp(OPTIONS[i].name, name) != 0)
		i++;
	if (i == countof(OPTIONS))
		return error_set(err, ERROR_UNSUPPORTED,
				 "the mount option '%.60s' is not supported yet", name);
	binding->attributes |= OPTIONS[i].attribute;
	binding->is_recursive |= strcmp(name, "rbind") == 0;
	return 0;
}

static int check_mount_type(const json_t *object, struct error *err)
{
	const char *type = NULL;
	int found = value_get_text(object, "type", &type, err);

	if (found <= 0 || !*type || strcmp(type, "bind") == 0 || strcmp(type, "none") == 0)
		return found < 0 ? -1 : 0;
	return error_set(err, ERROR_UNSUPPORTED, "a mount of type '%.60s' is not supported yet",
			 type);
}

static int add_mount(struct cdi_edits *edits, const json_t *object, struct error *err)
{
	static const char *const known[] = { "hostPath", "containerPath", "options", "type", NULL };
	cleanup(strv_release) struct strv options = STRV_INIT;
	struct cdi_binding binding = { .is_device = false };

	if (value_get_text(object, "hostPath", &binding.host_path, err) < 0 ||
	    value_get_text(object, "containerPath", &binding.container_path, err) < 0 ||
	    value_get_texts(object, "options", &options, err) < 0 ||
	    cdi_check_keys(object, known, "a mount", err) < 0 || check_mount_type(object, err) < 0)
		return -1;
	if (!binding.container_path || !binding.host_path)
		return error_set(err, ERROR_CORRUPT, "a mount without '%s'",
				 binding.host_path ? "containerPath" : "hostPath");
	for (size_t i = 0; i < options.len; i++)
		if (read_option(options.items[i], &binding, err) < 0)
			return error_wrap(err, "mount '%.200s'", binding.container_path);
	return add_binding(edits, &binding, err);
}

/* --- all of them ------------------------------------------------------------------------------ */

static int add_each(struct cdi_edits *edits, const json_t *object, const char *key,
		    int (*add)(struct cdi_edits *edits, const json_t *item, struct error *err),
		    struct error *err)
{
	json_t *array = NULL;

	if (value_get_array(object, key, &array, err) < 0)
		return -1;
	for (size_t i = 0; array && i < json_array_size(array); i++)
		if (add(edits, json_array_get(array, i), err) < 0)
			return -1;
	return 0;
}

static int add_env(struct cdi_edits *edits, const json_t *object, struct error *err)
{
	size_t before = edits->env.len;

	if (value_get_texts(object, "env", &edits->env, err) < 0)
		return -1;
	for (size_t i = before; i < edits->env.len; i++) {
		const char *text = edits->env.items[i];
		if (*text == '=' || !strchr(text, '='))
			return error_set(err, ERROR_CORRUPT, "'%.100s' is no NAME=VALUE", text);
	}
	return 0;
}

int cdi_edits_add(struct cdi_edits *edits, const json_t *owner, struct error *err)
{
	static const char *const known[] = { "env", "deviceNodes", "mounts", NULL };
	json_t *object = NULL;

	int found = value_get_object(owner, "containerEdits", &object, err);
	if (found <= 0)
		return found;
	if (cdi_check_keys(object, known, "containerEdits", err) < 0 ||
	    add_env(edits, object, err) < 0 ||
	    add_each(edits, object, "deviceNodes", add_node, err) < 0)
		return -1;
	return add_each(edits, object, "mounts", add_mount, err);
}
