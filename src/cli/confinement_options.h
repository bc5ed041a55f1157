/* SPDX-License-Identifier: Apache-2.0 */
/* --security, --security-opt, --cap-add, --cap-drop: the walls around every RUN. */
#ifndef CBUILD_CLI_CONFINEMENT_OPTIONS_H
#define CBUILD_CLI_CONFINEMENT_OPTIONS_H

#include "build_options.h"

enum security_level { SECURITY_LEVEL_SANDBOX = 0, SECURITY_LEVEL_STRICT };

extern const struct option_table confinement_table;

/* The request's policy, and the network that goes with it; settle_inputs came before. */
int settle_confinement(const struct build_values *values, struct build_request *request,
		       struct strv *lines, struct error *err) must_check;

#endif
