/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/access.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/macros.h"

#include <stddef.h>
#include <string.h>

#define AT(field) offsetof(struct registry_access, field)

static const struct {
	const char *key;
	size_t offset;
} texts[] = {
	{ "credentials", AT(credentials) },
	{ "auth_file", AT(auth_file) },
	{ "certificate_dir", AT(certificate_dir) },
}, lists[] = {
	{ "certificates", AT(certificates) },
	{ "client_certificates", AT(client_certificates) },
	{ "insecure_hosts", AT(insecure_hosts) },
	{ "mirrors", AT(mirrors) },
}, flags[] = {
	{ "is_insecure_to_pull", AT(is_insecure_to_pull) },
	{ "is_insecure_to_push", AT(is_insecure_to_push) },
	{ "only_mirrors", AT(only_mirrors) },
}, numbers[] = {
	{ "pull_retries", AT(pull_retries) },
	{ "push_retries", AT(push_retries) },
	{ "retries", AT(retries) },
	{ "retry_delay_ns", AT(retry_delay_ns) },
};

static void *field(struct registry_access *access, size_t offset)
{
	return (char *)access + offset;
}

static const void *const_field(const struct registry_access *access, size_t offset)
{
	return (const char *)access + offset;
}

void registry_access_release(struct registry_access *access)
{
	if (access->credentials)
		explicit_bzero(access->credentials, strlen(access->credentials));
	for (size_t i = 0; i < countof(texts); i++)
		free(*(char **)field(access, texts[i].offset));
	for (size_t i = 0; i < countof(lists); i++)
		strv_release(field(access, lists[i].offset));
	*access = (struct registry_access)REGISTRY_ACCESS_INIT;
}

void registry_access_encode(const struct registry_access *access, struct buf *buf)
{
	cleanup(value_free) json_t *object = json_object();

	for (size_t i = 0; i < countof(texts); i++) {
		char *const *text = const_field(access, texts[i].offset);
		if (*text)
			value_set_text(object, texts[i].key, *text);
	}
	for (size_t i = 0; i < countof(lists); i++)
		json_object_set_new(object, lists[i].key,
				    value_of_texts(const_field(access, lists[i].offset)));
	for (size_t i = 0; i < countof(flags); i++)
		json_object_set_new(
			object, flags[i].key,
			json_boolean(*(const bool *)const_field(access, flags[i].offset)));
	for (size_t i = 0; i < countof(numbers); i++)
		json_object_set_new(
			object, numbers[i].key,
			json_integer(*(const int64_t *)const_field(access, numbers[i].offset)));
	value_write(object, 0, buf);
}

static int decode_fields(const json_t *object, struct registry_access *access, struct error *err)
{
	for (size_t i = 0; i < countof(texts); i++) {
		const char *text = NULL;
		if (value_get_text(object, texts[i].key, &text, err) < 0)
			return -1;
		if (text)
			*(char **)field(access, texts[i].offset) = xstrdup(text);
	}
	for (size_t i = 0; i < countof(lists); i++)
		if (value_get_texts(object, lists[i].key, field(access, lists[i].offset), err) < 0)
			return -1;
	for (size_t i = 0; i < countof(flags); i++)
		if (value_get_bool(object, flags[i].key, field(access, flags[i].offset), err) < 0)
			return -1;
	for (size_t i = 0; i < countof(numbers); i++)
		if (value_get_integer(object, numbers[i].key, field(access, numbers[i].offset),
				      err) < 0)
			return -1;
	return 0;
}

int registry_access_decode(const char *text, size_t len, struct registry_access *ret_access,
			   struct error *err)
{
	cleanup(registry_access_release) struct registry_access access = REGISTRY_ACCESS_INIT;
	cleanup(value_free) json_t *object = NULL;

	if (value_read(text, len, "how registries are reached", &object, err) < 0 ||
	    decode_fields(object, &access, err) < 0)
		return -1;
	*ret_access = access;
	access = (struct registry_access)REGISTRY_ACCESS_INIT;
	return 0;
}

bool registry_access_is_insecure(const struct registry_access *access, const char *host,
				 bool pushes)
{
	if (pushes ? access->is_insecure_to_push : access->is_insecure_to_pull)
		return true;
	for (size_t i = 0; i < access->insecure_hosts.len; i++)
		if (strcmp(access->insecure_hosts.items[i], host) == 0)
			return true;
	return false;
}
