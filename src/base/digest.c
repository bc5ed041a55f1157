/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

static const char PREFIX[] = "sha256:";

/*
 * Fetched once: EVP_sha256() looks the algorithm up anew for every hash, and loading OpenSSL's
 * configuration file would cost more than a whole cached build (1.9 ms instead of 0.4).
 */
static const EVP_MD *sha256(void)
{
	static EVP_MD *fetched;

	if (!fetched) {
		(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
		fetched = EVP_MD_fetch(NULL, "SHA256", NULL);
		assert(fetched);
	}
	return fetched;
}

void digest_init(void)
{
	(void)sha256();
}

static void format_hex(const struct digest *digest, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		text[2 * i] = digits[digest->bytes[i] >> 4];
		text[2 * i + 1] = digits[digest->bytes[i] & 15];
	}
	text[DIGEST_HEX_LEN] = '\0';
}

struct digest_text digest_format(const struct digest *digest)
{
	struct digest_text text;

	memcpy(text.text, PREFIX, sizeof(PREFIX) - 1);
	format_hex(digest, text.text + sizeof(PREFIX) - 1);
	return text;
}

struct digest_text digest_hex(const struct digest *digest)
{
	struct digest_text text;

	format_hex(digest, text.text);
	return text;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int digest_parse(const char *text, struct digest *ret_digest, struct error *err)
{
	struct digest digest;

	if (strncmp(text, PREFIX, sizeof(PREFIX) - 1) != 0)
		return error_set(err, ERROR_SYNTAX, "digest '%.100s' is not a sha256 digest", text);
	const char *hex = text + sizeof(PREFIX) - 1;
	if (strlen(hex) != DIGEST_HEX_LEN)
		return error_set(err, ERROR_SYNTAX, "digest '%.100s' does not have 64 digits",
				 text);
	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		int high = hex_value(hex[2 * i]), low = hex_value(hex[2 * i + 1]);
		if (high < 0 || low < 0)
			return error_set(err, ERROR_SYNTAX,
					 "digest '%s' has something else than 0-9 and a-f", text);
		digest.bytes[i] = (unsigned char)(high << 4 | low);
	}
	*ret_digest = digest;
	return 0;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return memcmp(a->bytes, b->bytes, DIGEST_SIZE) == 0;
}

bool digest_is_zero(const struct digest *digest)
{
	static const struct digest zero;

	return digest_equal(digest, &zero);
}

void hasher_start(struct hasher *hasher)
{
	if (!hasher->context) {
		hasher->context = EVP_MD_CTX_new();
		assert(hasher->context);
	}
	int ok = EVP_DigestInit_ex2(hasher->context, sha256(), NULL);
	assert(ok == 1);
	(void)ok;
}

void hasher_add(struct hasher *hasher, const void *data, size_t len)
{
	int ok = EVP_DigestUpdate(hasher->context, data, len);
	assert(ok == 1);
	(void)ok;
}

struct digest hasher_finish(struct hasher *hasher)
{
	struct digest digest;
	unsigned int len = 0;
	int ok = EVP_DigestFinal_ex(hasher->context, digest.bytes, &len);
	assert(ok == 1 && len == DIGEST_SIZE);
	(void)ok;
	return digest;
}

void hasher_release(struct hasher *hasher)
{
	EVP_MD_CTX_free(hasher->context);
	hasher->context = NULL;
}

struct digest digest_of(const void *data, size_t len)
{
	cleanup(hasher_release) struct hasher hasher = HASHER_INIT;

	hasher_start(&hasher);
	hasher_add(&hasher, data, len);
	return hasher_finish(&hasher);
}
