/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CBUILD_CLI_SETTLE_INPUTS_H
#define CBUILD_CLI_SETTLE_INPUTS_H

#include "build_options.h"

int settle_inputs(const struct build_values *values, const struct strv *operands,
		  struct build_request *request, struct error *err) must_check;
int settle_failure(const struct build_values *values, struct build_request *request,
		   struct error *err) must_check;
int settle_ssh(const struct build_values *values, struct build_request *request, struct error *err)
	must_check;
/* "NAME..." and not "=...". */
int settle_check_name(const char *option, const char *text, struct error *err) must_check;
/* The environment's value, unless it is there already or empty. */
void settle_add_variable(const char *name, struct strv *args);

#endif
