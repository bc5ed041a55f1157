/* SPDX-License-Identifier: Apache-2.0 */
/* One YAML document as JSON: mappings, sequences and scalars. Anchors, aliases, merge keys, tags,
 * further documents and keys that stand twice are refused. */
#ifndef CBUILD_CDI_YAML_H
#define CBUILD_CDI_YAML_H

#include "base/error.h"
#include "base/json.h"

int yaml_read(const char *text, size_t len, json_t **ret_value, struct error *err) must_check;

#endif
