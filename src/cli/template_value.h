/* SPDX-License-Identifier: Apache-2.0 */
/* The values of templates: how they are printed, and what functions make of them. */
#ifndef CBUILD_CLI_TEMPLATE_VALUE_H
#define CBUILD_CLI_TEMPLATE_VALUE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"

#include <stdbool.h>

enum { TEMPLATE_ARGUMENTS_MAX = 16 };

/* As fmt.Print does: [a b], map[k:v]. */
void template_print(const json_t *value, struct buf *out);
/* What `if` takes for true: anything but null, false, 0, "" and what is empty. */
bool template_is_true(const json_t *value);
bool template_is_function(const char *name);
/* *ret_value is the caller's. */
int template_call(const char *name, json_t *const *arguments, size_t n_arguments,
		  json_t **ret_value, struct error *err) must_check;

#endif
