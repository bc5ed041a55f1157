/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two files that a build reads before it looks at anything else: the Dockerfile and the ignore
 * file. Which they are: dockerfile-language sections 1 and 8.
 */
#ifndef CBUILD_CONTEXT_SOURCE_H
#define CBUILD_CONTEXT_SOURCE_H

#include "base/buf.h"
#include "base/error.h"
#include "context/ignore.h"

#include <stddef.h>

enum { DOCKERFILE_CEILING = 16 * 1024 * 1024 };

/* A directory that is a build context. What cannot be one yet says "not supported yet". */
int context_open_dir(const char *host_path, int *ret_fd, struct error *err) must_check;

/*
 * file: NULL = Dockerfile (or dockerfile) of the context, "-" = standard input, else a host path.
 * context_fd -1 where there is no context. *ret_name is what errors call it; the caller's.
 */
int context_read_dockerfile(int context_fd, const char *context_path, const char *file,
			    struct buf *ret_text, char **ret_name, struct error *err) must_check;

/*
 * ignore_file if given; else FILE.dockerignore beside the Dockerfile, else .dockerignore of the
 * context. *ret_ignore is NULL where there is none.
 */
int context_read_ignore(int context_fd, const char *file, const char *ignore_file,
			struct ignore **ret_ignore, struct error *err) must_check;

#endif
