/* SPDX-License-Identifier: Apache-2.0 */
#include "annotations.h"

#include "base/alloc.h"
#include "image/image_set.h"

#include <string.h>

static const char *const names[] = {
	[ANNOTATION_MANIFEST] = "manifest",
	[ANNOTATION_MANIFEST_DESCRIPTOR] = "manifest-descriptor",
	[ANNOTATION_INDEX] = "index",
	[ANNOTATION_INDEX_DESCRIPTOR] = "index-descriptor",
};

/* One annotation, and how much of its list of types was read. */
struct annotation {
	const char *at;	   /* the next type, or NULL */
	char *key;	   /* owned */
	const char *value; /* borrowed */
};

static void annotation_release(struct annotation *annotation)
{
	free(annotation->key);
}
DEFINE_RELEASE(struct annotation, annotation_release);

struct annotation_type {
	enum annotation_kind kind;
	bool has_platform;
	struct platform platform;
};

/* Types are lower-case words, with platforms in brackets; a key has a dot before any colon. */
static const char *end_of_types(const char *text)
{
	const char *at = text;

	for (bool is_inside = false; *at && *at != '='; at++) {
		if (*at == '[' || *at == ']')
			is_inside = *at == '[';
		else if (*at == ':' && !is_inside)
			return at > text ? at : NULL;
		else if (!is_inside && *at != ',' && *at != '-' && (*at < 'a' || *at > 'z'))
			return NULL;
	}
	return NULL;
}

/* Without types it is one of the manifest. */
static struct annotation split(const char *text)
{
	const char *colon = end_of_types(text);
	const char *key = colon ? colon + 1 : text;
	size_t len = strcspn(key, "=");

	return (struct annotation){ .at = colon ? text : "manifest:",
				    .key = xstrndup(key, len),
				    .value = key[len] ? key + len + 1 : "" };
}

/* 1 a type, 0 there are no more, -1. */
static int next_type(struct annotation *annotation, struct annotation_type *type, struct error *err)
{
	const char *at = annotation->at;

	if (!at)
		return 0;
	size_t len = strcspn(at, "[,:");
	*type = (struct annotation_type){ .has_platform = at[len] == '[' };
	bool is_known = false;
	for (size_t i = 0; i < countof(names); i++) {
		if (strlen(names[i]) == len && strncmp(names[i], at, len) == 0) {
			type->kind = (enum annotation_kind)i;
			is_known = true;
		}
	}
	if (!is_known)
		return error_set(err, ERROR_USAGE, "unknown annotation type \"%.*s\"", (int)len,
				 at);
	if (type->has_platform) {
		size_t platform_len = strcspn(at + len + 1, "]");
		autofree char *platform = xstrndup(at + len + 1, platform_len);
		if (platform_parse(platform, &type->platform, err) < 0)
			return -1;
		len += platform_len + 2;
	}
	if (at[len] != ',' && at[len] != ':')
		return error_set(err, ERROR_USAGE, "'%.40s' behind a type's platform", at + len);
	annotation->at = at[len] == ',' ? at + len + 1 : NULL;
	return 1;
}

int build_check_annotations(const struct build_request *request, struct error *err)
{
	const struct strv *texts = build_annotation_texts(request);

	if (texts->len && request->format == IMAGE_FORMAT_DOCKER)
		return error_set(err, ERROR_USAGE,
				 "Docker's media types have no annotations (--format oci)");
	for (size_t i = 0; i < texts->len; i++) {
		cleanup(annotation_release) struct annotation annotation = split(texts->items[i]);
		struct annotation_type type;
		int found;
		while ((found = next_type(&annotation, &type, err)) > 0)
			if (type.kind == ANNOTATION_INDEX_DESCRIPTOR)
				return error_set(err, ERROR_UNSUPPORTED,
						 "an annotation of type index-descriptor is not "
						 "supported yet (index:KEY=VALUE)");
		if (found == 0 && !*annotation.key)
			found = error_set(err, ERROR_USAGE, "there is no key");
		if (found < 0) {
			err->code = ERROR_USAGE;
			return error_wrap(err, "annotation '%s'", texts->items[i]);
		}
	}
	return 0;
}

static int check_place(const struct build *build, const struct annotation_type *type,
		       struct error *err)
{
	const struct plan *plan = build->plan;

	if (type->kind == ANNOTATION_INDEX && !plan->is_multi_platform)
		return error_set(err, ERROR_USAGE,
				 "index annotations not supported for single platform export");
	if (type->kind == ANNOTATION_MANIFEST_DESCRIPTOR && !plan->is_multi_platform)
		return error_set(
			err, ERROR_UNSUPPORTED,
			"an annotation of a single image's descriptor is not supported yet "
			"(manifest:KEY=VALUE)");
	if (!type->has_platform)
		return 0;
	for (size_t i = 0; i < plan->n_targets; i++)
		if (platform_equal(&plan->targets[i].config->platform, &type->platform))
			return 0;
	return error_set(err, ERROR_USAGE, "invalid annotation: no platform of that name is built");
}

int build_check_annotation_places(const struct build *build, struct error *err)
{
	const struct strv *texts = build_annotation_texts(build->request);

	for (size_t i = 0; i < texts->len; i++) {
		cleanup(annotation_release) struct annotation annotation = split(texts->items[i]);
		struct annotation_type type;
		int found;
		while ((found = next_type(&annotation, &type, err)) > 0)
			if (check_place(build, &type, err) < 0)
				return error_wrap(err, "annotation '%s'", texts->items[i]);
		if (found < 0)
			return -1;
	}
	return 0;
}

json_t *build_annotations(const struct build *build, enum annotation_kind kind,
			  const struct platform *platform)
{
	const struct strv *texts = build_annotation_texts(build->request);
	struct error ignored = ERROR_INIT;
	json_t *object = NULL;

	for (size_t i = 0; i < texts->len; i++) {
		cleanup(annotation_release) struct annotation annotation = split(texts->items[i]);
		struct annotation_type type;
		while (next_type(&annotation, &type, &ignored) > 0) {
			if (type.kind != kind || (type.has_platform && platform &&
						  !platform_equal(platform, &type.platform)))
				continue;
			if (!object)
				object = json_object();
			json_object_set_new(object, annotation.key,
					    value_of_text(annotation.value));
		}
	}
	return object;
}

int build_write_index(const struct build *build, struct image_set *set, struct error *err)
{
	json_t **descriptors = xcalloc(set->len, sizeof(json_t *));
	struct index_annotations annotations = {
		.index = build_annotations(build, ANNOTATION_INDEX, NULL),
		.descriptors = descriptors,
	};

	for (size_t i = 0; i < set->len; i++)
		descriptors[i] = build_annotations(build, ANNOTATION_MANIFEST_DESCRIPTOR,
						   &set->items[i]->config->platform);
	int result = image_set_write_index(&build->engine->env, set,
					   build->request->format == IMAGE_FORMAT_DOCKER,
					   &annotations, err);
	for (size_t i = 0; i < set->len; i++)
		json_decref(descriptors[i]);
	json_decref(annotations.index);
	free(descriptors);
	return result;
}
