/* SPDX-License-Identifier: Apache-2.0 */
/* What the file of a private key says of it in the clear: is there one, does a passphrase open it?
 */
#ifndef CBUILD_EXEC_KEY_HEAD_H
#define CBUILD_EXEC_KEY_HEAD_H

#include "base/error.h"

#include <stdbool.h>

/* Is it the text of a private key that only a passphrase opens? */
bool key_is_protected(const char *text);
/* The error that says so. */
int key_refuse_protected(const char *path, struct error *err);
/* An error of a file that holds no key, or a protected one. Nothing of the secret part is read, and
 * nothing at all of what can be read only once (a pipe). */
int key_head_check(const char *path, struct error *err) must_check;

#endif
