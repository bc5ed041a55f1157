/* SPDX-License-Identifier: Apache-2.0 */
#include "sink.h"

#include "base/fs.h"

#include <errno.h>
#include <sys/stat.h>

int sink_init(struct sink *sink, int fd, const struct digest *digest, uint64_t size,
	      struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(err, "look at where the blob goes");
	sink->fd = fd;
	sink->is_file = S_ISREG(st.st_mode);
	sink->digest = *digest;
	sink->size = size;
	sink->start = sink->is_file ? lseek(fd, 0, SEEK_CUR) : 0;
	if (sink->start < 0)
		return error_sys(err, "look at where the blob goes");
	if (!sink->is_file && fcntl(fd, F_SETFL, O_WRONLY | O_NONBLOCK) < 0)
		return error_sys(err, "make where the blob goes non-blocking");
	hasher_start(&sink->hasher);
	return 0;
}

int sink_skip(struct sink *sink, uint64_t have, struct error *err)
{
	struct stat st;

	if (!sink->is_file || have >= sink->size || fstat(sink->fd, &st) < 0 ||
	    (uint64_t)st.st_size != have)
		return error_set(err, ERROR_USAGE, "what is there is no beginning of the blob");
	if (lseek(sink->fd, 0, SEEK_END) < 0)
		return error_sys(err, "go on with the blob");
	sink->start = 0;
	sink->taken = have;
	sink->is_resumed = true;
	return 0;
}

void sink_release(struct sink *sink)
{
	hasher_release(&sink->hasher);
}

static void note_written(struct sink *sink, const void *data, size_t len)
{
	hasher_add(&sink->hasher, data, len);
	sink->taken += len;
}

int sink_take(struct sink *sink, const void *data, size_t len, struct error *err)
{
	const char *at = data;
	size_t known = len < sink->ahead ? len : sink->ahead;
	size_t left = len - known;

	at += known;
	if (left > sink->size - sink->taken)
		return error_set(err, ERROR_CORRUPT, "more came than the %llu bytes it should have",
				 (unsigned long long)sink->size);
	while (left) {
		ssize_t n = write(sink->fd, at, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			/* the whole is offered again, with what was written just now */
			sink->ahead = len - left;
			return 1;
		}
		if (n < 0)
			return error_sys(err, "write the blob");
		note_written(sink, at, (size_t)n);
		at += n;
		left -= (size_t)n;
	}
	sink->ahead -= known;
	return 0;
}

int sink_finish(struct sink *sink, struct error *err)
{
	if (sink->taken != sink->size)
		return error_set(err, ERROR_CORRUPT,
				 "%llu bytes came instead of the %llu it should have",
				 (unsigned long long)sink->taken, (unsigned long long)sink->size);
	if (sink->is_resumed)
		return 0;
	struct digest digest = hasher_finish(&sink->hasher);
	if (!digest_equal(&digest, &sink->digest))
		return error_set(err, ERROR_CORRUPT, "what came has the digest %s",
				 digest_format(&digest).text);
	return 0;
}

int sink_restart(struct sink *sink, struct error *err)
{
	if (!sink->is_file)
		return 0;
	if (ftruncate(sink->fd, sink->start) < 0 || lseek(sink->fd, sink->start, SEEK_SET) < 0)
		return error_sys(err, "start the blob over");
	sink->taken = 0;
	sink->is_resumed = false;
	sink->ahead = 0;
	hasher_start(&sink->hasher);
	return 1;
}
