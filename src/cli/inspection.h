/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands have in common that read what a build would read, and build nothing. */
#ifndef CBUILD_CLI_INSPECTION_H
#define CBUILD_CLI_INSPECTION_H

#include "build_options.h"

#include "build/build.h"

struct inspection {
	struct option_result result;
	struct build_request request;
	struct build_result build;
};

void inspection_release(struct inspection *inspection);
DEFINE_RELEASE(struct inspection, inspection_release);

/*
 * Reads the command line into *values, which may be the beginning of a larger struct and stays the
 * caller's, and settles the request; the context is "." where none is named. 1 = go on, 0, -1.
 */
int inspection_begin(const struct command *command, char *const *args, struct build_values *values,
		     struct inspection *inspection, struct error *err) must_check;
/* Prints a value; 0 or -1. */
int inspection_print(json_t *value, struct error *err) must_check;
/* Says what went wrong, with the lines of the Dockerfile that the error is about; the status. */
int inspection_fail(const struct inspection *inspection, const struct error *err);

#endif
