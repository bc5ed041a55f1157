/* SPDX-License-Identifier: Apache-2.0 */
#include "compress.h"
#include "decode.h"
#include "decode_child.h"
#include "tar_builder.h"

#include "../cmocka_head.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "layer/unpack.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <zlib.h>
#include <zstd.h>

static void add_packed(struct buf *blob, enum layer_compression compression, const void *data,
		       size_t len)
{
	cleanup(compressor_free) struct compressor *compressor = compressor_new(compression, 1);
	cleanup(buf_release) struct buf out = BUF_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(compressor_run(compressor, data, len, &out, &err), 0);
	buf_add(blob, out.data, out.len);
}

/* What comes out, as text; and what is said about it. */
static int decode(const struct buf *blob, struct buf *plain, struct error *err)
{
	int in = file_of(blob->data, blob->len), out = file_of(NULL, 0);
	struct digest digest;

	*err = (struct error)ERROR_INIT;
	int result = layer_decompress(in, out, &digest, err);
	buf_clear(plain);
	assert_return_code(lseek(out, 0, SEEK_SET), errno);
	struct error read_err;
	assert_int_equal(fs_read_fd(out, 1 << 30, "output", plain, &read_err), 0);
	if (result == 0) {
		struct digest expected = digest_of(plain->data, plain->len);
		assert_true(digest_equal(&digest, &expected));
	}
	close(in);
	close(out);
	return result;
}

static void assert_decodes(const struct buf *blob, const struct buf *expected)
{
	cleanup(buf_release) struct buf plain = BUF_INIT;
	struct error err;

	if (decode(blob, &plain, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(plain.len, expected->len);
	assert_memory_equal(plain.data, expected->data, expected->len);
}

static void assert_fails(const struct buf *blob, const char *text)
{
	cleanup(buf_release) struct buf plain = BUF_INIT;
	struct error err;

	assert_int_equal(decode(blob, &plain, &err), -1);
	assert_int_equal(err.code, ERROR_CORRUPT);
	if (!strstr(err.text, text))
		fail_msg("'%s' is not in '%s'", text, err.text);
}

static const enum layer_compression compressions[] = { LAYER_GZIP, LAYER_ZSTD };

static void joins_members(void **state)
{
	(void)state;
	for (size_t c = 0; c < countof(compressions); c++) {
		cleanup(buf_release) struct buf blob = BUF_INIT, expected = BUF_INIT;
		/* small, empty, too large to be undone at once, and small again */
		static const size_t sizes[] = { 10, 100000, 0, 700000, 5000000, 1, 0, 1048576, 3 };
		for (size_t i = 0; i < countof(sizes); i++) {
			autofree char *data = xmalloc(sizes[i] + 1);
			for (size_t j = 0; j < sizes[i]; j++)
				data[j] = (char)(j * j >> 7);
			add_packed(&blob, compressions[c], data, sizes[i]);
			buf_add(&expected, data, sizes[i]);
		}
		assert_decodes(&blob, &expected);
	}
}

/* As gzip(1) and Go write it: a name in the header, one member of any size. */
static void undoes_what_other_tools_make(void **state)
{
	cleanup(buf_release) struct buf blob = BUF_INIT, expected = BUF_INIT;
	z_stream zlib = { 0 };
	gz_header header = { .name = (unsigned char *)(uintptr_t) "layer.tar", .hcrc = 1 };

	(void)state;
	for (int i = 0; i < 3000000; i++)
		buf_add_char(&expected, (char)((unsigned)i * 2654435761U >> 25));
	assert_int_equal(deflateInit2(&zlib, 6, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
	assert_int_equal(deflateSetHeader(&zlib, &header), Z_OK);
	buf_reserve(&blob, deflateBound(&zlib, expected.len));
	zlib.next_in = (unsigned char *)expected.data;
	zlib.avail_in = (unsigned)expected.len;
	zlib.next_out = (unsigned char *)blob.data;
	zlib.avail_out = (unsigned)blob.size;
	assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
	blob.len = zlib.total_out;
	deflateEnd(&zlib);
	assert_decodes(&blob, &expected);
}

static void notices_missing_bytes(void **state)
{
	static const size_t sizes[] = { 1000, 5000000 };

	(void)state;
	for (size_t c = 0; c < countof(compressions); c++) {
		for (size_t i = 0; i < countof(sizes); i++) {
			cleanup(buf_release) struct buf blob = BUF_INIT;
			autofree char *data = xmalloc(sizes[i]);
			for (size_t j = 0; j < sizes[i]; j++)
				data[j] = (char)(j * j >> 9);
			add_packed(&blob, compressions[c], "first", 5);
			add_packed(&blob, compressions[c], data, sizes[i]);
			size_t len = blob.len;
			for (size_t cut = 1; cut < len - 60; cut = cut * 3 + 1) {
				buf_truncate(&blob, len - cut);
				assert_fails(&blob, "ends too early");
			}
		}
	}
}

static void notices_wrong_bytes(void **state)
{
	(void)state;
	for (size_t c = 0; c < countof(compressions); c++) {
		cleanup(buf_release) struct buf blob = BUF_INIT;
		char data[5000];
		for (size_t j = 0; j < sizeof(data); j++)
			data[j] = (char)(j * j >> 5);
		add_packed(&blob, compressions[c], data, sizeof(data));
		/* zstd frames of ours have no checksum: only what breaks the format shows */
		size_t at = compressions[c] == LAYER_ZSTD ? 4 : 14;
		for (size_t i = at; i < at + 8; i++)
			blob.data[i] = (char)~blob.data[i];
		assert_fails(&blob, "damaged");
	}
}

static void notices_what_follows(void **state)
{
	(void)state;
	for (size_t c = 0; c < countof(compressions); c++) {
		cleanup(buf_release) struct buf blob = BUF_INIT, expected = BUF_INIT;
		buf_add_text(&expected, "content");
		add_packed(&blob, compressions[c], "content", 7);
		size_t len = blob.len;
		buf_add_text(&blob, "garbage");
		assert_fails(&blob, "followed by something else");
		buf_truncate(&blob, len);
		buf_add(&blob, "\0\0\0\0\0x", 6);
		assert_fails(&blob, "followed by something else");
	}
	/* gzip data that is filled up with zeros is taken as gzip(1) takes it */
	cleanup(buf_release) struct buf blob = BUF_INIT, expected = BUF_INIT;
	buf_add_text(&expected, "content");
	add_packed(&blob, LAYER_GZIP, "content", 7);
	for (int i = 0; i < 5000; i++)
		buf_add_char(&blob, '\0');
	assert_decodes(&blob, &expected);
}

static void passes_over_skippable_frames(void **state)
{
	cleanup(buf_release) struct buf blob = BUF_INIT, expected = BUF_INIT;

	(void)state;
	buf_add_text(&expected, "content");
	buf_add(&blob, "\x5f\x2a\x4d\x18\x05\0\0\0skip!", 13);
	add_packed(&blob, LAYER_ZSTD, "content", 7);
	buf_add(&blob, "\x50\x2a\x4d\x18\x03\0\0\0end", 11);
	assert_decodes(&blob, &expected);
}

/* T-08 */
static void refuses_huge_windows(void **state)
{
	cleanup(buf_release) struct buf blob = BUF_INIT;

	(void)state;
	/* a frame of unknown size with a window of 2 GiB, then one empty last block */
	buf_add(&blob, "\x28\xb5\x2f\xfd\0\xa8\x01\0\0", 9);
	assert_fails(&blob, "window");
	/* 128 MiB is fine */
	cleanup(buf_release) struct buf nothing = BUF_INIT;
	blob.data[5] = (char)0x88;
	assert_decodes(&blob, &nothing);
}

static int status_of(void (*act)(void))
{
	pid_t pid = fork();
	int status = 0;

	assert_return_code(pid, errno);
	if (!pid) {
		act();
		decode_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void open_confined(void)
{
	if (decode_confine(false))
		(void)open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static void map_confined(void)
{
	if (decode_confine(false))
		(void)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void open_with_memory(void)
{
	if (decode_confine(true))
		(void)open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static void socket_with_memory(void)
{
	if (decode_confine(true))
		(void)socket(AF_INET, SOCK_STREAM, 0);
}

static void execute_with_memory(void)
{
	if (decode_confine(true))
		(void)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void map_much(void)
{
	if (!decode_confine(true))
		decode_exit(1);
	void *small = mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *large = mmap(NULL, 1 << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	decode_exit(small != MAP_FAILED && large == MAP_FAILED ? 7 : 2);
}

static void write_confined(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (!decode_confine(false) || write(fd, "x", 1) != 1)
		decode_exit(1);
	decode_exit(7);
}

/* T-13 */
static void can_do_nothing_but_read_write_and_end(void **state)
{
	static void (*const forbidden[])(void) = { open_confined, map_confined, open_with_memory,
						   socket_with_memory, execute_with_memory };

	(void)state;
	for (size_t i = 0; i < countof(forbidden); i++) {
		int status = status_of(forbidden[i]);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGSYS);
	}
	assert_int_equal(WEXITSTATUS(status_of(write_confined)), 7);
	assert_int_equal(WEXITSTATUS(status_of(map_much)), 7);
}

/* T-13: a decoder that dies in the middle is an error, whatever it wrote before. */
static void tells_how_the_decoder_died(void **state)
{
	static const int signals[] = { SIGKILL, SIGSEGV, SIGSYS, SIGABRT };
	cleanup(buf_release) struct buf blob = BUF_INIT;
	struct decoder decoder = DECODER_INIT;
	struct error err = ERROR_INIT;
	int ends[2];

	(void)state;
	add_packed(&blob, LAYER_ZSTD, "content", 7);
	for (size_t i = 0; i < countof(signals); i++) {
		char plain[8], expected[32];
		/* cmocka's handler would run in the decoder, and not get far there */
		void (*handler)(int) = signal(signals[i], SIG_DFL);
		assert_return_code(pipe(ends), errno);
		assert_int_equal(decoder_start(ends[0], DECODE_ZSTD, &decoder, &err), 0);
		/* one member is through, and the next has begun */
		assert_int_equal(write(ends[1], blob.data, blob.len), blob.len);
		assert_int_equal(write(ends[1], blob.data, 5), 5);
		assert_int_equal(read(decoder.fd, plain, 7), 7);
		assert_memory_equal(plain, "content", 7);
		assert_return_code(kill(decoder.pid, signals[i]), errno);
		err = (struct error)ERROR_INIT;
		assert_int_equal(decoder_finish(&decoder, &err), -1);
		(void)snprintf(expected, sizeof(expected), "signal %d", signals[i]);
		if (!strstr(err.text, expected))
			fail_msg("%s instead of %s", err.text, expected);
		(void)signal(signals[i], handler);
		decoder_release(&decoder);
		close(ends[0]);
		close(ends[1]);
	}
	/* one that is given up leaves no process behind */
	assert_return_code(pipe(ends), errno);
	assert_int_equal(decoder_start(ends[0], DECODE_GZIP, &decoder, &err), 0);
	pid_t pid = decoder.pid;
	decoder_release(&decoder);
	assert_int_equal(kill(pid, 0), -1);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joins_members),
		cmocka_unit_test(undoes_what_other_tools_make),
		cmocka_unit_test(notices_missing_bytes),
		cmocka_unit_test(notices_wrong_bytes),
		cmocka_unit_test(notices_what_follows),
		cmocka_unit_test(passes_over_skippable_frames),
		cmocka_unit_test(refuses_huge_windows),
		cmocka_unit_test(can_do_nothing_but_read_write_and_end),
		cmocka_unit_test(tells_how_the_decoder_died),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
