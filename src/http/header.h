/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The headers of a response, bounded in number and size, and readings of the few whose values
 * matter. All readers take hostile text: what is not exactly right is absent.
 */
#ifndef CBUILD_HTTP_HEADER_H
#define CBUILD_HTTP_HEADER_H

#include "base/error.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>

enum { HEADERS_MAX = 128, HEADERS_SIZE_MAX = 128 * 1024 };

struct header {
	char *name; /* lower case */
	char *value;
};

struct header_list {
	VEC(struct header) all;
	size_t size;
};

#define HEADER_LIST_INIT    \
	{                   \
		VEC_INIT, 0 \
	}

void header_list_release(struct header_list *list);
DEFINE_RELEASE(struct header_list, header_list_release);

/* One line as it came, "Name: value\r\n". -1 beyond the ceilings; what is no header is skipped. */
int header_list_add(struct header_list *list, const char *line, size_t len) must_check;
/* The first of that name (lower case), or NULL. */
const char *header_find(const struct header_list *list, const char *name);

/* Content-Length: 1/0. */
int header_read_length(const struct header_list *list, uint64_t *ret_length);
/* Content-Range "bytes START-END/TOTAL" (TOTAL may be '*', then *ret_total is 0): 1/0. */
int header_read_range(const struct header_list *list, uint64_t *ret_start, uint64_t *ret_end,
		      uint64_t *ret_total);
/*
 * Retry-After in seconds: a number, or a date seen from the answer's own Date, so that a wrong
 * clock here does no harm. At most RETRY_AFTER_MAX; 0 = not said.
 */
enum { RETRY_AFTER_MAX = 120 };
unsigned header_read_retry_after(const struct header_list *list);

#endif
