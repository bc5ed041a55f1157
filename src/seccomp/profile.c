/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/profile.h"

#include "profile_conditions.h"

#include "base/json.h"
#include "base/text.h"
#include "base/vec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ERRNO_MAX = 4095 };

/* What the profile is read for. */
struct reader {
	struct profile *profile;
	uint64_t capabilities;
	int64_t default_errno;
	struct error *err;
};

static void rule_release(struct profile_rule *rule)
{
	strv_release(&rule->names);
}
DEFINE_RELEASE(struct profile_rule, rule_release);

void profile_release(struct profile *profile)
{
	for (size_t i = 0; i < profile->n_rules; i++)
		rule_release(&profile->rules[i]);
	free(profile->rules);
	*profile = (struct profile){ 0 };
}

/* --- actions ------------------------------------------------------------------------------------
 */

static int read_action(const char *name, int64_t number, uint32_t *ret_action, struct error *err)
{
	static const struct {
		const char *name;
		uint32_t action;
	} actions[] = {
		{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW },
		{ "SCMP_ACT_LOG", SCMP_ACT_LOG },
		{ "SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD },
		{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD },
		{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS },
		{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP },
	};

	if (number < 0 || number > ERRNO_MAX)
		return error_set(err, ERROR_SYNTAX, "%lld is no error number", (long long)number);
	for (size_t i = 0; i < countof(actions); i++)
		if (strcmp(actions[i].name, name) == 0) {
			*ret_action = actions[i].action;
			return 0;
		}
	if (strcmp(name, "SCMP_ACT_ERRNO") == 0) {
		*ret_action = SCMP_ACT_ERRNO((uint32_t)number);
		return 0;
	}
	if (strcmp(name, "SCMP_ACT_TRACE") == 0 || strcmp(name, "SCMP_ACT_NOTIFY") == 0)
		return error_set(err, ERROR_UNSUPPORTED, "action '%s' is not supported yet", name);
	return error_set(err, ERROR_SYNTAX, "unknown action '%.64s'", name);
}

/* containers-common writes the name beside the number; by itself it is not read. */
static int read_number(const json_t *object, const char *key, const char *name_key, int64_t *number,
		       struct error *err)
{
	int found = value_get_integer(object, key, number, err);

	if (found == 0 && json_object_get(object, name_key))
		return error_set(err, ERROR_UNSUPPORTED, "'%s' without '%s' is not supported yet",
				 name_key, key);
	return found < 0 ? -1 : 0;
}

/* --- rules --------------------------------------------------------------------------------------
 */

static int read_operator(const char *name, enum scmp_compare *ret_operator, struct error *err)
{
	static const struct {
		const char *name;
		enum scmp_compare value;
	} operators[] = {
		{ "SCMP_CMP_NE", SCMP_CMP_NE },
		{ "SCMP_CMP_LT", SCMP_CMP_LT },
		{ "SCMP_CMP_LE", SCMP_CMP_LE },
		{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
		{ "SCMP_CMP_GE", SCMP_CMP_GE },
		{ "SCMP_CMP_GT", SCMP_CMP_GT },
		{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
	};

	for (size_t i = 0; i < countof(operators); i++)
		if (strcmp(operators[i].name, name) == 0) {
			*ret_operator = operators[i].value;
			return 0;
		}
	return error_set(err, ERROR_SYNTAX, "unknown operator '%.64s'", name);
}

static int read_argument(const json_t *json, struct profile_rule *rule, struct error *err)
{
	static const char *const members[] = {
		"index", "value", "valueTwo", "op", "comment", NULL
	};
	int64_t index = -1, value = 0, second = 0;
	const char *name = NULL;
	enum scmp_compare operator;

	if (profile_check_members(json, members, err) < 0 ||
	    value_get_integer(json, "index", &index, err) < 0 ||
	    value_get_integer(json, "value", &value, err) < 0 ||
	    value_get_integer(json, "valueTwo", &second, err) < 0 ||
	    value_get_text(json, "op", &name, err) < 0)
		return -1;
	if (!name || read_operator(name, &operator, err) < 0)
		return name ? -1 : error_set(err, ERROR_SYNTAX, "'op' is missing");
	if (index < 0 || index >= PROFILE_ARGUMENTS || value < 0 || second < 0)
		return error_set(err, ERROR_SYNTAX, "an argument's index or value is out of range");
	if (rule->n_arguments == PROFILE_ARGUMENTS)
		return error_set(err, ERROR_SYNTAX, "more than %d arguments", PROFILE_ARGUMENTS);
	rule->arguments[rule->n_arguments++] =
		(struct scmp_arg_cmp){ (unsigned)index, operator,(uint64_t) value,
				       (uint64_t)second };
	return 0;
}

static int read_arguments(const json_t *json, struct profile_rule *rule, struct error *err)
{
	json_t *array = NULL, *argument;
	size_t i;

	int found = value_get_array(json, "args", &array, err);
	if (found <= 0)
		return found;
	json_array_foreach(array, i,
			   argument) if (read_argument(argument, rule, err) < 0) return -1;
	return 0;
}

static int read_names(const json_t *json, struct strv *names, struct error *err)
{
	const char *name = NULL;

	if (value_get_text(json, "name", &name, err) < 0 ||
	    value_get_texts(json, "names", names, err) < 0)
		return -1;
	if (name && names->len)
		return error_set(err, ERROR_SYNTAX, "both 'name' and 'names'");
	if (name)
		strv_add(names, name);
	return names->len ? 0 : error_set(err, ERROR_SYNTAX, "a rule names no call");
}

static int read_rule(const struct reader *reader, const json_t *json)
{
	static const char *const members[] = { "name", "names",	   "action",   "errnoRet", "errno",
					       "args", "includes", "excludes", "comment",  NULL };
	cleanup(rule_release) struct profile_rule rule = { 0 };
	struct profile *profile = reader->profile;
	int64_t number = reader->default_errno;
	const char *action = NULL;
	struct error *err = reader->err;

	if (profile_check_members(json, members, err) < 0 ||
	    read_names(json, &rule.names, err) < 0 ||
	    value_get_text(json, "action", &action, err) < 0 ||
	    read_number(json, "errnoRet", "errno", &number, err) < 0 ||
	    read_arguments(json, &rule, err) < 0)
		return -1;
	if (!action)
		return error_set(err, ERROR_SYNTAX, "'action' is missing");
	if (read_action(action, number, &rule.action, err) < 0)
		return -1;
	int included = profile_includes(json, reader->capabilities, reader->err);
	int excluded = included > 0 ? profile_excludes(json, reader->capabilities, reader->err) : 0;
	if (included < 0 || excluded < 0)
		return -1;
	if (!included || excluded)
		return 0;
	if (profile->n_rules == PROFILE_RULES_MAX)
		return error_set(err, ERROR_SYNTAX, "more than %d rules", PROFILE_RULES_MAX);
	if (profile->n_rules == profile->size) {
		profile->size = profile->size ? 2 * profile->size : 32;
		profile->rules = xrealloc(profile->rules, profile->size, sizeof(*profile->rules));
	}
	profile->rules[profile->n_rules++] = rule;
	rule = (struct profile_rule){ 0 };
	return 0;
}

static int read_rules(const struct reader *reader, const json_t *root)
{
	json_t *array = NULL, *rule;
	size_t i;

	int found = value_get_array(root, "syscalls", &array, reader->err);
	if (found <= 0)
		return found;
	json_array_foreach(array, i, rule) if (read_rule(reader, rule) < 0) return error_wrap(
		reader->err, "syscalls[%zu]", i);
	return 0;
}

/* --- architectures ------------------------------------------------------------------------------
 */

/* 0 = one that libseccomp does not know, so this machine is none. */
static uint32_t arch_of(const char *name)
{
	static const char prefix[] = "SCMP_ARCH_";
	char text[32] = "";

	if (!text_has_prefix(name, prefix))
		return 0;
	(void)snprintf(text, sizeof(text), "%s", name + strlen(prefix));
	text_make_lower(text);
	return seccomp_arch_resolve_name(text);
}

/* Those that this kernel cannot run besides its own do no harm. */
static int add_archs(struct profile *profile, const struct strv *names, struct error *err)
{
	for (size_t i = 0; i < names->len; i++) {
		uint32_t arch = arch_of(names->items[i]);
		if (!text_has_prefix(names->items[i], "SCMP_ARCH_"))
			return error_set(err, ERROR_SYNTAX, "unknown architecture '%.64s'",
					 names->items[i]);
		bool is_known = !arch || arch == seccomp_arch_native();
		for (size_t k = 0; k < profile->n_archs; k++)
			is_known |= profile->archs[k] == arch;
		if (is_known)
			continue;
		if (profile->n_archs == PROFILE_ARCHS_MAX)
			return error_set(err, ERROR_SYNTAX, "more than %d architectures",
					 PROFILE_ARCHS_MAX);
		profile->archs[profile->n_archs++] = arch;
	}
	return 0;
}

static int read_arch_map(struct profile *profile, const json_t *map, struct error *err)
{
	static const char *const members[] = { "architecture", "subArchitectures", NULL };
	json_t *entry;
	size_t i;

	json_array_foreach(map, i, entry)
	{
		cleanup(strv_release) struct strv names = STRV_INIT;
		const char *name = NULL;
		if (profile_check_members(entry, members, err) < 0 ||
		    value_get_text(entry, "architecture", &name, err) < 0 ||
		    value_get_texts(entry, "subArchitectures", &names, err) < 0)
			return -1;
		if (!name || arch_of(name) != seccomp_arch_native())
			continue;
		if (add_archs(profile, &names, err) < 0)
			return -1;
	}
	return 0;
}

static int read_archs(struct profile *profile, const json_t *root, struct error *err)
{
	cleanup(strv_release) struct strv names = STRV_INIT;
	json_t *map = NULL;

	int has_map = value_get_array(root, "archMap", &map, err);
	if (has_map < 0 || value_get_texts(root, "architectures", &names, err) < 0)
		return -1;
	if (has_map && json_array_size(map) && names.len)
		return error_set(err, ERROR_SYNTAX, "both 'architectures' and 'archMap'");
	if (has_map && read_arch_map(profile, map, err) < 0)
		return -1;
	return add_archs(profile, &names, err);
}

/* --- the whole ----------------------------------------------------------------------------------
 */

/* Every filter is loaded without slowing down branches, and for one thread: these two say so. */
static int check_flags(const json_t *root, struct error *err)
{
	cleanup(strv_release) struct strv flags = STRV_INIT;

	if (value_get_texts(root, "flags", &flags, err) < 0)
		return -1;
	for (size_t i = 0; i < flags.len; i++)
		if (strcmp(flags.items[i], "SECCOMP_FILTER_FLAG_SPEC_ALLOW") != 0 &&
		    strcmp(flags.items[i], "SECCOMP_FILTER_FLAG_TSYNC") != 0)
			return error_set(err, ERROR_UNSUPPORTED,
					 "flag '%.64s' is not supported yet", flags.items[i]);
	return 0;
}

static int read_root(struct reader *reader, const json_t *root)
{
	static const char *const members[] = { "defaultAction", "defaultErrnoRet", "defaultErrno",
					       "archMap",	"architectures",   "syscalls",
					       "flags",		"comment",	   NULL };
	const char *action = NULL;
	struct error *err = reader->err;

	if (profile_check_members(root, members, err) < 0 || check_flags(root, err) < 0 ||
	    value_get_text(root, "defaultAction", &action, err) < 0)
		return -1;
	if (!action)
		return error_set(err, ERROR_SYNTAX, "'defaultAction' is missing");
	int64_t number = EPERM;
	if (read_number(root, "defaultErrnoRet", "defaultErrno", &number, err) < 0 ||
	    read_action(action, number, &reader->profile->default_action, err) < 0 ||
	    read_archs(reader->profile, root, err) < 0)
		return -1;
	return read_rules(reader, root);
}

int profile_read(const char *text, size_t len, uint64_t capabilities, struct profile *ret_profile,
		 struct error *err)
{
	cleanup(value_free) json_t *root = NULL;
	cleanup(profile_release) struct profile profile = { 0 };
	struct reader reader = { .profile = &profile,
				 .capabilities = capabilities,
				 .default_errno = EPERM,
				 .err = err };

	if (value_read(text, len, "seccomp profile", &root, err) < 0 ||
	    read_root(&reader, root) < 0)
		return -1;
	*ret_profile = profile;
	profile = (struct profile){ 0 };
	return 0;
}
