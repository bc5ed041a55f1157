/* SPDX-License-Identifier: Apache-2.0 */
#include "confinement_options.h"

#include "host_file.h"

#include "base/alloc.h"
#include "base/text.h"
#include "build/request.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(struct build_values, field)

static const struct option_choice security_choices[] = {
	{ "sandbox", SECURITY_LEVEL_SANDBOX },
	{ "strict", SECURITY_LEVEL_STRICT },
	{ NULL, 0 },
};

static const struct option rows[] = {
	OPTION_ROW("security", 0, OPTION_CHOICE, AT(security), "sandbox|strict",
		   "walls around every RUN; strict: 8 capabilities, no new privileges, no network, "
		   "sockets of four families",
		   .choices = security_choices),
	OPTION_ROW("security-opt", 0, OPTION_LIST, AT(security_opts), "NAME=VALUE",
		   "of every RUN: seccomp=FILE|unconfined, no-new-privileges, apparmor=PROFILE, "
		   "systempaths=unconfined"),
	OPTION_ROW("cap-add", 0, OPTION_LIST, AT(added_capabilities), "NAME[,NAME]",
		   "capabilities that every RUN has besides (ALL: all)"),
	OPTION_ROW("cap-drop", 0, OPTION_LIST, AT(dropped_capabilities), "NAME[,NAME]",
		   "capabilities that no RUN has (ALL: all but the added)"),
};

const struct option_table confinement_table = { "Confinement", rows, countof(rows) };

static void set_text(char **text, const char *value)
{
	free(*text);
	*text = xstrdup(value);
}

/* --- --security-opt -----------------------------------------------------------------------------
 */

static int read_seccomp(const char *value, struct sandbox_policy *policy, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	free(take_ptr(&policy->profile));
	policy->is_unfiltered = strcmp(value, "unconfined") == 0;
	if (policy->is_unfiltered || strcmp(value, "builtin") == 0)
		return 0;
	int found = host_file_read(value, SECCOMP_PROFILE_MAX, &text, err);
	if (found == 0)
		return error_set(err, ERROR_USAGE,
				 "there is no file '%s' (seccomp=FILE, builtin or unconfined)",
				 value);
	if (found < 0)
		return -1;
	if (text.len && memchr(text.data, '\0', text.len))
		return error_set(err, ERROR_USAGE, "seccomp profile '%s' holds a NUL byte", value);
	set_text(&policy->profile_path, value);
	policy->profile = text.len ? buf_take(&text) : xstrdup("");
	return 0;
}

static int read_no_new_privileges(const char *value, struct sandbox_policy *policy,
				  struct error *err)
{
	if (text_parse_bool(*value ? value : "true", &policy->has_no_new_privileges, err) == 0)
		return 0;
	err->code = ERROR_USAGE;
	return -1;
}

static int read_apparmor(const char *value, struct sandbox_policy *policy)
{
	free(take_ptr(&policy->apparmor));
	if (strcmp(value, "unconfined") != 0)
		set_text(&policy->apparmor, value);
	return 0;
}

/* docker's systempaths=unconfined, podman's unmask=ALL */
static int read_system_paths(const char *value, const char *word, struct sandbox_policy *policy,
			     struct error *err)
{
	if (strcmp(value, word) != 0)
		return error_set(err, ERROR_USAGE, "'%s' is not supported yet (%s)", value, word);
	policy->shows_system_paths = true;
	return 0;
}

static int read_label(const char *value, struct strv *lines, struct error *err)
{
	if (strcmp(value, "disable") != 0)
		return error_set(err, ERROR_USAGE,
				 "SELinux labels are not supported yet "
				 "(label=disable)");
	strv_add(lines, "--security-opt label=disable: nothing is labelled here");
	return 0;
}

/* What stands before "=", or, as docker once wrote it, before ":". */
static int read_security_opt(const char *text, struct sandbox_policy *policy, struct strv *lines,
			     struct error *err)
{
	static const char *const later[] = { "mask", "writable-cgroups", "proc-opts",
					     "credentialspec" };
	size_t len = strcspn(text, "=:");
	autofree char *name = xstrndup(text, len);
	const char *value = text[len] ? text + len + 1 : "";

	if (strcmp(name, "no-new-privileges") == 0)
		return read_no_new_privileges(value, policy, err);
	for (size_t i = 0; i < countof(later); i++)
		if (strcmp(name, later[i]) == 0)
			return error_set(err, ERROR_USAGE, "it is not supported yet");
	if (!*value)
		return error_set(err, ERROR_USAGE, "it wants NAME=VALUE");
	if (strcmp(name, "seccomp") == 0)
		return read_seccomp(value, policy, err);
	if (strcmp(name, "apparmor") == 0)
		return read_apparmor(value, policy);
	if (strcmp(name, "systempaths") == 0)
		return read_system_paths(value, "unconfined", policy, err);
	if (strcmp(name, "unmask") == 0)
		return read_system_paths(value, "ALL", policy, err);
	if (strcmp(name, "label") == 0)
		return read_label(value, lines, err);
	return error_set(err, ERROR_USAGE,
			 "there is no such option (seccomp, no-new-privileges, apparmor, "
			 "systempaths, label)");
}

/* --- capabilities -------------------------------------------------------------------------------
 */

static int read_capabilities(const struct strv *names, bool is_dropped,
			     struct sandbox_policy *policy, struct error *err)
{
	for (size_t i = 0; i < names->len; i++)
		for (const char *at = names->items[i];; at++) {
			size_t len = strcspn(at, ",");
			autofree char *name = xstrndup(at, len);
			if (sandbox_policy_add_capability(policy, name, is_dropped, err) < 0)
				return error_wrap(err, "--cap-%s", is_dropped ? "drop" : "add");
			at += len;
			if (!*at)
				break;
		}
	return 0;
}

/* --- the whole ----------------------------------------------------------------------------------
 */

static int settle_strict(struct build_request *request, struct error *err)
{
	for (size_t i = 0; i < request->allow.len; i++) {
		const char *word = request->allow.items[i];
		if (strcmp(word, "network.host") == 0 || strcmp(word, "security.insecure") == 0)
			return error_set(err, ERROR_USAGE,
					 "--security=strict and --allow %s contradict each other",
					 word);
	}
	if (request->network == NETWORK_HOST)
		return error_set(err, ERROR_USAGE,
				 "--security=strict has no network: it and --network=host "
				 "contradict each other");
	request->network = NETWORK_NONE;
	return 0;
}

int settle_confinement(const struct build_values *values, struct build_request *request,
		       struct strv *lines, struct error *err)
{
	struct sandbox_policy *policy = &request->policy;

	policy->is_strict = values->security == SECURITY_LEVEL_STRICT;
	for (size_t i = 0; i < values->security_opts.len; i++) {
		const char *text = values->security_opts.items[i];
		if (read_security_opt(text, policy, lines, err) < 0)
			return error_wrap(err, "--security-opt '%s'", text);
	}
	if (read_capabilities(&values->added_capabilities, false, policy, err) < 0 ||
	    read_capabilities(&values->dropped_capabilities, true, policy, err) < 0)
		return -1;
	if (policy->is_strict && settle_strict(request, err) < 0)
		return -1;
	return sandbox_policy_check(policy, err);
}
