/* SPDX-License-Identifier: Apache-2.0 */
#include "chmod.h"

#include "base/text.h"

#include <string.h>

enum { OCTAL_MAX = 07777 };

static bool is_octal(const char *mode)
{
	unsigned number = 0;

	for (; *mode; mode++) {
		if (*mode < '0' || *mode > '7')
			return false;
		number = number * 8 + (unsigned)(*mode - '0');
		if (number > OCTAL_MAX)
			return false;
	}
	return true;
}

/* [ugoa]* then one or more of: an operator, and the rights or whose to copy */
static const char *skip_clause(const char *mode)
{
	mode += strspn(mode, "ugoa");
	if (!*mode || !strchr("+-=", *mode))
		return NULL;
	while (*mode && strchr("+-=", *mode)) {
		mode++;
		if (*mode && strchr("ugo", *mode))
			mode++;
		else
			mode += strspn(mode, "rwxXst");
	}
	return mode;
}

bool chmod_is_valid(const char *mode)
{
	if (text_is_digit(*mode))
		return is_octal(mode);
	for (;;) {
		mode = skip_clause(mode);
		if (!mode)
			return false;
		if (!*mode)
			return true;
		if (*mode++ != ',')
			return false;
	}
}
