/* SPDX-License-Identifier: Apache-2.0 */
#include "decode_child.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_SIZE = 256 * 1024 };

static la_ssize_t read_input(struct archive *archive, void *context, const void **ret_data)
{
	(void)archive;
	*ret_data = context;
	return decode_read(context, BUFFER_SIZE);
}

static bool prepare(struct archive *archive, enum decode_format format)
{
	int answer = format == DECODE_BZIP2 ? archive_read_support_filter_bzip2(archive)
					    : archive_read_support_filter_xz(archive);

	/* ARCHIVE_WARN: this libarchive would run a program for it */
	return answer == ARCHIVE_OK && archive_read_support_format_raw(archive) == ARCHIVE_OK &&
	       archive_read_support_format_empty(archive) == ARCHIVE_OK;
}

static enum decode_status status_of(struct archive *archive)
{
	const char *text = archive_error_string(archive);

	if (text && strstr(text, "truncated"))
		return DECODE_TRUNCATED;
	if (text && strstr(text, "memory"))
		return DECODE_TOO_LARGE;
	return DECODE_CORRUPT;
}

enum decode_status decode_archive(enum decode_format format)
{
	struct archive *archive = archive_read_new();
	void *buffer = malloc(BUFFER_SIZE);
	struct archive_entry *entry = NULL;

	if (!archive || !buffer || !prepare(archive, format))
		return DECODE_NO_MEMORY;
	if (!decode_confine(true))
		return DECODE_NOT_CONFINED;
	if (archive_read_open(archive, buffer, NULL, read_input, NULL) != ARCHIVE_OK)
		return status_of(archive);
	int answer = archive_read_next_header(archive, &entry);
	if (answer == ARCHIVE_EOF)
		return DECODE_DONE;
	while (answer == ARCHIVE_OK) {
		const void *data = NULL;
		size_t len = 0;
		la_int64_t offset = 0;
		answer = archive_read_data_block(archive, &data, &len, &offset);
		if (answer == ARCHIVE_OK && !decode_write(data, len))
			return DECODE_WRITE_FAILED;
	}
	return answer == ARCHIVE_EOF ? DECODE_DONE : status_of(archive);
}
