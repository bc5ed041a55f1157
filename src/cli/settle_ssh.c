/* SPDX-License-Identifier: Apache-2.0 */
/* --ssh, as buildx reads it: default, ID, ID=SOCKET, ID=KEY[,KEY...]. */
#include "settle_inputs.h"

#include "base/alloc.h"
#include "base/text.h"
#include "build/request.h"

#include <limits.h>
#include <string.h>

static const char default_id[] = "default";

/* Jobs may stand elsewhere. */
static int add_path(struct ssh_request *ssh, const char *path, struct error *err)
{
	char dir[PATH_MAX];

	if (text_has_prefix(path, "raw="))
		return error_set(err, ERROR_USAGE,
				 "'%s' is not supported yet: a step may list keys and sign, and "
				 "nothing else",
				 path);
	if (!*path)
		return error_set(err, ERROR_USAGE, "an empty path");
	if (*path == '/') {
		strv_add(&ssh->paths, path);
		return 0;
	}
	if (!getcwd(dir, sizeof(dir)))
		return error_sys(err, "find the working directory");
	strv_printf(&ssh->paths, "%s/%s", dir, path);
	return 0;
}

static int add_own_agent(struct ssh_request *ssh, struct error *err)
{
	const char *path = getenv("SSH_AUTH_SOCK");

	if (!path || !*path)
		return error_set(err, ERROR_USAGE,
				 "invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set");
	return add_path(ssh, path, err);
}

static int settle_one(const char *text, struct ssh_request *ssh, struct error *err)
{
	const char *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : strlen(text);

	ssh->id = len ? xstrndup(text, len) : xstrdup(default_id);
	if (!equals || !equals[1])
		return add_own_agent(ssh, err);
	for (const char *at = equals + 1;; at++) {
		size_t path_len = strcspn(at, ",");
		autofree char *path = xstrndup(at, path_len);
		if (add_path(ssh, path, err) < 0)
			return -1;
		at += path_len;
		if (!*at)
			return 0;
	}
}

int settle_ssh(const struct build_values *values, struct build_request *request, struct error *err)
{
	request->ssh = xcalloc(values->ssh.len + 1, sizeof(*request->ssh));
	for (size_t i = 0; i < values->ssh.len; i++) {
		const char *text = values->ssh.items[i];
		struct ssh_request *ssh = &request->ssh[request->n_ssh++];
		if (settle_one(text, ssh, err) < 0)
			return error_wrap(err, "--ssh '%s'", text);
		for (size_t k = 0; k + 1 < request->n_ssh; k++)
			if (strcmp(request->ssh[k].id, ssh->id) == 0)
				return error_set(err, ERROR_USAGE,
						 "--ssh '%s': duplicate agent ID \"%s\"", text,
						 ssh->id);
	}
	return 0;
}
