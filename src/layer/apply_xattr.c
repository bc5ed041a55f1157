/* SPDX-License-Identifier: Apache-2.0 */
#include "apply_xattr.h"

#include "base/fs_record.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/xattr.h>

/* Whoever could write these would write the store's own book-keeping. */
static const char *const refused_prefixes[] = { "trusted.overlay.", "user.overlay.",
						"user.cbuild." };

static const char CAPABILITY[] = "security.capability";

static int check(const struct tar_xattr *xattr, struct error *err)
{
	const unsigned char *value = xattr->value;

	for (size_t i = 0; i < countof(refused_prefixes); i++)
		if (text_has_prefix(xattr->name, refused_prefixes[i]))
			return error_set(err, ERROR_CORRUPT,
					 "extended attribute '%.300s' is not allowed in a layer",
					 xattr->name);
	/* version 3 belongs to one user namespace; byte 3 of the value is the version */
	if (strcmp(xattr->name, CAPABILITY) == 0 && !(xattr->len == 12 && value[3] == 1) &&
	    !(xattr->len == 20 && value[3] == 2))
		return error_set(err, ERROR_CORRUPT,
				 "file capability is not of version 1 or 2 (%zu bytes)",
				 xattr->len);
	return 0;
}

static int record_capability(const struct tar_xattr *xattr, int fd, struct error *err)
{
	struct fs_record record;

	if (fs_record_read(fd, NULL, &record, err) <= 0)
		return error_wrap(err, "capability");
	memcpy(record.capability, xattr->value, xattr->len); /* 20 bytes at most */
	record.capability_len = xattr->len;
	return fs_record_write(fd, &record, err);
}

static int set(const struct tar_xattr *xattr, int fd, bool is_file, bool has_records,
	       struct error *err)
{
	bool is_capability = strcmp(xattr->name, CAPABILITY) == 0;

	if (is_capability ? !is_file : !text_has_prefix(xattr->name, "user."))
		return 0;
	if (is_capability && has_records)
		return record_capability(xattr, fd, err);
	if (fsetxattr(fd, xattr->name, xattr->value, xattr->len, 0) == 0)
		return 0;
	/* no layer needs user attributes, and not every file system has them */
	if (!is_capability && (errno == ENOTSUP || errno == ENOSPC || errno == E2BIG))
		return 0;
	return error_sys(err, "set extended attribute '%.300s'", xattr->name);
}

int apply_xattrs(struct tar_reader *reader, int fd, bool is_file, bool has_records,
		 struct error *err)
{
	struct tar_xattr xattr;

	for (;;) {
		int found = tar_reader_xattr(reader, &xattr, err);
		if (found <= 0)
			return found;
		if (check(&xattr, err) < 0)
			return -1;
		if (fd >= 0 && set(&xattr, fd, is_file, has_records, err) < 0)
			return -1;
	}
}
