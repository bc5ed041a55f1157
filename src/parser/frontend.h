/* SPDX-License-Identifier: Apache-2.0 */
/* The frontend that "# syntax=" names: only one is built in, docker/dockerfile, of any version. */
#ifndef CBUILD_PARSER_FRONTEND_H
#define CBUILD_PARSER_FRONTEND_H

#include "base/buf.h"

#include <stdbool.h>

/* Is it the language that is built in here? */
bool frontend_is_own(const char *reference);
/*
 * Is it a version of it that nobody knows here, a newer one or a mistyped one? Then *note says how
 * it is read. What only "labs" versions have is refused where it is used, so they are not strange.
 */
bool frontend_is_strange(const char *reference, struct buf *note);

#endif
