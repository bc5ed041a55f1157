/* SPDX-License-Identifier: Apache-2.0 */
/* Request -> what planning needs to know. */
#include "annotations.h"
#include "phases.h"

#include "base/alloc.h"
#include "base/text.h"
#include "image/resolve.h"
#include "oci/reference.h"
#include "parser/git_reference.h"

#include <string.h>

#define IMAGE_SCHEME  "docker-image://"
#define TARGET_SCHEME "target:"

bool build_allows(const struct build_request *request, const char *entitlement)
{
	for (size_t i = 0; i < request->allow.len; i++)
		if (strcmp(request->allow.items[i], entitlement) == 0)
			return true;
	return false;
}

/* "device" allows all of them, "device=NAME" one. */
static void add_allowed_devices(const struct build_request *request, struct strv *names)
{
	static const char prefix[] = "device=";

	for (size_t i = 0; i < request->allow.len; i++) {
		const char *text = request->allow.items[i];
		if (strcmp(text, "device") == 0)
			strv_add(names, "");
		else if (text_has_prefix(text, prefix))
			strv_add(names, text + strlen(prefix));
	}
}

/* NAME=VALUE of --build-context; the scheme tells what it is, none is a directory. */
static int read_context(const char *text, struct named_context *ret_context, struct arena *arena,
			struct error *err)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text)
		return error_set(err, ERROR_USAGE, "--build-context '%s' is not NAME=VALUE", text);
	const char *value = equals + 1;
	struct named_context context = {
		.name = arena_strndup(arena, text, (size_t)(equals - text)),
		.value = arena_strdup(arena, value),
		.kind = NAMED_DIRECTORY,
	};
	if (text_has_prefix(value, IMAGE_SCHEME)) {
		context.kind = NAMED_IMAGE;
		context.value += strlen(IMAGE_SCHEME);
	} else if (text_has_prefix(value, LAYOUT_PREFIX)) {
		context.kind = NAMED_LAYOUT;
		context.value += strlen(LAYOUT_PREFIX);
	} else if (text_has_prefix(value, TARGET_SCHEME)) {
		context.kind = NAMED_TARGET;
		char *stage = arena_strdup(arena, value + strlen(TARGET_SCHEME));
		text_make_lower(stage);
		context.value = stage;
	} else if (strstr(value, "://") && !source_is_http(value) && !source_is_git(value)) {
		return error_set(err, ERROR_USAGE,
				 "--build-context %s: unsupported context source (a directory, "
				 "docker-image://, oci-layout://, a git repository, http(s)://, "
				 "target:STAGE)",
				 text);
	}
	*ret_context = context;
	return 0;
}

static int not_yet(const char *what, struct error *err)
{
	return error_set(err, ERROR_UNSUPPORTED, "%s is not supported yet", what);
}

static bool has_layers(const struct output_request *output)
{
	return output->type == OUTPUT_OCI || output->type == OUTPUT_DOCKER ||
	       output->type == OUTPUT_IMAGE;
}

const struct strv *build_annotation_texts(const struct build_request *request)
{
	for (size_t i = 0; i < request->n_outputs; i++)
		if (has_layers(&request->outputs[i]))
			return &request->outputs[i].annotations;
	return &request->annotations;
}

static bool are_equal(const struct strv *a, const struct strv *b)
{
	for (size_t i = 0; i < a->len && i < b->len; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return a->len == b->len;
}

/* What the command line can say and nobody here does yet is refused, never skipped. */
static int check_output(const struct build_request *request, const struct output_request *output,
			struct error *err)
{
	const struct compression_request *main = build_compression(request);

	if (has_layers(output) && !are_equal(&output->annotations, build_annotation_texts(request)))
		return not_yet("an output with other annotations than the first one's", err);
	if (output->format != request->format)
		return not_yet("an output of another format than the image's (--format)", err);
	if (output->type == OUTPUT_IMAGE && output->push &&
	    (output->compression.kind != main->kind || output->compression.level != main->level ||
	     output->compression.is_forced != main->is_forced))
		return not_yet("a push with another compression than the first output's", err);
	return 0;
}

static int check_supported(const struct build_request *request, struct error *err)
{
	if (build_check_annotations(request, err) < 0)
		return -1;
	for (size_t i = 0; i < request->n_outputs; i++) {
		const char *dest = request->outputs[i].dest;
		if (check_output(request, &request->outputs[i], err) < 0)
			return -1;
		for (size_t j = 0; dest && j < i; j++)
			if (request->outputs[j].dest && strcmp(request->outputs[j].dest, dest) == 0)
				return error_set(err, ERROR_USAGE, "two outputs go to '%s'", dest);
	}
	return 0;
}

const struct compression_request *build_compression(const struct build_request *request)
{
	for (size_t i = 0; i < request->n_outputs; i++)
		if (has_layers(&request->outputs[i]))
			return &request->outputs[i].compression;
	return &request->compression;
}

bool build_rewrites_times(const struct build_request *request)
{
	for (size_t i = 0; i < request->n_outputs; i++)
		if (has_layers(&request->outputs[i]))
			return request->outputs[i].rewrites_times;
	return request->rewrites_times;
}

int build_make_options(struct build *build, struct error *err)
{
	const struct build_request *request = build->request;
	struct plan_options *options = &build->options;
	size_t n = 0;

	if (check_supported(request, err) < 0)
		return -1;

	build->contexts = xcalloc(request->build_contexts.len + 1, sizeof(*build->contexts));
	if (request->context)
		build->contexts[n++] = (struct named_context){ .kind = NAMED_DIRECTORY,
							       .value = build_context_path(build) };
	for (size_t i = 0; i < request->build_contexts.len; i++)
		if (read_context(request->build_contexts.items[i], &build->contexts[n++],
				 &build->arena, err) < 0)
			return -1;
	options->contexts = build->contexts;
	options->n_contexts = n;
	options->target = request->target;
	strv_add_all(&options->build_args, &request->build_args);
	strv_add_all(&options->labels, &request->labels);
	strv_add_all(&options->no_cache_filter, &request->no_cache_filter);
	options->no_cache = request->no_cache;
	options->platforms = request->platforms;
	options->n_platforms = request->n_platforms;
	options->build_platform = platform_host();
	options->network = request->network;
	options->allows_host_network =
		request->network == NETWORK_HOST || build_allows(request, "network.host");
	options->allows_insecure = build_allows(request, "security.insecure");
	add_allowed_devices(request, &options->allowed_devices);
	options->has_epoch = request->has_epoch;
	options->epoch = request->epoch;
	options->context_has_time = build->fetched.has_time;
	options->context_time = build->fetched.time;
	options->source_time = build_source_time;
	options->source_time_context = build;
	options->errors = &build->result->errors;
	return 0;
}

int build_check_shape(const struct build *build, struct error *err)
{
	const struct build_request *request = build->request;

	if (build_check_annotation_places(build, err) < 0)
		return -1;
	if (!build->plan->is_multi_platform)
		return 0;
	for (size_t i = 0; i < request->n_outputs; i++)
		if (request->outputs[i].type == OUTPUT_DOCKER)
			return error_set(err, ERROR_USAGE,
					 "docker exporter does not currently support exporting "
					 "manifest lists (type=oci does)");
	if (request->load)
		return error_set(err, ERROR_USAGE,
				 "--load takes one platform: docker exporter does not currently "
				 "support exporting manifest lists");
	return 0;
}
