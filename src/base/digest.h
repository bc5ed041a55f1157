/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256, the one name of content here (OpenSSL behind it). A digest is a plain value that can
 * only be read from text that is exactly "sha256:" and 64 lower-case hexadecimal digits, so a
 * formatted digest is always safe as a file name (OCI image-spec, descriptor.md, "digests").
 */
#ifndef CBUILD_BASE_DIGEST_H
#define CBUILD_BASE_DIGEST_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { DIGEST_SIZE = 32, DIGEST_HEX_LEN = 64, DIGEST_TEXT_SIZE = 72 };

struct digest {
	unsigned char bytes[DIGEST_SIZE];
};

/* Room for "sha256:...". */
struct digest_text {
	char text[DIGEST_TEXT_SIZE];
};

/* "sha256:<64 hex>"; the value lives as long as the expression that made it, or its variable. */
struct digest_text digest_format(const struct digest *digest);
/* 64 hexadecimal digits, without the algorithm. */
struct digest_text digest_hex(const struct digest *digest);
int digest_parse(const char *text, struct digest *ret_digest, struct error *err) must_check;
bool digest_equal(const struct digest *a, const struct digest *b);
bool digest_is_zero(const struct digest *digest);

/* Loads what hashing needs, once, before the first fork, so that children need not. */
void digest_init(void);

struct hasher {
	void *context;
};

#define HASHER_INIT  \
	{            \
		NULL \
	}

/* Starts, or starts over. */
void hasher_start(struct hasher *hasher);
void hasher_add(struct hasher *hasher, const void *data, size_t len);
struct digest hasher_finish(struct hasher *hasher);
void hasher_release(struct hasher *hasher);
DEFINE_RELEASE(struct hasher, hasher_release);

struct digest digest_of(const void *data, size_t len);

#endif
