/* SPDX-License-Identifier: Apache-2.0 */
#include "output_option.h"

#include "../cmocka_head.h"

#include <string.h>

static struct build_request make_request(void)
{
	struct build_request request = { .signal_fd = -1,
					 .compression = { .kind = LAYER_GZIP, .level = -1 } };

	strv_add(&request.tags, "docker.io/library/app:v1");
	return request;
}

static const struct output_request *add(struct build_request *request, const char *text)
{
	struct strv lines = STRV_INIT;
	struct error err = ERROR_INIT;
	int result = output_option_add(request, text, &lines, &err);

	assert_string_equal(err.text, "");
	assert_int_equal(result, 0);
	strv_release(&lines);
	return &request->outputs[request->n_outputs - 1];
}

static void a_path_is_a_directory_and_a_dash_a_tar(void **state)
{
	(void)state;
	cleanup(build_request_release) struct build_request request = make_request();

	const struct output_request *output = add(&request, "out/dir");
	assert_int_equal(output->type, OUTPUT_LOCAL);
	assert_string_equal(output->dest, "out/dir");
	assert_int_equal(output->names.len, 0);
	output = add(&request, "-");
	assert_int_equal(output->type, OUTPUT_TAR);
	assert_string_equal(output->dest, "-");
	assert_int_equal(request.n_outputs, 2);
}

static void without_dest_an_archive_is_stdouts_and_dockers_is_loaded(void **state)
{
	(void)state;
	cleanup(build_request_release) struct build_request request = make_request();
	struct strv lines = STRV_INIT;
	struct error err = ERROR_INIT;

	assert_string_equal(add(&request, "type=tar")->dest, "-");
	assert_string_equal(add(&request, "type=oci")->dest, "-");
	assert_false(request.load);
	assert_int_equal(output_option_add(&request, "type=docker", &lines, &err), 0);
	assert_true(request.load);
	assert_int_equal(request.n_outputs, 2);
	strv_release(&lines);
}

static void attributes_are_read(void **state)
{
	(void)state;
	cleanup(build_request_release) struct build_request request = make_request();

	const struct output_request *output = add(
		&request, "TYPE=oci,dest=a=b.tar,\"name=x,reg.io/y:z\",compression=zstd,"
			  "compression-level=19,force-compression,oci-mediatypes=false,tar=false,"
			  "rewrite-timestamp=true,source-date-epoch=7,annotation.a.B=c,"
			  "annotation-index.k=v,annotation-manifest[linux/arm64].q=w");
	assert_int_equal(output->type, OUTPUT_OCI);
	assert_string_equal(output->dest, "a=b.tar");
	assert_int_equal(output->names.len, 2);
	assert_string_equal(output->names.items[0], "docker.io/library/x:latest");
	assert_string_equal(output->names.items[1], "reg.io/y:z");
	assert_int_equal(output->compression.kind, LAYER_ZSTD);
	assert_int_equal(output->compression.level, 19);
	assert_true(output->compression.is_forced);
	assert_int_equal(output->format, IMAGE_FORMAT_DOCKER);
	assert_true(output->is_directory);
	assert_true(output->rewrites_times);
	assert_true(output->has_epoch);
	assert_int_equal(output->epoch, 7);
	assert_string_equal(output->annotations.items[0], "manifest:a.B=c");
	assert_string_equal(output->annotations.items[1], "index:k=v");
	assert_string_equal(output->annotations.items[2], "manifest[linux/arm64]:q=w");
}

static void what_is_left_out_comes_from_the_request(void **state)
{
	(void)state;
	cleanup(build_request_release) struct build_request request = make_request();
	request.compression = (struct compression_request){ LAYER_ZSTD, 3, true };
	request.has_epoch = true;
	request.epoch = 11;
	request.rewrites_times = true;

	const struct output_request *output = add(&request, "type=registry");
	assert_int_equal(output->type, OUTPUT_IMAGE);
	assert_true(output->push);
	assert_string_equal(output->names.items[0], "docker.io/library/app:v1");
	assert_int_equal(output->compression.kind, LAYER_ZSTD);
	assert_int_equal(output->compression.level, 3);
	assert_true(output->rewrites_times);
	assert_int_equal(output->epoch, 11);
	/* a level belongs to its kind */
	output = add(&request, "type=image,compression=gzip,source-date-epoch=");
	assert_int_equal(output->compression.level, -1);
	assert_false(output->has_epoch);
}

static void check_refused(const char *text, const char *part)
{
	cleanup(build_request_release) struct build_request request = make_request();
	struct strv lines = STRV_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(output_option_add(&request, text, &lines, &err), -1);
	assert_int_equal(err.code, ERROR_USAGE);
	if (!strstr(err.text, part))
		fail_msg("'%s' is not in '%s'", part, err.text);
	assert_int_equal(request.n_outputs, 0);
	strv_release(&lines);
}

static void what_cannot_be_is_refused(void **state)
{
	(void)state;
	check_refused("dest=x", "type is missing");
	check_refused("type=local", "dest is missing");
	check_refused("type=oci,tar=false", "dest is missing");
	check_refused("type=docker,name=x", "-t names");
	check_refused("type=image,dest=x", "has no dest");
	check_refused("type=local,dest=-", "cannot go to stdout");
	check_refused("type=oci,tar=false,dest=-", "cannot go to stdout");
	check_refused("type=zip,dest=x", "is none of");
	check_refused("type=oci,dest=x,pash=true", "did you mean 'push'");
	check_refused("type=oci,dest=x,push=maybe", "push");
	check_refused("type=oci,dest=x,compression=estargz", "not supported yet");
	check_refused("type=oci,dest=x,compression-level=10", "0 to 9");
	check_refused("type=oci,dest=x,compression=uncompressed,compression-level=1", "0 to 0");
	check_refused("type=oci,dest=x,name=UPPER", "invalid tag 'UPPER'");
	check_refused("type=image,oci-artifact=true", "not supported yet");
	check_refused("type=local,dest=x,mode=delete", "not supported yet");
	check_refused("type=local,dest=x,push=true", "no registry");
	check_refused("type=oci,dest=x,annotation.=v", "annotation");
	check_refused("type=oci,dest=x,annotationx.k=v", "unknown key");
	check_refused("", "dest is empty");
}

static void unpack_says_a_line(void **state)
{
	(void)state;
	cleanup(build_request_release) struct build_request request = make_request();
	cleanup(strv_release) struct strv lines = STRV_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(output_option_add(&request, "type=image,unpack=false", &lines, &err), 0);
	assert_int_equal(lines.len, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_a_directory_and_a_dash_a_tar),
		cmocka_unit_test(without_dest_an_archive_is_stdouts_and_dockers_is_loaded),
		cmocka_unit_test(attributes_are_read),
		cmocka_unit_test(what_is_left_out_comes_from_the_request),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(unpack_says_a_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
