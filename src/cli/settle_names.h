/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CBUILD_CLI_SETTLE_NAMES_H
#define CBUILD_CLI_SETTLE_NAMES_H

#include "build_options.h"

/* --add-host, --dns, --dns-search, --dns-option. */
int settle_names(const struct build_values *values, struct build_request *request,
		 struct error *err) must_check;

#endif
