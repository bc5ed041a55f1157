/* SPDX-License-Identifier: Apache-2.0 */
#include "tar_write.h"

#include "base/path.h"
#include "base/text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* POSIX.1-1988 (ustar); all numbers octal. */
struct ustar {
	char name[100];
	char mode[8], uid[8], gid[8];
	char size[12], mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[6], version[2];
	char user[32], group[32];
	char dev_major[8], dev_minor[8];
	char prefix[155];
	char unused[12];
};
_Static_assert(sizeof(struct ustar) == TAR_BLOCK_SIZE, "a tar header is one block");

enum {
	OCTAL7_MAX = 07777777,
	CAPABILITY_V2_SIZE = 20,
	CAPABILITY_V1_SIZE = 12,
	CAPABILITY_REVISION_BYTE = 3 /* of the little-endian magic */
};
#define OCTAL11_MAX 077777777777ULL

const unsigned char tar_zeros[TAR_BLOCK_SIZE];

/* What the header says, in the terms of tar. */
struct tar_fields {
	const char *path;
	char type;
	uint32_t mode, uid, gid;
	uint64_t size;
	int64_t mtime;
	const char *link;
	uint32_t dev_major, dev_minor;
	const void *capability;
	size_t capability_len;
};

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

/* False and nothing but zeros where the number does not fit. */
static bool put_octal(char *field, size_t size, uint64_t value)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%0*" PRIo64, (int)size - 1, value);

	if (len != (int)size - 1) {
		memset(field, '0', size - 1);
		return false;
	}
	memcpy(field, digits, size - 1);
	return true;
}

/* What readers without PAX see of a text that does not fit. */
static void put_shortened(char *field, size_t size, const char *text)
{
	for (size_t i = 0; i < size && text[i]; i++)
		field[i] = (unsigned char)text[i] < 0x80 ? text[i] : '_';
}

/* As Go's archive/tar splits: at the last slash that leaves at most 155 bytes before it. */
static bool put_path(struct ustar *header, const char *path)
{
	size_t len = strlen(path);

	if (!is_ascii(path))
		return false;
	if (len <= sizeof(header->name)) {
		memcpy(header->name, path, len);
		return true;
	}
	size_t end = len > sizeof(header->prefix) + 1 ? sizeof(header->prefix) + 1 : len;
	if (end == len && path[len - 1] == '/')
		end--;
	while (end > 0 && path[end - 1] != '/')
		end--;
	if (end < 2 || end == len || len - end > sizeof(header->name))
		return false;
	memcpy(header->prefix, path, end - 1);
	memcpy(header->name, path + end, len - end);
	return true;
}

static bool put_link(struct ustar *header, const char *link)
{
	size_t len = strlen(link);

	if (len > sizeof(header->link) || !is_ascii(link))
		return false;
	memcpy(header->link, link, len);
	return true;
}

static size_t count_digits(size_t number)
{
	size_t n = 1;

	while (number /= 10)
		n++;
	return n;
}

/* "LENGTH KEY=VALUE\n"; the length counts itself. */
static void add_record(struct buf *records, const char *key, const void *value, size_t len)
{
	size_t rest = 1 + strlen(key) + 1 + len + 1;
	size_t total = rest + count_digits(rest);

	total = rest + count_digits(total);
	buf_printf(records, "%zu %s=", total, key);
	buf_add(records, value, len);
	buf_add_char(records, '\n');
}

static void add_number_record(struct buf *records, const char *key, int64_t value)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%" PRId64, value);

	add_record(records, key, text, (size_t)len);
}

static void finish_header(struct ustar *header, struct buf *out)
{
	unsigned sum = 0;

	memcpy(header->magic, "ustar", 6);
	memcpy(header->version, "00", 2);
	memset(header->checksum, ' ', sizeof(header->checksum));
	const unsigned char *bytes = (const unsigned char *)header;
	for (size_t i = 0; i < sizeof(*header); i++)
		sum += bytes[i];
	(void)put_octal(header->checksum, 7, sum);
	header->checksum[6] = '\0';
	buf_add(out, header, sizeof(*header));
}

static void add_pax_header(const struct buf *records, struct buf *out)
{
	struct ustar header = { .name = "././@PaxHeader", .type = 'x' };

	(void)put_octal(header.mode, sizeof(header.mode), 0644);
	(void)put_octal(header.uid, sizeof(header.uid), 0);
	(void)put_octal(header.gid, sizeof(header.gid), 0);
	(void)put_octal(header.size, sizeof(header.size), records->len);
	(void)put_octal(header.mtime, sizeof(header.mtime), 0);
	(void)put_octal(header.dev_major, sizeof(header.dev_major), 0);
	(void)put_octal(header.dev_minor, sizeof(header.dev_minor), 0);
	finish_header(&header, out);
	buf_add(out, records->data, records->len);
	buf_add(out, tar_zeros, tar_padding(records->len));
}

/* Fills the header and, in the order of their keys, a record for each field that does not fit. */
static void add_headers(const struct tar_fields *fields, struct buf *out)
{
	cleanup(buf_release) struct buf records = BUF_INIT;
	struct ustar header = { .type = fields->type };

	if (fields->capability_len)
		add_record(&records, "SCHILY.xattr.security.capability", fields->capability,
			   fields->capability_len);
	if (!put_octal(header.gid, sizeof(header.gid), fields->gid))
		add_number_record(&records, "gid", fields->gid);
	if (!put_link(&header, fields->link)) {
		put_shortened(header.link, sizeof(header.link), fields->link);
		add_record(&records, "linkpath", fields->link, strlen(fields->link));
	}
	/* a negative time is a huge number here and does not fit either */
	if (!put_octal(header.mtime, sizeof(header.mtime), (uint64_t)fields->mtime))
		add_number_record(&records, "mtime", fields->mtime);
	if (!put_path(&header, fields->path)) {
		put_shortened(header.name, sizeof(header.name), fields->path);
		add_record(&records, "path", fields->path, strlen(fields->path));
	}
	if (!put_octal(header.size, sizeof(header.size), fields->size))
		add_number_record(&records, "size", (int64_t)fields->size);
	if (!put_octal(header.uid, sizeof(header.uid), fields->uid))
		add_number_record(&records, "uid", fields->uid);
	(void)put_octal(header.mode, sizeof(header.mode), fields->mode);
	(void)put_octal(header.dev_major, sizeof(header.dev_major), fields->dev_major);
	(void)put_octal(header.dev_minor, sizeof(header.dev_minor), fields->dev_minor);
	if (records.len)
		add_pax_header(&records, out);
	finish_header(&header, out);
}

static bool reads_as_whiteout(const char *path)
{
	return text_has_prefix(path, TAR_WHITEOUT_PREFIX) ||
	       strstr(path, "/" TAR_WHITEOUT_PREFIX) != NULL;
}

static int check_entry(const struct fs_entry *entry, struct error *err)
{
	const unsigned char *capability = entry->capability;
	size_t len = entry->capability_len;

	if (reads_as_whiteout(entry->path))
		return error_set(err, ERROR_UNSUPPORTED,
				 "'%s' cannot be put into a layer: names with '.wh.' in front say "
				 "there that something was deleted",
				 entry->path);
	if (entry->type == FS_WHITEOUT && !*entry->path)
		return error_set(err, ERROR_USAGE, "the root of a layer cannot be deleted");
	if (!capability || !len)
		return 0;
	if ((len == CAPABILITY_V2_SIZE && capability[CAPABILITY_REVISION_BYTE] == 2) ||
	    (len == CAPABILITY_V1_SIZE && capability[CAPABILITY_REVISION_BYTE] == 1))
		return 0;
	return error_set(err, ERROR_UNSUPPORTED,
			 "'%s' has a file capability that belongs to one user namespace; a layer "
			 "cannot hold it",
			 entry->path);
}

static void set_path(const struct fs_entry *entry, struct buf *path)
{
	const char *name = path_base_name(entry->path);

	buf_clear(path);
	if (entry->type == FS_WHITEOUT) {
		buf_add(path, entry->path, (size_t)(name - entry->path));
		buf_add_text(path, TAR_WHITEOUT_PREFIX);
		buf_add_text(path, name);
		return;
	}
	buf_add_text(path, *entry->path ? entry->path : ".");
	if (entry->type == FS_DIR)
		buf_add_char(path, '/');
}

static char type_letter(enum fs_type type)
{
	switch (type) {
	case FS_HARDLINK:
		return '1';
	case FS_SYMLINK:
		return '2';
	case FS_CHAR_DEVICE:
		return '3';
	case FS_BLOCK_DEVICE:
		return '4';
	case FS_DIR:
		return '5';
	case FS_FIFO:
		return '6';
	case FS_FILE:
	case FS_WHITEOUT:
	case FS_SOCKET:
	default:
		return '0';
	}
}

int tar_write_header(const struct fs_entry *entry, struct buf *path, struct buf *header,
		     struct error *err)
{
	if (check_entry(entry, err) < 0)
		return -1;
	buf_clear(header);
	set_path(entry, path);
	struct tar_fields fields = { .path = path->data,
				     .type = type_letter(entry->type),
				     .link = "" };
	if (entry->type != FS_WHITEOUT) {
		fields.mode = entry->mode & 07777;
		fields.uid = entry->uid;
		fields.gid = entry->gid;
		fields.mtime = entry->mtime;
		fields.capability = entry->capability;
		fields.capability_len = entry->capability ? entry->capability_len : 0;
	}
	if (entry->type == FS_FILE)
		fields.size = entry->size;
	if (entry->type == FS_SYMLINK || entry->type == FS_HARDLINK)
		fields.link = entry->target;
	if (entry->type == FS_CHAR_DEVICE || entry->type == FS_BLOCK_DEVICE) {
		fields.dev_major = entry->dev_major;
		fields.dev_minor = entry->dev_minor;
	}
	add_headers(&fields, header);
	return 0;
}
