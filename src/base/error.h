/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The error value. It lives on the caller's stack, is the last parameter, never NULL, and needs no
 * release; being flat it can be written through a pipe by a child process as it stands.
 *
 * A function that can fail returns 0, or -1 with *err filled and its outputs untouched. A question
 * returns 1, 0 or -1. All setters return -1, so that a failure is one line:
 *
 *	if (mount(source, target, "overlay", 0, options) < 0)
 *		return error_sys(err, "mount overlay on '%s'", target);
 *
 * Texts: lower case, no full stop, values in quotes, no "failed to". The cause is never cut off:
 * error_wrap puts context in front and, when room runs out, shortens the context.
 */
#ifndef CBUILD_BASE_ERROR_H
#define CBUILD_BASE_ERROR_H

#include "base/macros.h"

#include <stdbool.h>
#include <stdint.h>

enum { ERROR_TEXT_MAX = 2048 };

/* Only what somebody branches on; all else is ERROR_SYSTEM. */
enum error_code {
	ERROR_NONE = 0,
	ERROR_USAGE,	   /* the caller asked for something that cannot be asked for */
	ERROR_SYNTAX,	   /* Dockerfile, ignore file, reference, JSON ... is malformed */
	ERROR_NOT_FOUND,   /* image, path, stage, blob */
	ERROR_AUTH,	   /* registry refused the credentials, or wanted some */
	ERROR_NETWORK,	   /* nothing answered, or broke off */
	ERROR_STEP_FAILED, /* a RUN ended with .status */
	ERROR_CORRUPT,	   /* content is not what its digest, size or format says */
	ERROR_CHANGED,	   /* an input changed while it was read: the step may start over */
	ERROR_UNSUPPORTED, /* understood, but not there: the text says "not supported yet" */
	ERROR_PERMISSION,  /* the machine does not let us: namespaces, mounts */
	ERROR_NO_SPACE,	   /* a file system is full */
	ERROR_CANCELLED,   /* INT or TERM; .status is 128 + the signal */
	ERROR_TIMED_OUT,   /* --timeout */
	ERROR_SYSTEM
};

/* Lines of a Dockerfile, counted from 1; 0 = none. Columns in bytes, from 1; 0 = the whole line. */
struct position {
	uint32_t line;
	uint32_t column;
	uint32_t last_line;
};

struct error {
	enum error_code code;
	int sys;    /* errno behind it, or 0 */
	int status; /* exit status of a failed RUN, 128+n of a signal */
	struct position at;
	char text[ERROR_TEXT_MAX];
};

#define ERROR_INIT                 \
	{                          \
		.code = ERROR_NONE \
	}

int error_set(struct error *err, enum error_code code, const char *format, ...) printf_like(3, 4);

/* Takes errno: adds ": " and its text, and picks the code that goes with it. */
int error_sys(struct error *err, const char *format, ...) printf_like(2, 3);

/* As error_set, with a position in the Dockerfile. */
int error_at(struct error *err, enum error_code code, struct position at, const char *format, ...)
	printf_like(4, 5);

/* Gives an error that has no position yet one. */
int error_place(struct error *err, struct position at);

/* "context: what *err said". */
int error_wrap(struct error *err, const char *format, ...) printf_like(2, 3);

/* One word for machines: "syntax", "not-found" ... */
const char *error_code_name(enum error_code code);

#endif
