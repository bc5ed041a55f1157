/* SPDX-License-Identifier: Apache-2.0 */
#include "store/blob.h"

#include "state.h"

#include "base/alloc.h"
#include "base/dir.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { READ_SIZE = 64 * 1024 };

int blob_open(const struct store *store, const struct digest *digest, int *ret_fd,
	      struct error *err)
{
	struct digest_text name = digest_hex(digest);
	int fd = openat(store->blobs_fd, name.text, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_sys(err, "open blob %s", name.text);
	*ret_fd = fd;
	return 1;
}

int blob_find(const struct store *store, const struct digest *digest, uint64_t *ret_size,
	      struct error *err)
{
	struct digest_text name = digest_hex(digest);
	struct stat st;

	if (fstatat(store->blobs_fd, name.text, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : error_sys(err, "blob %s", name.text);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_CORRUPT, "blob %s is no regular file", name.text);
	if (ret_size)
		*ret_size = (uint64_t)st.st_size;
	return 1;
}

static int remove_corrupt(const struct store *store, const struct digest *digest, struct error *err)
{
	struct digest_text name = digest_hex(digest);

	(void)unlinkat(store->blobs_fd, name.text, 0);
	return error_set(err, ERROR_CORRUPT,
			 "blob %s in the store is not what its name says; it was removed",
			 digest_format(digest).text);
}

int blob_read(const struct store *store, const struct digest *digest, size_t max, struct buf *buf,
	      struct error *err)
{
	size_t start = buf->len;
	autoclose int fd = -1;

	int found = blob_open(store, digest, &fd, err);
	if (found <= 0)
		return found;
	if (fs_read_fd(fd, max, digest_format(digest).text, buf, err) < 0)
		return -1;
	struct digest actual = digest_of(buf->data + start, buf->len - start);
	if (!digest_equal(&actual, digest)) {
		buf_truncate(buf, start);
		return remove_corrupt(store, digest, err);
	}
	return 1;
}

int blob_remove(struct store *store, const struct digest *digest, struct error *err)
{
	struct digest_text name = digest_hex(digest);

	if (unlinkat(store->blobs_fd, name.text, 0) < 0 && errno != ENOENT)
		return error_sys(err, "remove blob %s", name.text);
	return 0;
}

/* False for what is not named as a blob (the unfinished files of other tools). */
static bool parse_name(const char *name, struct digest *ret_digest)
{
	struct error err = ERROR_INIT;
	autofree char *text = xasprintf("sha256:%s", name);

	return strlen(name) == DIGEST_HEX_LEN && digest_parse(text, ret_digest, &err) == 0;
}

int blob_list(const struct store *store, blob_visitor *visit, void *context, struct error *err)
{
	cleanup(dir_reader_close) struct dir_reader reader = { .fd = -1 };
	const char *name = NULL;
	unsigned char type = 0;
	int more;

	if (dir_reader_open(store->blobs_fd, &reader, err) < 0)
		return -1;
	while ((more = dir_reader_next(&reader, &name, &type, err)) > 0) {
		struct digest digest;
		uint64_t size = 0;
		if (!parse_name(name, &digest))
			continue;
		int found = blob_find(store, &digest, &size, err);
		if (found < 0 || (found && visit(context, &digest, size, err) < 0))
			return -1;
	}
	return more;
}

int blob_verify(const struct store *store, const struct digest *digest, struct error *err)
{
	cleanup(hasher_release) struct hasher hasher = HASHER_INIT;
	unsigned char bytes[READ_SIZE];
	autoclose int fd = -1;
	size_t len = 0;

	int found = blob_open(store, digest, &fd, err);
	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERROR_NOT_FOUND, "blob %s is not in the store",
				 digest_format(digest).text);
	hasher_start(&hasher);
	do {
		if (fs_read_full(fd, bytes, sizeof(bytes), &len, err) < 0)
			return error_wrap(err, "blob %s", digest_format(digest).text);
		hasher_add(&hasher, bytes, len);
	} while (len);
	struct digest actual = hasher_finish(&hasher);
	return digest_equal(&actual, digest);
}

/* After a sync that did not work the bytes are lost, whatever a second sync would say. */
static int sync_one(struct store *store, const struct digest *digest, struct error *err)
{
	autoclose int fd = -1;

	int found = blob_open(store, digest, &fd, err);
	if (found <= 0)
		return found;
	if (fdatasync(fd) < 0) {
		(void)error_sys(err, "sync blob %s", digest_format(digest).text);
		(void)unlinkat(store->blobs_fd, digest_hex(digest).text, 0);
		return -1;
	}
	return 0;
}

int blob_sync_all(struct store *store, const struct digest *digests, size_t n, struct error *err)
{
	if (!n)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (sync_one(store, &digests[i], err) < 0)
			return -1;
	if (fsync(store->blobs_fd) < 0)
		return error_sys(err, "sync 'blobs/sha256'");
	return 0;
}
