/* SPDX-License-Identifier: Apache-2.0 */
/* Decoders and encoders over testdata/oci/<kind>/<case>/{in.json, out.json | error, media_type}. */
/* rules: 13-max-documents 13-max-layers */
#include "../cmocka_head.h"
#include "base/fs.h"
#include "oci/config.h"
#include "oci/manifest.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static const char CHAIN_OF_A_B[] =
	"sha256:51c0c8ace48498d6f5fee6b0592cc06f2da0f3cbe09c5a34a97dce85c3889676";

/* Decodes and encodes again. */
typedef int recode(const struct buf *in, const char *media_type, struct buf *out,
		   struct error *err);

static int recode_manifest(const struct buf *in, const char *media_type, struct buf *out,
			   struct error *err)
{
	cleanup(manifest_free) struct manifest *manifest = NULL;

	if (manifest_decode(in->data, in->len, media_type, &manifest, err) < 0)
		return -1;
	manifest_encode(manifest, out);
	return 0;
}

static int recode_index(const struct buf *in, const char *media_type, struct buf *out,
			struct error *err)
{
	cleanup(image_index_free) struct image_index *index = NULL;

	if (image_index_decode(in->data, in->len, media_type, &index, err) < 0)
		return -1;
	image_index_encode(index, out);
	return 0;
}

static int recode_config(const struct buf *in, const char *media_type, struct buf *out,
			 struct error *err)
{
	cleanup(image_config_free) struct image_config *config = NULL;

	(void)media_type;
	if (image_config_decode(in->data, in->len, &config, err) < 0)
		return -1;
	/* What is written is what a copy writes. */
	cleanup(image_config_free) struct image_config *copy = image_config_dup(config);
	cleanup(buf_release) struct buf of_copy = BUF_INIT;
	image_config_encode(config, out);
	image_config_encode(copy, &of_copy);
	assert_string_equal(out->data, of_copy.data);
	return 0;
}

static bool read_file(const char *dir, const char *name, struct buf *buf)
{
	char path[4096];
	struct error err = ERROR_INIT;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	int found = fs_read_whole(AT_FDCWD, path, 1 << 24, "case", buf, &err);
	if (found < 0)
		fail_msg("%s", err.text);
	return found;
}

static void cut_newline(struct buf *buf)
{
	while (buf->len && buf->data[buf->len - 1] == '\n')
		buf_truncate(buf, buf->len - 1);
}

static void run_case(const char *dir, recode *run)
{
	cleanup(buf_release) struct buf in = BUF_INIT, expected = BUF_INIT, type = BUF_INIT;
	cleanup(buf_release) struct buf out = BUF_INIT, again = BUF_INIT;
	struct error err = ERROR_INIT;

	assert_true(read_file(dir, "in.json", &in));
	const char *media_type = read_file(dir, "media_type", &type) ? type.data : NULL;
	cut_newline(&type);
	int result = run(&in, media_type, &out, &err);
	if (read_file(dir, "error", &expected)) {
		cut_newline(&expected);
		if (result == 0)
			fail_msg("%s: was accepted", dir);
		if (!strstr(err.text, expected.data))
			fail_msg("%s: '%s' does not say '%s'", dir, err.text, expected.data);
		assert_true(err.code == ERROR_CORRUPT || err.code == ERROR_UNSUPPORTED);
		return;
	}
	assert_true(read_file(dir, "out.json", &expected));
	if (result < 0)
		fail_msg("%s: %s", dir, err.text);
	assert_string_equal(out.data, expected.data);
	assert_int_equal(run(&out, media_type, &again, &err), 0);
	assert_string_equal(again.data, out.data);
}

static size_t run_cases(const char *kind, recode *run)
{
	char top[2048], path[4096];
	size_t n = 0;

	(void)snprintf(top, sizeof(top), "%s/oci/%s", TESTDATA, kind);
	DIR *dir = opendir(top);
	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (*entry->d_name == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", top, entry->d_name);
		run_case(path, run);
		n++;
	}
	(void)closedir(dir);
	return n;
}

/* M-01 */
static void manifests(void **state)
{
	(void)state;
	assert_true(run_cases("manifest", recode_manifest) > 30);
}

/* M-01 */
static void indexes(void **state)
{
	(void)state;
	assert_true(run_cases("index", recode_index) > 8);
}

static void configs(void **state)
{
	(void)state;
	assert_true(run_cases("config", recode_config) > 20);
}

/* M-04 */
static void a_document_above_the_ceiling_is_refused(void **state)
{
	cleanup(buf_release) struct buf in = BUF_INIT, out = BUF_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	while (in.len <= MANIFEST_SIZE_MAX)
		buf_add_text(&in,
			     "                                                                ");
	assert_int_equal(recode_manifest(&in, NULL, &out, &err), -1);
	assert_non_null(strstr(err.text, "4194304"));
	assert_int_equal(recode_config(&in, NULL, &out, &err), -1);
	assert_non_null(strstr(err.text, "4194304"));
}

/* M-05 */
static void dropped_entries_are_reported(void **state)
{
	static const char TEXT[] =
		"{\"rootfs\":{\"type\":\"layers\"},\"config\":{\"Env\":[\"HOME\",\"A\\u001b=1\",\"=\"],"
		"\"Labels\":{\"io.cbuild.x\":\"1\"}}}";
	cleanup(image_config_free) struct image_config *config = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(image_config_decode(TEXT, sizeof(TEXT) - 1, &config, &err), 0);
	assert_int_equal(config->env.len, 1);
	assert_int_equal(config->warnings.len, 3);
	assert_string_equal(config->warnings.items[0],
			    "ignored Env entry that is not of the form name=value: 'HOME'");
	assert_string_equal(config->warnings.items[2],
			    "ignored label with a reserved name: 'io.cbuild.x'");
}

static void knows_a_command_that_is_set_but_empty(void **state)
{
	static const char TEXT[] =
		"{\"rootfs\":{\"type\":\"layers\"},\"config\":{\"Cmd\":[],\"Entrypoint\":null}}";
	cleanup(image_config_free) struct image_config *config = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(image_config_decode(TEXT, sizeof(TEXT) - 1, &config, &err), 0);
	assert_true(config->has_cmd);
	assert_false(config->has_entrypoint);
}

/* M-03 */
static void layers_diff_ids_and_history_must_agree(void **state)
{
	cleanup(image_config_free) struct image_config *config = image_config_new();
	const struct history_entry with_layer = { .created_by = (char *)(uintptr_t) "RUN x" };
	const struct history_entry without = { .empty_layer = true };
	struct digest digest = digest_of("x", 1);
	struct error err = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < 5; i++)
		image_config_add_diff_id(config, &digest);
	assert_int_equal(image_config_check_layers(config, 5, &err), 0);
	assert_int_equal(image_config_check_layers(config, 4, &err), -1);
	assert_int_equal(image_config_check_layers(config, 6, &err), -1);
	for (size_t i = 0; i < 5; i++)
		image_config_add_history(config, &with_layer);
	image_config_add_history(config, &without);
	assert_int_equal(image_config_check_layers(config, 5, &err), 0);
	image_config_add_history(config, &with_layer);
	assert_int_equal(image_config_check_layers(config, 5, &err), -1);
}

/* As computed with sha256sum over "<a> <b>". */
static void chains_layer_ids(void **state)
{
	struct digest a = digest_of("a", 1), b = digest_of("b", 1);
	struct digest first = chain_id_extend(NULL, &a), second = chain_id_extend(&first, &b);

	(void)state;
	assert_true(digest_equal(&first, &a));
	assert_string_equal(digest_format(&second).text, CHAIN_OF_A_B);
}

static struct descriptor entry(const char *platform, const char *name)
{
	struct digest digest = digest_of(name, strlen(name));
	struct descriptor descriptor = descriptor_make(MEDIA_TYPE_MANIFEST, &digest, 1);
	struct error err = ERROR_INIT;

	descriptor.has_platform = *platform;
	if (*platform)
		assert_int_equal(platform_parse(platform, &descriptor.platform, &err), 0);
	return descriptor;
}

static const char *found(const struct image_index *index, const char *wanted)
{
	static const char *const names[] = { "a", "b", "c", "d", "e" };
	struct platform platform;
	struct error err = ERROR_INIT;

	assert_int_equal(platform_parse(wanted, &platform, &err), 0);
	const struct descriptor *descriptor = image_index_find(index, &platform);
	for (size_t i = 0; descriptor && i < countof(names); i++) {
		struct digest digest = digest_of(names[i], 1);
		if (digest_equal(&digest, &descriptor->digest))
			return names[i];
	}
	return "none";
}

static void finds_the_entry_of_a_platform(void **state)
{
	struct descriptor entries[] = {
		entry("linux/386", "a"),    entry("linux/amd64", "b"),	 entry("linux/amd64", "c"),
		entry("linux/arm/v6", "d"), entry("linux/riscv64", "e"),
	};
	struct image_index index = { .manifests = entries, .n_manifests = countof(entries) };

	(void)state;
	assert_string_equal(found(&index, "linux/amd64"), "b");
	assert_string_equal(found(&index, "linux/386"), "a");
	assert_string_equal(found(&index, "linux/arm/v7"), "d");
	assert_string_equal(found(&index, "linux/arm64"), "d");
	assert_string_equal(found(&index, "linux/s390x"), "none");
	/* An attestation is never an image, whatever platform it claims. */
	entries[4].annotations =
		json_pack("{s:s}", "vnd.docker.reference.type", "attestation-manifest");
	assert_string_equal(found(&index, "linux/riscv64"), "none");
	/* One without a platform may be anything, when nothing else fits. */
	entries[0].has_platform = false;
	assert_string_equal(found(&index, "linux/s390x"), "a");
	assert_string_equal(found(&index, "linux/amd64"), "b");
	for (size_t i = 0; i < countof(entries); i++)
		descriptor_release(&entries[i]);
}

static void media_types_of_layers(void **state)
{
	enum layer_compression compression = LAYER_ZSTD;

	(void)state;
	for (int i = LAYER_UNCOMPRESSED; i <= LAYER_ZSTD; i++) {
		for (int is_docker = 0; is_docker < 2; is_docker++) {
			const char *type =
				media_type_of_layer((enum layer_compression)i, is_docker);
			assert_int_equal(media_type_layer_compression(type, &compression), 1);
			assert_int_equal(compression, i);
		}
	}
	assert_int_equal(media_type_layer_compression(MEDIA_TYPE_CONFIG, &compression), 0);
	assert_true(media_type_is_config(MEDIA_TYPE_DOCKER_CONFIG));
	assert_false(media_type_is_config(MEDIA_TYPE_MANIFEST));
}

static void a_descriptor_keeps_all_it_has(void **state)
{
	struct descriptor descriptor = entry("linux/arm/v7", "a"), again = DESCRIPTOR_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	descriptor.annotations = json_pack("{s:s}", "k", "v");
	struct descriptor copy = descriptor_dup(&descriptor);
	descriptor_release(&descriptor);
	cleanup(value_free) json_t *object = descriptor_encode(&copy);
	assert_int_equal(descriptor_decode(object, &again, &err), 0);
	assert_string_equal(again.media_type, MEDIA_TYPE_MANIFEST);
	assert_true(again.has_platform && platform_equal(&again.platform, &copy.platform));
	assert_string_equal(json_string_value(json_object_get(again.annotations, "k")), "v");
	assert_int_equal(again.size, 1);
	descriptor_release(&copy);
	descriptor_release(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manifests),
		cmocka_unit_test(indexes),
		cmocka_unit_test(configs),
		cmocka_unit_test(a_document_above_the_ceiling_is_refused),
		cmocka_unit_test(dropped_entries_are_reported),
		cmocka_unit_test(knows_a_command_that_is_set_but_empty),
		cmocka_unit_test(layers_diff_ids_and_history_must_agree),
		cmocka_unit_test(chains_layer_ids),
		cmocka_unit_test(finds_the_entry_of_a_platform),
		cmocka_unit_test(media_types_of_layers),
		cmocka_unit_test(a_descriptor_keeps_all_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
