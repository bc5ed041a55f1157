/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a build prints, no control comes through, and the text is UTF-8 that stays as it is. */
#include "fuzz_target.h"
#include "log_text.h"

#include <assert.h>
#include <string.h>

static void check_line(void *context, const char *line, size_t len, bool is_cut)
{
	cleanup(buf_release) struct buf once = BUF_INIT;
	cleanup(buf_release) struct buf twice = BUF_INIT;

	(void)context;
	(void)is_cut;
	assert(len <= LOG_LINE_MAX && !memchr(line, '\n', len) && !memchr(line, '\r', len));
	log_text_add(&once, line, len);
	for (size_t i = 0; i < once.len; i++) {
		unsigned char c = (unsigned char)once.data[i];
		assert((c >= 0x20 && c != 0x7f) || c == '\t');
		/* U+0080 to U+009F */
		assert(c != 0xc2 || (unsigned char)once.data[i + 1] >= 0xa0);
	}
	log_text_add(&twice, once.data, once.len);
	assert(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(line_cutter_release) struct line_cutter cutter = LINE_CUTTER_INIT;
	size_t half = size / 2;

	line_cutter_add(&cutter, (const char *)data, half, check_line, NULL);
	line_cutter_add(&cutter, (const char *)data + half, size - half, check_line, NULL);
	line_cutter_flush(&cutter, check_line, NULL);
	return 0;
}
