/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the Dockerfile, and saying what is there instead. */
#ifndef CBUILD_CONTEXT_DOCKERFILE_PLACE_H
#define CBUILD_CONTEXT_DOCKERFILE_PLACE_H

#include "context/context.h"

/* The directory that the Dockerfile and its ignore file are in; dir_fd -1 = it is a stream. */
struct dockerfile_place {
	int dir_fd;
	char *host_dir; /* as text, for messages; "" = the working directory */
	char *name;	/* within the directory */
};

#define DOCKERFILE_PLACE_INIT  \
	{                      \
		-1, NULL, NULL \
	}

void dockerfile_place_release(struct dockerfile_place *place);
DEFINE_RELEASE(struct dockerfile_place, dockerfile_place_release);

/* Reads the text into context->dockerfile and names it. */
int dockerfile_read(const struct context_request *request, struct context *context,
		    struct dockerfile_place *place, struct error *err) must_check;

/*
 * A file in a directory, followed within it, at most max bytes: 1/0/-1. What is no regular file is
 * an error; `shown` is what messages call it.
 */
int place_read_file(int dir_fd, const char *name, const char *shown, size_t max, struct buf *text,
		    struct error *err) must_check;

#endif
