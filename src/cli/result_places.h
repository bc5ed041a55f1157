/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the files that a build leaves, its results and what is for scripts, can be written: told
 * before anything runs.
 */
#ifndef CBUILD_CLI_RESULT_PLACES_H
#define CBUILD_CLI_RESULT_PLACES_H

#include "build_options.h"

/*
 * Nothing is made, opened or changed. A directory that is missing is fine where it is one that an
 * output of the request, or its store, makes.
 */
int result_places_check(const struct build_values *values, const struct build_request *request,
			struct error *err) must_check;

#endif
