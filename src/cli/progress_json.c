/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"
#include "writer.h"

#include "base/alloc.h"

struct progress_json {
	struct writer writer;
};

struct progress_json *progress_json_new(int fd)
{
	struct progress_json *progress = xcalloc(1, sizeof(*progress));

	progress->writer = (struct writer)WRITER_INIT(fd);
	return progress;
}

void progress_json_free(struct progress_json *progress)
{
	if (!progress)
		return;
	writer_release(&progress->writer);
	free(progress);
}

static void emit(void *context, const struct event *event)
{
	struct progress_json *progress = context;
	cleanup(value_free) json_t *value = event_dump(event);

	value_write(value, 0, &progress->writer.out);
	buf_add_char(&progress->writer.out, '\n');
	writer_flush(&progress->writer);
}

struct event_sink progress_json_sink(struct progress_json *progress)
{
	return (struct event_sink){ .emit = emit, .context = progress };
}
