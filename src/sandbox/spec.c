/* SPDX-License-Identifier: Apache-2.0 */
#include "spec.h"

#include "base/macros.h"
#include "sandbox/isolation.h"

#include <assert.h>

static const char *network_name(enum sandbox_network network)
{
	switch (network) {
	case SANDBOX_NETWORK_NONE:
		return "none";
	case SANDBOX_NETWORK_HOST:
		return "host";
	case SANDBOX_NETWORK_PRIVATE:
		return "private";
	}
	return "unknown";
}

static const char *security_name(enum sandbox_security security)
{
	switch (security) {
	case SANDBOX_CONFINED:
		return "sandbox";
	case SANDBOX_INSECURE:
		return "insecure";
	}
	return "unknown";
}

static const char *kind_name(enum sandbox_mount_kind kind)
{
	switch (kind) {
	case SANDBOX_MOUNT_FD:
		return "fd";
	case SANDBOX_MOUNT_TMPFS:
		return "tmpfs";
	case SANDBOX_MOUNT_FILE:
		return "file";
	case SANDBOX_MOUNT_PLACED:
		return "placed";
	}
	return "unknown";
}

static void set(json_t *object, const char *key, json_t *value)
{
	int result = json_object_set_new(object, key, value);

	assert(result == 0);
}

static void append(json_t *array, json_t *value)
{
	int result = json_array_append_new(array, value);

	assert(result == 0);
}

static void set_number(json_t *object, const char *key, uint64_t number)
{
	set(object, key, json_integer((json_int_t)number));
}

/* Content of files stays out: it may be a secret. */
static json_t *dump_mount(const struct sandbox_mount *mount)
{
	json_t *object = json_object();

	value_set_text(object, "kind", kind_name(mount->kind));
	value_set_text(object, "target", mount->root_path);
	if (mount->is_readonly)
		set(object, "readonly", json_true());
	if (mount->is_device)
		set(object, "device", json_true());
	if (mount->target_is_file)
		set(object, "file", json_true());
	if (mount->kind == SANDBOX_MOUNT_FILE)
		set_number(object, "length", mount->len);
	if (mount->mode)
		set_number(object, "mode", mount->mode);
	if (mount->uid)
		set_number(object, "uid", mount->uid);
	if (mount->gid)
		set_number(object, "gid", mount->gid);
	if (mount->size)
		set_number(object, "size", mount->size);
	return object;
}

json_t *sandbox_spec_dump(const struct sandbox_spec *spec)
{
	json_t *object = json_object();
	json_t *mounts = json_array();

	value_set_text(object, "isolation", sandbox_isolation_name(spec->isolation));
	value_set_text(object, "security", security_name(spec->security));
	value_set_text(object, "network", network_name(spec->network));
	set(object, "args", value_of_texts(&spec->args));
	set(object, "env", value_of_texts(&spec->env));
	value_set_text(object, "user", spec->user);
	value_set_text(object, "working_dir", spec->working_dir);
	value_set_text(object, "hostname", spec->hostname);
	for (size_t i = 0; i < spec->n_mounts; i++)
		append(mounts, dump_mount(&spec->mounts[i]));
	set(object, "mounts", mounts);
	value_set_text(object, "hosts", spec->hosts);
	value_set_text(object, "resolv_conf", spec->resolv_conf);
	if (spec->dumps_no_core)
		set(object, "dumps_no_core", json_true());
	if (spec->seals_root)
		set(object, "seals_root", json_true());
	if (spec->shm_size)
		set_number(object, "shm_size", spec->shm_size);
	return object;
}
