/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a build's files come from: the context directory, its Dockerfile and its ignore rules
 * (dockerfile-language sections 1 and 8). What lies elsewhere was made a directory before (fetch).
 *
 * The Dockerfile is looked for in the directory of the path given with -f, or in the context, and
 * symlinks are followed within that directory. Its own ignore file ("<Dockerfile>.dockerignore"
 * beside it) wins completely over ".dockerignore" of the context.
 */
#ifndef CBUILD_CONTEXT_CONTEXT_H
#define CBUILD_CONTEXT_CONTEXT_H

#include "base/buf.h"
#include "base/error.h"
#include "context/ignore.h"

enum { CONTEXT_DOCKERFILE_MAX = 16 * 1024 * 1024 };

struct context_request {
	const char *path;	 /* host path; NULL = none, only a Dockerfile */
	const char *dockerfile;	 /* -f: host path, "-" = standard input; NULL = the context's */
	const char *ignore_file; /* host path, which must be there; NULL = as above */
	int stdin_fd;
	/*
	 * Called before each read of what may keep us waiting (a pipe, a terminal): comes back when
	 * there is something to be read, or with the reason to wait no longer. NULL = wait for
	 * ever.
	 */
	int (*wait)(void *context, int fd, struct error *err);
	void *wait_context;
	/*
	 * What was fetched already: path is what it is called, ignore files mean nothing in it, and
	 * -f is a path within it.
	 */
	bool is_fetched;
	int dir_fd;
	const char *text_name; /* of the Dockerfile in text_fd; NULL = as above */
	int text_fd;
};

struct context {
	int fd;		       /* of the directory; -1 = none */
	char *host_path;       /* as given, or NULL */
	struct buf dockerfile; /* its text */
	char *dockerfile_name; /* for messages; NULL where none was asked for */
	struct ignore *ignore; /* or NULL */
};

int context_open(const struct context_request *request, struct context **ret_context,
		 struct error *err) must_check;
/* A further context (--build-context): a directory with a ".dockerignore" of its own. */
int context_open_named(const char *path, struct context **ret_context, struct error *err)
	must_check;
/* The file that the ignore rules came from, for messages; NULL = there are none. */
const char *context_ignore_name(const struct context *context);
/* One that was fetched; the descriptor is duplicated. */
int context_of_dir(int dir_fd, const char *name, struct context **ret_context, struct error *err)
	must_check;
void context_close(struct context *context);
DEFINE_CLEANUP(struct context *, context_close);

#endif
