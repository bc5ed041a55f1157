/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tracing for developers: CBUILD_TRACE=registry,exec (or "all") makes the named components say on
 * stderr what they do. Costs one comparison where it is off.
 */
#ifndef CBUILD_BASE_TRACE_H
#define CBUILD_BASE_TRACE_H

#include "base/macros.h"

#include <stdbool.h>

/* Reads CBUILD_TRACE; called once by main. */
void trace_init(void);
bool trace_is_on(const char *component);
void trace_say(const char *component, const char *format, ...) printf_like(2, 3);

#define trace(component, ...)                              \
	do {                                               \
		if (trace_is_on(component))                \
			trace_say(component, __VA_ARGS__); \
	} while (0)

#endif
