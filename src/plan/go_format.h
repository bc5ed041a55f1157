/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Go's ways to print a value, which the texts of an image's history are made of: `docker history`
 * and scanners read them, so they are the same to the byte.
 */
#ifndef CBUILD_PLAN_GO_FORMAT_H
#define CBUILD_PLAN_GO_FORMAT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/strv.h"

#include <stdint.h>

/* %q of a string: "a \"b\"". */
void go_add_quoted(struct buf *buf, const char *text);
/* The same, to be put into an error text. */
const char *go_quoted(struct arena *arena, const char *text);
/* %v of a list: [a b]. */
void go_add_list(struct buf *buf, const struct strv *list);
/* %q of a list: ["a" "b"]. */
void go_add_quoted_list(struct buf *buf, const struct strv *list);
/* time.Duration: 1m30s, 500ms, 0s. */
void go_add_duration(struct buf *buf, int64_t nanoseconds);

#endif
