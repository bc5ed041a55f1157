/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include "base/alloc.h"

#include <string.h>

static const char MAGIC[8] = { 'c', 'b', 'r', 'e', 'c', 'o', 'r', 'd' };

struct record_head {
	char magic[8];
	uint32_t version;
	unsigned char synced;
	unsigned char unused[3];
	struct digest key;
	struct boot_id boot;
	int64_t made;
	uint32_t payload_len, inputs_len;
};
_Static_assert(sizeof(struct record_head) == 104, "the head has no padding");

size_t record_synced_offset(void)
{
	return offsetof(struct record_head, synced);
}

static struct digest hash_of(const struct record_head *head, const char *texts, size_t len)
{
	cleanup(hasher_release) struct hasher hasher = HASHER_INIT;
	struct record_head unmarked = *head;

	unmarked.synced = 0;
	hasher_start(&hasher);
	hasher_add(&hasher, &unmarked, sizeof(unmarked));
	hasher_add(&hasher, texts, len);
	return hasher_finish(&hasher);
}

void record_encode(const struct digest *key, const struct boot_id *boot, int64_t made,
		   const char *payload, const char *inputs, struct buf *bytes)
{
	struct record_head head = {
		.version = RECORD_VERSION,
		.key = *key,
		.boot = *boot,
		.made = made,
		.payload_len = (uint32_t)strlen(payload),
		.inputs_len = (uint32_t)strlen(inputs),
	};
	size_t start = bytes->len + sizeof(head);

	memcpy(head.magic, MAGIC, sizeof(MAGIC));
	buf_add(bytes, &head, sizeof(head));
	buf_add(bytes, payload, head.payload_len);
	buf_add(bytes, inputs, head.inputs_len);
	struct digest hash = hash_of(&head, bytes->data + start, bytes->len - start);
	buf_add(bytes, &hash, sizeof(hash));
}

static bool is_another_boot(const struct boot_id *a, const struct boot_id *b)
{
	return !a->text[0] || memcmp(a, b, sizeof(*a)) != 0;
}

enum record_state record_decode(const char *bytes, size_t len, const struct digest *key,
				const struct boot_id *boot, struct cache_record *ret_record)
{
	struct record_head head;
	struct digest hash;

	if (len < sizeof(head) + sizeof(hash))
		return RECORD_DAMAGED;
	memcpy(&head, bytes, sizeof(head));
	if (memcmp(head.magic, MAGIC, sizeof(MAGIC)) != 0)
		return RECORD_DAMAGED;
	if (head.version > RECORD_VERSION)
		return RECORD_NEWER;
	const char *texts = bytes + sizeof(head);
	size_t texts_len = len - sizeof(head) - sizeof(hash);
	memcpy(&hash, texts + texts_len, sizeof(hash));
	struct digest actual = hash_of(&head, texts, texts_len);
	if (!digest_equal(&hash, &actual) ||
	    (uint64_t)head.payload_len + head.inputs_len != texts_len ||
	    (key && !digest_equal(key, &head.key)))
		return RECORD_DAMAGED;
	*ret_record = (struct cache_record){
		.key = head.key,
		.payload = xstrndup(texts, head.payload_len),
		.inputs = xstrndup(texts + head.payload_len, head.inputs_len),
		.made = head.made,
		.needs_verification =
			head.synced != RECORD_SYNCED_MARK && is_another_boot(&head.boot, boot),
	};
	return RECORD_GOOD;
}
