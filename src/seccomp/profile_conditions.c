/* SPDX-License-Identifier: Apache-2.0 */
#include "profile_conditions.h"

#include "base/strv.h"

#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/utsname.h>

int profile_check_members(const json_t *object, const char *const *known, struct error *err)
{
	if (!json_is_object(object))
		return error_set(err, ERROR_SYNTAX, "an object is expected");
	const char *key = value_unknown_member(object, known, false);
	return key ? error_set(err, ERROR_SYNTAX, "unknown member '%.64s'", key) : 0;
}

static bool is_native_arch(const char *name)
{
	static const char *const names[] = {
#if defined(__x86_64__)
		"amd64",
		"x86_64"
#elif defined(__aarch64__)
		"arm64",
		"aarch64"
#endif
	};

	for (size_t i = 0; i < countof(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* "4.8" */
static int is_kernel_at_least(const char *wanted, struct error *err)
{
	unsigned major = 0, minor = 0, own_major = 0, own_minor = 0;
	struct utsname names;
	char rest;

	if (sscanf(wanted, "%u.%u%c", &major, &minor, &rest) != 2)
		return error_set(err, ERROR_SYNTAX, "'%.32s' is no kernel version", wanted);
	if (uname(&names) < 0 || sscanf(names.release, "%u.%u", &own_major, &own_minor) != 2)
		return error_set(err, ERROR_SYSTEM, "the kernel's version cannot be read");
	return own_major > major || (own_major == major && own_minor >= minor);
}

/* 1 held, 0 not. One that libcap does not know nobody holds. */
static int holds_capability(uint64_t held, const char *name)
{
	cap_value_t capability;

	if (held == UINT64_MAX)
		return 1;
	return cap_from_name(name, &capability) == 0 && capability >= 0 && capability < 64 &&
	       (held >> capability & 1);
}

struct conditions {
	struct strv archs, caps;
	const char *kernel;
};

static void conditions_release(struct conditions *conditions)
{
	strv_release(&conditions->archs);
	strv_release(&conditions->caps);
}
DEFINE_RELEASE(struct conditions, conditions_release);

static int read_conditions(const json_t *rule, const char *key, struct conditions *conditions,
			   struct error *err)
{
	static const char *const members[] = { "arches", "caps", "minKernel", NULL };
	json_t *object = NULL;

	int found = value_get_object(rule, key, &object, err);
	if (found <= 0)
		return found;
	if (profile_check_members(object, members, err) < 0 ||
	    value_get_texts(object, "arches", &conditions->archs, err) < 0 ||
	    value_get_texts(object, "caps", &conditions->caps, err) < 0 ||
	    value_get_text(object, "minKernel", &conditions->kernel, err) < 0)
		return -1;
	return 1;
}

static bool names_native(const struct strv *archs)
{
	for (size_t i = 0; i < archs->len; i++)
		if (is_native_arch(archs->items[i]))
			return true;
	return false;
}

int profile_includes(const json_t *json, uint64_t capabilities, struct error *err)
{
	cleanup(conditions_release) struct conditions wanted = { 0 };

	int found = read_conditions(json, "includes", &wanted, err);
	if (found <= 0)
		return found < 0 ? -1 : 1;
	if (wanted.archs.len && !names_native(&wanted.archs))
		return 0;
	for (size_t i = 0; i < wanted.caps.len; i++)
		if (!holds_capability(capabilities, wanted.caps.items[i]))
			return 0;
	return wanted.kernel ? is_kernel_at_least(wanted.kernel, err) : 1;
}

int profile_excludes(const json_t *json, uint64_t capabilities, struct error *err)
{
	cleanup(conditions_release) struct conditions unwanted = { 0 };

	int found = read_conditions(json, "excludes", &unwanted, err);
	if (found <= 0)
		return found;
	if (names_native(&unwanted.archs))
		return 1;
	for (size_t i = 0; i < unwanted.caps.len; i++)
		if (holds_capability(capabilities, unwanted.caps.items[i]))
			return 1;
	return unwanted.kernel ? is_kernel_at_least(unwanted.kernel, err) : 0;
}
