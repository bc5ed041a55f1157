/* SPDX-License-Identifier: Apache-2.0 */
#include "lease.h"

#include "base/dir.h"
#include "base/fs.h"
#include "base/lock.h"
#include "base/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum {
	PIN_SIZE = 1 + DIGEST_HEX_LEN, /* a line feed first: what a torn one left ends there */
	PINS_SIZE_MAX = 256 * 1024 * 1024,
	MODE_UNSAID = 0700 /* of a lease whose pins are not all in it */
};

int lease_pin(const struct lease *lease, const struct digest *digests, size_t n, struct error *err)
{
	cleanup(buf_release) struct buf lines = BUF_INIT;

	for (size_t i = 0; i < n; i++)
		buf_printf(&lines, "\n%s", digest_hex(&digests[i]).text);
	/* appended at once: others of this build write here as well */
	ssize_t written = write(lease->fd, lines.data, lines.len);
	if (written == (ssize_t)lines.len)
		return 0;
	if (written < 0 && errno != ENOSPC && errno != EDQUOT)
		return error_sys(err, "write into lease '%s'", lease->name);
	/* a full disk fails no cached build; that it says so needs no room */
	trace("store", "the lease %s has no room for its pins", lease->name);
	if (fchmod(lease->fd, MODE_UNSAID) < 0)
		return error_sys(err, "mode of lease '%s'", lease->name);
	return 0;
}

static void add_pins(const struct buf *text, struct map *pins)
{
	const char *at = text->data, *end = text->data + text->len;

	while (at < end) {
		char hex[DIGEST_HEX_LEN + 1] = "";
		size_t len = strcspn(at, "\n");
		if (len == DIGEST_HEX_LEN) {
			memcpy(hex, at, len);
			(void)map_set(pins, hex, pins);
		}
		at += len + 1;
	}
}

/* 1/0/-1 as for all of them; a dead one is none. */
static int read_one(const struct lease *lease, const char *name, struct map *pins,
		    struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	autoclose int lock = -1;
	struct stat st;

	int is_dead = lock_try(lease->all_fd, name, LOCK_EXCLUSIVE, &lock, err);
	if (is_dead)
		return is_dead;
	if (fstatat(lease->all_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 1 : error_sys(err, "lease '%s'", name);
	int found = fs_read_whole(lease->all_fd, name, PINS_SIZE_MAX, name, &text, err);
	if (found < 0)
		return error_wrap(err, "lease");
	add_pins(&text, pins);
	return (st.st_mode & 07777) != MODE_UNSAID;
}

int lease_read_pins(const struct lease *lease, struct map *pins, struct error *err)
{
	cleanup(dir_reader_close) struct dir_reader reader = { .fd = -1 };
	const char *name = NULL;
	unsigned char type = 0;
	int more;

	if (dir_reader_open(lease->all_fd, &reader, err) < 0)
		return -1;
	while ((more = dir_reader_next(&reader, &name, &type, err)) > 0) {
		if (strcmp(name, lease->name) == 0)
			continue;
		int said = read_one(lease, name, pins, err);
		if (said <= 0)
			return said;
	}
	return more < 0 ? -1 : 1;
}
