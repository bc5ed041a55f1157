/* SPDX-License-Identifier: Apache-2.0 */
/* Base 64 of RFC 4648, with padding: what Basic authentication and docker's config.json use. */
#ifndef CBUILD_BASE_BASE64_H
#define CBUILD_BASE_BASE64_H

#include "base/buf.h"

#include <stdbool.h>

void base64_encode(const void *data, size_t len, struct buf *buf);
/* The URL-safe alphabet and missing padding are read too; false: buf is as it was. */
bool base64_decode(const char *text, struct buf *buf);

#endif
