/* SPDX-License-Identifier: Apache-2.0 */
#include "base/trace.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *trace_components; /* the one mutable global: set once, before the first fork */

void trace_init(void)
{
	trace_components = getenv("CBUILD_TRACE");
}

bool trace_is_on(const char *component)
{
	if (!trace_components)
		return false;
	size_t len = strlen(component);
	for (const char *c = trace_components; *c;) {
		size_t word = strcspn(c, ",");
		if ((word == len && memcmp(c, component, len) == 0) ||
		    (word == 3 && memcmp(c, "all", 3) == 0))
			return true;
		c += word + (c[word] == ',');
	}
	return false;
}

void trace_say(const char *component, const char *format, ...)
{
	cleanup(buf_release) struct buf line = BUF_INIT;
	struct timespec now = { 0 };
	va_list args;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	buf_printf(&line, "trace %lld.%06ld [%d] %s: ", (long long)now.tv_sec, now.tv_nsec / 1000,
		   (int)getpid(), component);
	va_start(args, format);
	buf_vprintf(&line, format, args);
	va_end(args);
	buf_add_char(&line, '\n');
	(void)!write(STDERR_FILENO, line.data, line.len);
}
