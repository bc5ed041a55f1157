/* SPDX-License-Identifier: Apache-2.0 */
/* RUN --device=[name=]NAME[,required[=BOOL]]: a device of a CDI file. */
#ifndef CBUILD_PARSER_DEVICE_FLAG_H
#define CBUILD_PARSER_DEVICE_FLAG_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>

struct device_flag {
	const char
		*name; /* "vendor.com/class=device", "vendor.com/class"; "" where none was given */
	bool is_required;
};

/* The value's texts live in the arena. */
int device_flag_parse(const char *value, struct arena *arena, struct device_flag *ret_flag,
		      struct error *err) must_check;

#endif
