/* SPDX-License-Identifier: Apache-2.0 */
/* The files that a build leaves for scripts: --iidfile, --digest-file, --metadata-file and others.
 */
#ifndef CBUILD_CLI_RESULT_FILES_H
#define CBUILD_CLI_RESULT_FILES_H

#include "build_options.h"

#include "base/json.h"

struct build_result;

/*
 * Before the build: what an earlier one left must not be taken for this one's. The metadata file
 * stays until there is a new one, as with docker.
 */
int result_files_remove(const struct build_values *values, struct error *err) must_check;
int result_files_write(const struct build_values *values, const struct build_result *result,
		       struct error *err) must_check;
/* The metadata file's document; the caller's. */
json_t *result_metadata(const struct build_result *result);

#endif
