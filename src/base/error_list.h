/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several errors that do not depend on each other, so that a person may mend them all at once. What
 * can go on after an error adds it here and goes on, until the list is full.
 */
#ifndef CBUILD_BASE_ERROR_LIST_H
#define CBUILD_BASE_ERROR_LIST_H

#include "base/error.h"
#include "base/macros.h"

#include <stddef.h>

/* Nobody mends more at once, and a file that is no Dockerfile at all has one in every line. */
enum { ERROR_LIST_MAX = 20 };

struct error_list {
	struct error *items;
	size_t len, size;
};

#define ERROR_LIST_INIT    \
	{                  \
		NULL, 0, 0 \
	}

void error_list_release(struct error_list *list);
DEFINE_RELEASE(struct error_list, error_list_release);

/*
 * Keeps a copy, unless the same is there already, and empties *err. False: go no further, since the
 * list is full or there is none (NULL; *err then stays).
 */
bool error_list_add(struct error_list *list, struct error *err);
/* Is there any? Then *err is the first of them in the file, and the result is -1; else 0. */
int error_list_end(const struct error_list *list, struct error *err);

#endif
