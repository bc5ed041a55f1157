/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that open a source; private to fetch. */
#ifndef CBUILD_FETCH_SECRET_H
#define CBUILD_FETCH_SECRET_H

#include "fetch/fetch.h"

/* Wiped. */
void secret_release(struct buf *value);
DEFINE_RELEASE(struct buf, secret_release);

/*
 * prefix and the secret's value without line ends behind it; one with control characters in it, or
 * longer than FETCH_SECRET_MAX, is refused, since it goes into a header. 1/0/-1.
 */
int secret_read(const struct fetch_env *env, const char *id, const char *prefix,
		struct buf *ret_value, struct error *err) must_check;

#endif
