/* SPDX-License-Identifier: Apache-2.0 */
#include "tar_scan.h"

#include "members.h"
#include "tar_write.h"

#include <string.h>

/* Where fields stand in a header block. */
enum {
	AT_NAME = 0,
	NAME_SIZE = 100,
	AT_SIZE = 124,
	AT_CHECKSUM = 148,
	CHECKSUM_SIZE = 8,
	AT_TYPE = 156,
	AT_MAGIC = 257,
	AT_PREFIX = 345,
	PREFIX_SIZE = 155,
	AT_GNU_IS_EXTENDED = 482,
	AT_GNU_MORE_EXTENDED = 504,
	NUMBER_SIZE = 12
};

void tar_scan_start(struct tar_scan *scan)
{
	buf_clear(&scan->blocks);
	buf_clear(&scan->path);
	scan->size = scan->extension_left = 0;
	scan->extension = '\0';
	scan->has_path = scan->has_size = scan->has_link = scan->expects_sparse = false;
}

void tar_scan_release(struct tar_scan *scan)
{
	buf_release(&scan->blocks);
	buf_release(&scan->path);
}

/* Octal, or base 256 where the first byte says so. */
static bool read_number(const unsigned char *field, size_t len, uint64_t *ret_number)
{
	uint64_t number = 0;
	size_t i = 0;

	if (field[0] & 0x80) {
		if (field[0] != 0x80)
			return false;
		for (i = 1; i < len; i++) {
			if (number >> 55)
				return false;
			number = number << 8 | field[i];
		}
		*ret_number = number;
		return true;
	}
	while (i < len && field[i] == ' ')
		i++;
	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		number = number << 3 | (unsigned)(field[i] - '0');
	if (i < len && field[i] != ' ' && field[i] != '\0')
		return false;
	*ret_number = number;
	return true;
}

static bool has_checksum(const unsigned char *block)
{
	uint64_t told = 0, sum = 0;

	for (size_t i = 0; i < TAR_BLOCK_SIZE; i++)
		sum += i >= AT_CHECKSUM && i < AT_CHECKSUM + CHECKSUM_SIZE ? ' ' : block[i];
	return read_number(block + AT_CHECKSUM, CHECKSUM_SIZE, &told) && told == sum;
}

static void set_path(struct tar_scan *scan, const char *path, size_t len)
{
	buf_clear(&scan->path);
	buf_add(&scan->path, path, len);
	scan->has_path = true;
}

static bool read_decimal(const char *text, size_t len, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!len || len > 18)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		number = number * 10 + (unsigned)(text[i] - '0');
	}
	*ret_number = number;
	return true;
}

static bool take_record(struct tar_scan *scan, const char *key, size_t key_len, const char *value,
			size_t len)
{
	if (key_len == 4 && memcmp(key, "path", 4) == 0)
		set_path(scan, value, len);
	if (key_len == 8 && memcmp(key, "linkpath", 8) == 0)
		scan->has_link = len > 0;
	if (key_len == 4 && memcmp(key, "size", 4) == 0) {
		scan->has_size = true;
		return read_decimal(value, len, &scan->size);
	}
	return true;
}

/* "LENGTH KEY=VALUE\n", one after the other. */
static bool read_records(struct tar_scan *scan, const char *text, size_t len)
{
	while (len) {
		uint64_t total = 0;
		const char *space = memchr(text, ' ', len < 8 ? len : 8);
		if (!space || !read_decimal(text, (size_t)(space - text), &total) || total > len)
			return false;
		const char *key = space + 1, *end = text + total - 1;
		const char *equals = key < end ? memchr(key, '=', (size_t)(end - key)) : NULL;
		if (!equals || *end != '\n' ||
		    !take_record(scan, key, (size_t)(equals - key), equals + 1,
				 (size_t)(end - equals - 1)))
			return false;
		text += total;
		len -= total;
	}
	return true;
}

static void set_header_path(struct tar_scan *scan, const unsigned char *block)
{
	const char *text = (const char *)block;
	bool is_posix = memcmp(block + AT_MAGIC, "ustar\0", 6) == 0;

	buf_clear(&scan->path);
	if (is_posix && text[AT_PREFIX]) {
		buf_add(&scan->path, text + AT_PREFIX, strnlen(text + AT_PREFIX, PREFIX_SIZE));
		buf_add_char(&scan->path, '/');
	}
	buf_add(&scan->path, text + AT_NAME, strnlen(text + AT_NAME, NAME_SIZE));
}

static enum tar_scan_answer begin_extension(struct tar_scan *scan, char type, uint64_t size)
{
	if (size > MEMBER_HEADER_MAX - scan->blocks.len)
		return TAR_SCAN_OPAQUE;
	scan->extension = type;
	scan->extension_start = scan->blocks.len;
	scan->extension_left = size + tar_padding(size);
	/* where the text ends is found again from the header in front of it */
	return TAR_SCAN_MORE;
}

static enum tar_scan_answer end_extension(struct tar_scan *scan)
{
	const char *text = scan->blocks.data + scan->extension_start;
	const unsigned char *header = (const unsigned char *)text - TAR_BLOCK_SIZE;
	uint64_t len = 0;

	if (!read_number(header + AT_SIZE, NUMBER_SIZE, &len))
		return TAR_SCAN_OPAQUE;
	if (scan->extension == 'x' && !read_records(scan, text, (size_t)len))
		return TAR_SCAN_OPAQUE;
	if (scan->extension == 'L')
		set_path(scan, text, strnlen(text, (size_t)len));
	return TAR_SCAN_MORE;
}

static bool has_content(char type)
{
	return !(type >= '1' && type <= '6');
}

static enum tar_scan_answer read_header(struct tar_scan *scan, const unsigned char *block)
{
	char type = (char)block[AT_TYPE];
	uint64_t size = 0;

	if (!has_checksum(block) || !read_number(block + AT_SIZE, NUMBER_SIZE, &size))
		return TAR_SCAN_OPAQUE;
	if (type == 'x' || type == 'g' || type == 'L' || type == 'K') {
		enum tar_scan_answer answer = begin_extension(scan, type, size);
		if (answer != TAR_SCAN_MORE || scan->extension_left)
			return answer;
		return end_extension(scan);
	}
	scan->type = type;
	if (!scan->has_size)
		scan->size = size;
	if (!has_content(type))
		scan->size = 0;
	if (!scan->has_path)
		set_header_path(scan, block);
	scan->expects_sparse = type == 'S' && block[AT_GNU_IS_EXTENDED];
	return scan->expects_sparse ? TAR_SCAN_MORE : TAR_SCAN_ENTRY;
}

enum tar_scan_answer tar_scan_block(struct tar_scan *scan, const unsigned char *block)
{
	bool is_full = scan->blocks.len + TAR_BLOCK_SIZE > MEMBER_HEADER_MAX;

	buf_add(&scan->blocks, block, TAR_BLOCK_SIZE);
	if (is_full)
		return TAR_SCAN_OPAQUE;
	if (scan->extension_left) {
		scan->extension_left -= TAR_BLOCK_SIZE;
		return scan->extension_left ? TAR_SCAN_MORE : end_extension(scan);
	}
	if (scan->expects_sparse) {
		scan->expects_sparse = block[AT_GNU_MORE_EXTENDED];
		return scan->expects_sparse ? TAR_SCAN_MORE : TAR_SCAN_ENTRY;
	}
	return read_header(scan, block);
}
