/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a cache record: as they are, and with their hash made right, so that it is passed.
 */
#include "fuzz_target.h"
#include "record.h"

#include "base/alloc.h"

#include <assert.h>
#include <string.h>

static void decode(const char *bytes, size_t len)
{
	static const struct boot_id boot = { "some boot" };
	struct cache_record record = { 0 };

	if (record_decode(bytes, len, NULL, &boot, &record) == RECORD_GOOD) {
		assert(strlen(record.payload) + strlen(record.inputs) < len);
		cache_record_release(&record);
	} else {
		assert(!record.payload && !record.inputs);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *bytes = xmalloc(size + 1);
	size_t mark = record_synced_offset();

	memcpy(bytes, data, size);
	decode(bytes, size);
	if (size < DIGEST_SIZE + mark + 1)
		return 0;
	char synced = bytes[mark];
	bytes[mark] = 0;
	struct digest hash = digest_of(bytes, size - DIGEST_SIZE);
	bytes[mark] = synced;
	memcpy(bytes + size - DIGEST_SIZE, &hash, sizeof(hash));
	decode(bytes, size);
	return 0;
}
