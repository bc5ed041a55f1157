/* SPDX-License-Identifier: Apache-2.0 */
#include "writer.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

void writer_release(struct writer *writer)
{
	buf_release(&writer->out);
}

void writer_flush(struct writer *writer)
{
	size_t done = 0;

	while (done < writer->out.len && !writer->is_gone) {
		ssize_t n = write(writer->fd, writer->out.data + done, writer->out.len - done);
		if (n >= 0) {
			done += (size_t)n;
		} else if (errno == EAGAIN) {
			struct pollfd ready = { .fd = writer->fd, .events = POLLOUT };
			(void)poll(&ready, 1, -1);
		} else if (errno != EINTR) {
			writer->is_gone = true;
		}
	}
	buf_clear(&writer->out);
}
