/* SPDX-License-Identifier: Apache-2.0 */
#include "result_files.h"

#include "host_file.h"

#include "base/base64.h"
#include "base/text.h"
#include "build/build.h"
#include "lint/outline.h"

#include <string.h>

/* --- metadata -----------------------------------------------------------------------------------
 */

static json_t *dump_platform(const char *text)
{
	struct platform platform;
	struct error err = ERROR_INIT;

	if (!text || platform_parse(text, &platform, &err) < 0)
		return NULL;
	return platform_encode(&platform);
}

static json_t *dump_descriptor(const struct build_result *result)
{
	json_t *descriptor = json_object();
	json_t *platform = dump_platform(result->platform);

	value_set_text(descriptor, "mediaType", result->media_type);
	value_set_text(descriptor, "digest", digest_format(&result->manifest_digest).text);
	json_object_set_new(descriptor, "size", json_integer((json_int_t)result->manifest_size));
	if (platform)
		json_object_set_new(descriptor, "platform", platform);
	return descriptor;
}

static json_t *dump_steps(const struct build_result *result)
{
	json_t *steps = json_array();

	for (size_t i = 0; i < result->n_steps; i++) {
		const struct build_step *from = &result->steps[i];
		json_t *step = json_object();
		value_set_text(step, "name", from->title);
		if (!digest_is_zero(&from->key))
			value_set_text(step, "key", digest_format(&from->key).text);
		json_object_set_new(step, "cached", json_boolean(from->is_cached));
		json_object_set_new(step, "milliseconds", json_integer(from->milliseconds));
		json_object_set_new(step, "bytes", json_integer((json_int_t)from->layer_size));
		json_object_set_new(step, "members", json_integer((json_int_t)from->n_members));
		if (!from->is_cached)
			json_object_set_new(step, "reusedMembers",
					    json_integer((json_int_t)from->n_reused));
		json_array_append_new(steps, step);
	}
	return steps;
}

/* The Dockerfile stands in each finding, while they all do not take more than this. */
enum { SOURCES_MAX = 64 * 1024 * 1024 };

/* buildx: only where BUILDX_METADATA_WARNINGS asks for it; texts are base64 there. */
static bool wants_warnings(void)
{
	const char *text = getenv("BUILDX_METADATA_WARNINGS");
	struct error ignored = ERROR_INIT;
	bool is_wanted = false;

	return text && text_parse_bool(text, &is_wanted, &ignored) == 0 && is_wanted;
}

static void set_bytes(json_t *object, const char *key, const char *data, size_t len)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	base64_encode(data, len, &text);
	value_set_text(object, key, text.data);
}

static json_t *dump_finding(const struct build_result *result, const struct lint_finding *finding)
{
	const struct lint_rule_row *rule = lint_rule_row(finding->rule);
	cleanup(buf_release) struct buf text = BUF_INIT, description = BUF_INIT, url = BUF_INIT;
	cleanup(value_free) json_t *location = location_dump(finding->at, NULL);
	json_t *object = json_object(), *details = json_array(), *source = json_object();

	buf_printf(&text, "%s: %s (line %u)", rule->name, finding->detail, finding->at.line);
	base64_encode(rule->description, strlen(rule->description), &description);
	lint_rule_add_url(finding->rule, &url);
	json_array_append_new(details, value_of_text(description.data));
	json_object_set_new(object, "level", json_integer(1));
	set_bytes(object, "short", text.data, text.len);
	json_object_set_new(object, "detail", details);
	value_set_text(object, "url", url.data);
	value_set_text(source, "filename", result->dockerfile_name);
	if (result->dockerfile.len < SOURCES_MAX / result->findings.len)
		set_bytes(source, "data", result->dockerfile.data, result->dockerfile.len);
	json_object_set_new(object, "sourceInfo", source);
	json_object_set(object, "range", json_object_get(location, "ranges"));
	return object;
}

static json_t *dump_findings(const struct build_result *result)
{
	json_t *list = json_array();

	for (size_t i = 0; i < result->findings.len; i++)
		json_array_append_new(list, dump_finding(result, &result->findings.items[i]));
	return list;
}

static void add_names(const struct strv *names, struct buf *buf)
{
	for (size_t i = 0; i < names->len; i++)
		buf_printf(buf, "%s%s", i ? "," : "", names->items[i]);
}

/* In the order of the keys, as buildx sorts them. */
json_t *result_metadata(const struct build_result *result)
{
	cleanup(buf_release) struct buf names = BUF_INIT;
	json_t *document = json_object();

	if (wants_warnings() && result->findings.len)
		json_object_set_new(document, "buildx.build.warnings", dump_findings(result));
	json_object_set_new(document, "cbuild.steps", dump_steps(result));
	if (!result->has_image)
		return document;
	if (!digest_is_zero(&result->config_digest))
		value_set_text(document, "containerimage.config.digest",
			       digest_format(&result->config_digest).text);
	json_object_set_new(document, "containerimage.descriptor", dump_descriptor(result));
	value_set_text(document, "containerimage.digest",
		       digest_format(&result->manifest_digest).text);
	add_names(&result->names, &names);
	value_set_text(document, "image.name", names.data);
	return document;
}

/* --- files --------------------------------------------------------------------------------------
 */

static int write_metadata(const char *host_path, const struct build_result *result,
			  struct error *err)
{
	cleanup(value_free) json_t *document = result_metadata(result);
	cleanup(buf_release) struct buf text = BUF_INIT;

	value_write(document, 2, &text);
	return host_file_write(host_path, text.data, text.len, err);
}

static int write_text(const char *host_path, const char *text, struct error *err)
{
	return host_path ? host_file_write(host_path, text, strlen(text), err) : 0;
}

/* kaniko: a line for each name, with its tag or without. */
static int write_names(const char *host_path, const struct build_result *result, bool has_tags,
		       struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	for (size_t i = 0; host_path && i < result->names.len; i++) {
		const char *name = result->names.items[i];
		const char *slash = strrchr(name, '/');
		const char *colon = strrchr(slash ? slash : name, ':');
		size_t len = colon && !has_tags ? (size_t)(colon - name) : strlen(name);
		buf_printf(&text, "%.*s@%s\n", (int)len, name,
			   digest_format(&result->manifest_digest).text);
	}
	return write_text(host_path, text.data, err);
}

int result_files_remove(const struct build_values *values, struct error *err)
{
	const char *const host_paths[] = {
		values->iid_file,	  values->raw_iid_file,		values->digest_file,
		values->name_digest_file, values->name_tag_digest_file,
	};

	for (size_t i = 0; i < countof(host_paths); i++)
		if (host_paths[i] && host_file_remove(host_paths[i], err) < 0)
			return -1;
	return 0;
}

int result_files_write(const struct build_values *values, const struct build_result *result,
		       struct error *err)
{
	if (values->metadata_file && write_metadata(values->metadata_file, result, err) < 0)
		return -1;
	if (!result->has_image)
		return 0;
	struct digest_text id = digest_format(build_result_id(result));
	struct digest_text raw_id = digest_hex(build_result_id(result));
	struct digest_text manifest = digest_format(&result->manifest_digest);
	if (write_text(values->iid_file, id.text, err) < 0 ||
	    write_text(values->raw_iid_file, raw_id.text, err) < 0 ||
	    write_text(values->digest_file, manifest.text, err) < 0 ||
	    write_names(values->name_digest_file, result, false, err) < 0)
		return -1;
	return write_names(values->name_tag_digest_file, result, true, err);
}
