/* SPDX-License-Identifier: Apache-2.0 */
#include "layer/member_index.h"

#include "member_record.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Where fields stand in the file. */
enum {
	AT_MAGIC = 0,
	MAGIC_SIZE = 8,
	AT_VERSION = 8,
	AT_COUNT = 12,
	AT_BLOB = 16,
	AT_DIFF_ID = 48,
	AT_BLOB_SIZE = 80,
	AT_PLAIN_SIZE = 88,
	AT_COMPRESSOR = 96,
	HEADER_SIZE = AT_COMPRESSOR + MEMBER_INDEX_COMPRESSOR_SIZE,

	RECORD_PLAIN = 0,
	RECORD_PACKED = 32,
	RECORD_OFFSET = 64,
	RECORD_PACKED_LEN = 72,
	RECORD_PLAIN_LEN = 76,
	RECORD_SIZE = 80
};

static const char MAGIC[] = "cbmember";

size_t member_index_size(size_t n_members)
{
	return HEADER_SIZE + n_members * RECORD_SIZE + DIGEST_SIZE;
}

static void put_number(unsigned char *to, uint64_t number, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = (unsigned char)(number >> 8 * i);
}

static uint64_t get_number(const unsigned char *from, size_t size)
{
	uint64_t number = 0;

	for (size_t i = 0; i < size; i++)
		number |= (uint64_t)from[i] << 8 * i;
	return number;
}

void member_record_encode(const struct member_record *record, struct buf *records)
{
	unsigned char bytes[RECORD_SIZE];

	memcpy(bytes + RECORD_PLAIN, record->plain.bytes, DIGEST_SIZE);
	memcpy(bytes + RECORD_PACKED, record->packed.bytes, DIGEST_SIZE);
	put_number(bytes + RECORD_OFFSET, record->offset, 8);
	put_number(bytes + RECORD_PACKED_LEN, record->packed_len, 4);
	put_number(bytes + RECORD_PLAIN_LEN, record->plain_len, 4);
	buf_add(records, bytes, sizeof(bytes));
}

void member_index_encode(const char *compressor, const struct pack_result *blob,
			 const struct buf *records, struct buf *out)
{
	unsigned char header[HEADER_SIZE] = { 0 };
	size_t start = out->len;

	assert(strlen(compressor) < MEMBER_INDEX_COMPRESSOR_SIZE);
	memcpy(header + AT_MAGIC, MAGIC, MAGIC_SIZE);
	put_number(header + AT_VERSION, MEMBER_INDEX_VERSION, 4);
	put_number(header + AT_COUNT, records->len / RECORD_SIZE, 4);
	memcpy(header + AT_BLOB, blob->digest.bytes, DIGEST_SIZE);
	memcpy(header + AT_DIFF_ID, blob->diff_id.bytes, DIGEST_SIZE);
	put_number(header + AT_BLOB_SIZE, blob->size, 8);
	put_number(header + AT_PLAIN_SIZE, blob->plain_size, 8);
	memcpy(header + AT_COMPRESSOR, compressor, strlen(compressor));
	buf_add(out, header, sizeof(header));
	buf_add(out, records->data, records->len);
	struct digest checksum = digest_of(out->data + start, out->len - start);
	buf_add(out, checksum.bytes, DIGEST_SIZE);
}

static bool is_sound(const struct buf *bytes)
{
	const unsigned char *data = (const unsigned char *)bytes->data;

	if (bytes->len < HEADER_SIZE + DIGEST_SIZE || memcmp(data, MAGIC, MAGIC_SIZE) != 0 ||
	    get_number(data + AT_VERSION, 4) != MEMBER_INDEX_VERSION ||
	    data[HEADER_SIZE - 1] != '\0')
		return false;
	size_t body = bytes->len - DIGEST_SIZE;
	if (get_number(data + AT_COUNT, 4) * RECORD_SIZE != body - HEADER_SIZE)
		return false;
	struct digest checksum = digest_of(data, body);
	return memcmp(checksum.bytes, data + body, DIGEST_SIZE) == 0;
}

int member_index_read(int fd, const char *what, struct member_index **ret_index, struct error *err)
{
	cleanup(member_index_free) struct member_index *index = xcalloc(1, sizeof(*index));

	index->bytes = (struct buf)BUF_INIT;
	if (fs_read_fd(fd, MEMBER_INDEX_SIZE_MAX, what, &index->bytes, err) < 0)
		return -1;
	if (!is_sound(&index->bytes))
		return error_set(err, ERROR_CORRUPT, "%s is damaged or of another version", what);
	const unsigned char *data = (const unsigned char *)index->bytes.data;
	index->len = (size_t)get_number(data + AT_COUNT, 4);
	index->blob_size = get_number(data + AT_BLOB_SIZE, 8);
	memcpy(index->blob.bytes, data + AT_BLOB, DIGEST_SIZE);
	index->compressor = index->bytes.data + AT_COMPRESSOR;
	*ret_index = take_ptr(&index);
	return 0;
}

void member_index_free(struct member_index *index)
{
	if (!index)
		return;
	buf_release(&index->bytes);
	free(index);
}

const struct digest *member_index_blob(const struct member_index *index)
{
	return &index->blob;
}

size_t member_index_len(const struct member_index *index)
{
	return index->len;
}

struct member_record member_index_get(const struct member_index *index, size_t i)
{
	struct member_record record;

	assert(i < index->len);
	const unsigned char *bytes =
		(const unsigned char *)index->bytes.data + HEADER_SIZE + i * RECORD_SIZE;
	memcpy(record.plain.bytes, bytes + RECORD_PLAIN, DIGEST_SIZE);
	memcpy(record.packed.bytes, bytes + RECORD_PACKED, DIGEST_SIZE);
	record.offset = get_number(bytes + RECORD_OFFSET, 8);
	record.packed_len = (uint32_t)get_number(bytes + RECORD_PACKED_LEN, 4);
	record.plain_len = (uint32_t)get_number(bytes + RECORD_PLAIN_LEN, 4);
	return record;
}

bool member_record_read(const struct member_record *record, int blob_fd, struct buf *packed)
{
	if (record->packed_len > MEMBER_PACKED_SIZE_MAX || record->offset > INT64_MAX / 2)
		return false;
	buf_clear(packed);
	buf_reserve(packed, record->packed_len);
	while (packed->len < record->packed_len) {
		ssize_t n =
			pread(blob_fd, packed->data + packed->len, record->packed_len - packed->len,
			      (off_t)(record->offset + packed->len));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		packed->len += (size_t)n;
	}
	struct digest digest = digest_of(packed->data, packed->len);
	return digest_equal(&digest, &record->packed);
}

int member_index_verify(const struct member_index *index, int blob_fd, struct error *err)
{
	cleanup(buf_release) struct buf packed = BUF_INIT;
	uint64_t end = 0;
	char byte = 0;

	if (pread(blob_fd, &byte, 1, 0) < 0)
		return error_sys(err, "read the blob");
	for (size_t i = 0; i < index->len; i++) {
		struct member_record record = member_index_get(index, i);
		if (record.offset != end || !member_record_read(&record, blob_fd, &packed))
			return 0;
		end += record.packed_len;
	}
	return end == index->blob_size;
}
