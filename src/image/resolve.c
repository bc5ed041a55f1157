/* SPDX-License-Identifier: Apache-2.0 */
#include "image/resolve.h"

#include "source.h"

#include "base/text.h"

#include <string.h>

const struct image_source *image_source_of(enum image_origin origin)
{
	static const struct image_source *const sources[] = {
		[ORIGIN_STORE] = &image_source_store,
		[ORIGIN_REGISTRY] = &image_source_registry,
		[ORIGIN_LAYOUT] = &image_source_layout,
	};

	return sources[origin];
}

int image_pick_manifest(const char *reference, const char *text, size_t len, const char *media_type,
			const struct platform *platform, bool *ret_is_index,
			struct descriptor *ret_descriptor, struct error *err)
{
	*ret_is_index = media_type_is_index(media_type);
	if (!*ret_is_index) {
		if (!media_type_is_manifest(media_type))
			return error_set(err, ERROR_UNSUPPORTED,
					 "%s is a '%.100s', which is no image", reference,
					 media_type);
		return 0;
	}
	cleanup(image_index_free) struct image_index *index = NULL;
	if (image_index_decode(text, len, media_type, &index, err) < 0)
		return error_wrap(err, "%s", reference);
	const struct descriptor *found = image_index_find(index, platform);
	if (!found) {
		cleanup(buf_release) struct buf wanted = BUF_INIT, have = BUF_INIT;
		platform_format(platform, &wanted);
		for (size_t i = 0; i < index->n_manifests; i++) {
			if (!index->manifests[i].has_platform)
				continue;
			buf_add_text(&have, have.len ? ", " : "");
			platform_format(&index->manifests[i].platform, &have);
		}
		return error_set(err, ERROR_NOT_FOUND, "%s: no image for %s (it has %s)", reference,
				 wanted.data, have.len ? have.data : "none with a platform");
	}
	*ret_descriptor = descriptor_dup(found);
	return 0;
}

static bool is_layout(const char *reference)
{
	return text_has_prefix(reference, LAYOUT_PREFIX);
}

int image_resolve_local(const struct image_env *env, const char *reference,
			const struct platform *platform, enum pull_policy policy,
			struct image **ret_image, struct error *err)
{
	if (is_layout(reference) || policy == PULL_ALWAYS || policy == PULL_NEWER)
		return 0;
	return image_source_store.resolve(env, reference, platform, ret_image, err);
}

static int resolve_at_registry(const struct image_env *env, const char *reference,
			       const struct platform *platform, struct image **ret_image,
			       struct error *err)
{
	int found = image_source_registry.resolve(env, reference, platform, ret_image, err);

	if (found == 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "%s: no such image, neither in the store nor in the registry",
				 reference);
	return found;
}

/* The registry's word counts; where it cannot be reached the copy at hand serves, and says so. */
static int resolve_newer(const struct image_env *env, const char *reference,
			 const struct platform *platform, struct image **ret_image,
			 struct error *err)
{
	int found = resolve_at_registry(env, reference, platform, ret_image, err);

	if (found < 0 && err->code == ERROR_NETWORK) {
		struct error ignored = ERROR_INIT;
		if (image_source_store.resolve(env, reference, platform, ret_image, &ignored) > 0)
			return 1;
	}
	return found;
}

int image_resolve(const struct image_env *env, const char *reference,
		  const struct platform *platform, enum pull_policy policy,
		  struct image **ret_image, struct error *err)
{
	if (is_layout(reference)) {
		int found = image_source_layout.resolve(env, reference, platform, ret_image, err);
		if (found == 0)
			return error_set(err, ERROR_NOT_FOUND, "%s: no such image in the layout",
					 reference);
		return found < 0 ? -1 : 0;
	}
	if (policy == PULL_MISSING || policy == PULL_NEVER) {
		int found = image_source_store.resolve(env, reference, platform, ret_image, err);
		if (found != 0)
			return found < 0 ? -1 : 0;
	}
	if (policy == PULL_NEVER)
		return error_set(
			err, ERROR_NOT_FOUND,
			"%s is not in the store, and --pull=never keeps from asking for it",
			reference);
	int found = policy == PULL_NEWER
			    ? resolve_newer(env, reference, platform, ret_image, err)
			    : resolve_at_registry(env, reference, platform, ret_image, err);
	return found < 0 ? -1 : 0;
}
