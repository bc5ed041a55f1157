/* SPDX-License-Identifier: Apache-2.0 */
#include "host_file.h"
#include "result_files.h"

#include "../cmocka_head.h"
#include "build/build.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static char dir[] = "/tmp/cbuild-test-files.XXXXXX";

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static char *path_of(const char *name)
{
	static char paths[8][128];
	static unsigned next;
	char *host_path = paths[next++ % 8];

	(void)snprintf(host_path, sizeof(paths[0]), "%s/%s", dir, name);
	return host_path;
}

static void check_file(const char *host_path, const char *expected)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(host_file_read(host_path, 100000, &text, &err), 1);
	assert_string_equal(text.data, expected);
}

#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define TWOS "2222222222222222222222222222222222222222222222222222222222222222"

static struct build_result make_result(void)
{
	struct build_result result = BUILD_RESULT_INIT;

	result.has_image = true;
	memset(result.config_digest.bytes, 0x11, DIGEST_SIZE);
	memset(result.manifest_digest.bytes, 0x22, DIGEST_SIZE);
	result.manifest_size = 77;
	static char media_type[] = "m/t", platform[] = "linux/amd64";
	result.media_type = media_type;
	result.platform = platform;
	strv_add(&result.names, "reg.io:5000/a/b:v2");
	strv_add(&result.names, "docker.io/library/app:latest");
	return result;
}

static void digests_go_to_their_files(void **state)
{
	(void)state;
	struct build_result result = make_result();
	struct error err = ERROR_INIT;
	struct build_values values = { .iid_file = path_of("iid"),
				       .raw_iid_file = path_of("raw"),
				       .digest_file = path_of("digest"),
				       .name_digest_file = path_of("names"),
				       .name_tag_digest_file = path_of("tags") };

	assert_int_equal(result_files_write(&values, &result, &err), 0);
	check_file(values.iid_file, "sha256:" ONES);
	check_file(values.raw_iid_file, ONES);
	check_file(values.digest_file, "sha256:" TWOS);
	check_file(values.name_digest_file,
		   "reg.io:5000/a/b@sha256:" TWOS "\ndocker.io/library/app@sha256:" TWOS "\n");
	check_file(values.name_tag_digest_file, "reg.io:5000/a/b:v2@sha256:" TWOS
						"\ndocker.io/library/app:latest@sha256:" TWOS "\n");
	struct stat st;
	assert_int_equal(result_files_remove(&values, &err), 0);
	assert_int_equal(stat(values.iid_file, &st), -1);
	/* what is not there is fine */
	assert_int_equal(result_files_remove(&values, &err), 0);
	strv_release(&result.names);
}

static void an_error_names_the_file_that_was_asked_for(void **state)
{
	(void)state;
	struct build_result result = make_result();
	struct error err = ERROR_INIT;
	char path[] = "/proc/no-file-is-made-here";
	struct build_values values = { .iid_file = path };

	assert_int_equal(result_files_write(&values, &result, &err), -1);
	assert_non_null(strstr(err.text, "write '/proc/no-file-is-made-here'"));
	strv_release(&result.names);
}

static void metadata_has_buildxs_keys(void **state)
{
	(void)state;
	struct build_result result = make_result();
	static char title[] = "[1/1] RUN x";
	struct build_step step = {
		.title = title, .is_cached = true, .milliseconds = 1500, .layer_size = 10
	};
	result.steps = &step;
	result.n_steps = 1;
	cleanup(value_free) json_t *document = result_metadata(&result);
	cleanup(buf_release) struct buf text = BUF_INIT;

	value_write(document, 0, &text);
	assert_string_equal(
		text.data,
		"{\"cbuild.steps\":[{\"name\":\"[1/1] RUN x\",\"cached\":true,\"milliseconds\":1500,"
		"\"bytes\":10,\"members\":0}],\"containerimage.config.digest\":\"sha256:" ONES "\","
		"\"containerimage.descriptor\":{\"mediaType\":\"m/t\",\"digest\":\"sha256:" TWOS
		"\",\"size\":77,\"platform\":{\"architecture\":\"amd64\",\"os\":\"linux\"}},"
		"\"containerimage.digest\":\"sha256:" TWOS "\","
		"\"image.name\":\"reg.io:5000/a/b:v2,docker.io/library/app:latest\"}");
	strv_release(&result.names);
}

static void a_pipe_is_written_into(void **state)
{
	(void)state;
	struct error err = ERROR_INIT;
	int fds[2];
	char host_path[64], text[8] = "";

	assert_int_equal(pipe(fds), 0);
	(void)snprintf(host_path, sizeof(host_path), "/proc/self/fd/%d", fds[1]);
	assert_int_equal(host_file_write(host_path, "abc", 3, &err), 0);
	assert_int_equal(host_file_remove(host_path, &err), 0);
	assert_int_equal(read(fds[0], text, sizeof(text)), 3);
	assert_string_equal(text, "abc");
	close(fds[0]);
	close(fds[1]);
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_go_to_their_files),
		cmocka_unit_test(an_error_names_the_file_that_was_asked_for),
		cmocka_unit_test(metadata_has_buildxs_keys),
		cmocka_unit_test(a_pipe_is_written_into),
	};
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
