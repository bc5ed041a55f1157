/* SPDX-License-Identifier: Apache-2.0 */
/* Images that are in the store already, found by their tag or digest. */
#include "source.h"

#include "base/alloc.h"
#include "image/load.h"
#include "oci/reference.h"
#include "store/blob.h"
#include "transfer/transfer.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static void add_age(int64_t seconds, struct buf *buf)
{
	if (seconds < 2 * MINUTE)
		buf_add_text(buf, "just now");
	else if (seconds < 2 * HOUR)
		buf_printf(buf, "%lld minutes old", (long long)(seconds / MINUTE));
	else if (seconds < 2 * DAY)
		buf_printf(buf, "%lld hours old", (long long)(seconds / HOUR));
	else
		buf_printf(buf, "%lld days old", (long long)(seconds / DAY));
}

/* How old the copy is: the manifest's blob came with it. */
static char *describe(const struct image_env *env, const struct digest *digest, struct error *err)
{
	cleanup(buf_release) struct buf note = BUF_INIT;
	autoclose int fd = -1;
	struct stat st;

	buf_printf(&note, "%s (in the store, ", digest_format(digest).text);
	if (blob_open(env->store, digest, &fd, err) > 0 && fstat(fd, &st) == 0)
		add_age((int64_t)time(NULL) - (int64_t)st.st_mtim.tv_sec, &note);
	buf_add_char(&note, ')');
	return buf_take(&note);
}

static bool is_for(const struct image *image, const struct platform *platform)
{
	return platform_match(&image->config->platform, platform) > 0;
}

/* The manifest that the tag (or digest) names; an index is gone into. 1/0/-1 */
static int find_manifest(const struct image_env *env, const char *reference,
			 const struct platform *platform, struct digest *digest, char **media_type,
			 struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(descriptor_release) struct descriptor chosen = DESCRIPTOR_INIT;
	bool is_index = false;

	int found = blob_read(env->store, digest, MANIFEST_SIZE_MAX, &text, err);
	if (found <= 0)
		return found;
	if (image_pick_manifest(reference, text.data, text.len, *media_type, platform, &is_index,
				&chosen, err) < 0)
		return err->code == ERROR_NOT_FOUND ? 0 : -1;
	if (!is_index)
		return 1;
	*digest = chosen.digest;
	free(*media_type);
	*media_type = xstrdup(chosen.media_type);
	return blob_find(env->store, digest, NULL, err);
}

/* A digest that was asked for is its own proof: any blob of that name will do. */
static int find_by_digest(const struct image_env *env, const struct digest *digest,
			  char **ret_media_type, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(value_free) json_t *document = NULL;
	const char *media_type = NULL;

	int found = blob_read(env->store, digest, MANIFEST_SIZE_MAX, &text, err);
	if (found <= 0)
		return found;
	if (value_read(text.data, text.len, "manifest", &document, err) < 0 ||
	    value_get_text(document, "mediaType", &media_type, err) < 0)
		return -1;
	*ret_media_type = xstrdup(media_type ? media_type : MEDIA_TYPE_MANIFEST);
	return 1;
}

int image_store_find(const struct image_env *env, const char *reference, struct digest *ret_digest,
		     char **ret_media_type, struct error *err)
{
	cleanup(reference_release) struct reference parsed = REFERENCE_INIT;
	cleanup(store_tag_release) struct store_tag tag = { 0 };

	if (reference_parse(reference, &parsed, err) < 0)
		return -1;
	if (parsed.has_digest) {
		*ret_digest = parsed.digest;
		return find_by_digest(env, ret_digest, ret_media_type, err);
	}
	int found = store_find_tag(env->store, reference, &tag, err);
	if (found <= 0)
		return found;
	*ret_digest = tag.digest;
	*ret_media_type = xstrdup(tag.media_type);
	return 1;
}

static int store_resolve(const struct image_env *env, const char *reference,
			 const struct platform *platform, struct image **ret_image,
			 struct error *err)
{
	cleanup(image_free) struct image *image = xcalloc(1, sizeof(*image));
	autofree char *media_type = NULL;

	int found = image_store_find(env, reference, &image->digest, &media_type, err);
	if (found > 0)
		found = find_manifest(env, reference, platform, &image->digest, &media_type, err);
	if (found <= 0)
		return found;
	image->reference = xstrdup(reference);
	image->origin = ORIGIN_STORE;
	if (image_fill(env, media_type, image, err) < 0) {
		/* a blob that somebody removed is a miss, not an error */
		return err->code == ERROR_NOT_FOUND ? 0 : -1;
	}
	if (!is_for(image, platform))
		return 0;
	image->note = describe(env, &image->digest, err);
	*ret_image = take_ptr(&image);
	return 1;
}

/* Somebody removed the blob: the registry that the name speaks of may still have it. */
static int store_get_blob(const struct image_env *env, const struct image *image,
			  const struct digest *digest, uint64_t size, int out_fd,
			  const struct progress *progress, bool *ret_is_verified, struct error *err)
{
	cleanup(reference_release) struct reference parsed = REFERENCE_INIT;

	*ret_is_verified = true;
	if (reference_parse(image->reference, &parsed, err) < 0)
		return -1;
	autofree char *repository = xasprintf("%s/%s", parsed.domain, parsed.path);
	if (transfer_get_blob(env->transfer, repository, digest, size, out_fd, progress, err) < 0)
		return error_wrap(err, "layer %s of %s is gone from the store",
				  digest_format(digest).text, image->reference);
	return 0;
}

const struct image_source image_source_store = {
	.origin = ORIGIN_STORE,
	.resolve = store_resolve,
	.get_blob = store_get_blob,
};
