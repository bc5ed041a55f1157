/* SPDX-License-Identifier: Apache-2.0 */
#include "run_secret.h"

#include "base/fs.h"
#include "base/strv.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

/* One that is not set is an empty value, as in docker; a warning has said so. */
static int read_variable(const struct exec_secret *secret, struct buf *value)
{
	const char *text = getenv(secret->source);

	buf_add_text(value, text ? text : "");
	return 1;
}

/* A host path of the caller's own: symlinks in it are theirs. */
static int read_file(const struct exec_secret *secret, struct buf *value, struct error *err)
{
	autoclose int fd = open(secret->source, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return error_sys(err, "secret '%s': open '%s'", secret->id, secret->source);
	if (fs_read_fd(fd, SECRET_SIZE_MAX, secret->source, value, err) < 0)
		return error_wrap(err, "secret '%s'", secret->id);
	return 1;
}

/* The last one of an id counts, as in buildx. */
static const struct exec_secret *find(const struct exec_env *env, const char *id)
{
	for (size_t i = env->n_secrets; i > 0; i--)
		if (strcmp(env->secrets[i - 1].id, id) == 0)
			return &env->secrets[i - 1];
	return NULL;
}

bool run_secret_is_given(const struct exec_env *env, const char *id)
{
	const struct exec_secret *secret = find(env, id);

	return secret && (!secret->is_variable || getenv(secret->source));
}

int run_secret_read(const struct exec_env *env, const char *id, struct buf *ret_value,
		    struct error *err)
{
	const struct exec_secret *secret = find(env, id);

	if (!secret)
		return 0;
	/* from here on nobody looks into this process, nor finds a core file of it */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_sys(err, "make the job undumpable");
	return secret->is_variable ? read_variable(secret, ret_value)
				   : read_file(secret, ret_value, err);
}

int run_secret_refuse(const struct exec_env *env, const char *id, struct error *err)
{
	cleanup(strv_release) struct strv ids = STRV_INIT;

	for (size_t i = 0; i < env->n_secrets; i++)
		strv_add(&ids, env->secrets[i].id);
	const char *near = text_nearest(id, (const char *const *)ids.items, ids.len);
	return error_set(
		err, ERROR_NOT_FOUND,
		"secret %.500s: not found (--secret id=%.500s,src=PATH gives it%s%.500s%s)", id, id,
		near ? "; the one that was given is '" : "", near ? near : "", near ? "'" : "");
}
