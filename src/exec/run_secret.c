/* SPDX-License-Identifier: Apache-2.0 */
#include "run_secret.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static int read_variable(const struct exec_secret *secret, struct buf *value)
{
	const char *text = getenv(secret->source);

	if (!text)
		return 0;
	buf_add_text(value, text);
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

int run_secret_read(const struct exec_env *env, const char *id, struct buf *ret_value,
		    struct error *err)
{
	for (size_t i = 0; i < env->n_secrets; i++) {
		const struct exec_secret *secret = &env->secrets[i];
		if (strcmp(secret->id, id) == 0)
			return secret->is_variable ? read_variable(secret, ret_value)
						   : read_file(secret, ret_value, err);
	}
	return 0;
}
