/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images of an OCI layout: "oci-layout://PATH[:TAG][@DIGEST]", PATH a directory or a tar of one.
 * An archive is unpacked into the store's tmp/ for as long as the build lives.
 */
#include "source.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/text.h"
#include "image/load.h"
#include "image/resolve.h"
#include "layer/unpack.h"
#include "store/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define REF_NAME "org.opencontainers.image.ref.name"

struct layout_reference {
	char *path;
	char *tag; /* or NULL */
	bool has_digest;
	struct digest digest;
};

static void layout_reference_release(struct layout_reference *reference)
{
	free(reference->path);
	free(reference->tag);
}
DEFINE_RELEASE(struct layout_reference, layout_reference_release);

static int parse_reference(const char *text, struct layout_reference *ret, struct error *err)
{
	cleanup(layout_reference_release) struct layout_reference parsed = { 0 };
	const char *path = text + strlen(LAYOUT_PREFIX);
	const char *at = strrchr(path, '@');

	if (at) {
		if (digest_parse(at + 1, &parsed.digest, err) < 0)
			return error_wrap(err, "%s", text);
		parsed.has_digest = true;
	}
	size_t len = at ? (size_t)(at - path) : strlen(path);
	parsed.path = xstrndup(path, len);
	char *colon = strrchr(parsed.path, ':');
	if (colon && !strchr(colon, '/')) {
		parsed.tag = xstrdup(colon + 1);
		*colon = '\0';
	}
	*ret = parsed;
	parsed = (struct layout_reference){ 0 };
	return 0;
}

/* An archive becomes a directory below the lease's tmp/, under a name made from its identity. */
static int open_archive(const struct image_env *env, int archive_fd, const struct stat *st,
			int *ret_fd, struct error *err)
{
	autofree char *name =
		xasprintf("layout.%llx.%llx.%llx", (unsigned long long)st->st_dev,
			  (unsigned long long)st->st_ino, (unsigned long long)st->st_mtim.tv_sec);
	int tmp_fd = store_tmp_fd(env->store);
	int found = fs_open_beneath(tmp_fd, name, O_RDONLY | O_DIRECTORY, 0, ret_fd, err);

	if (found != 0)
		return found < 0 ? -1 : 0;
	cleanup(buf_release) struct buf aside = BUF_INIT;
	fs_random_name("layout", &aside);
	if (fs_make_dirs(tmp_fd, aside.data, 0700, err) < 0)
		return -1;
	autoclose int fd = -1;
	if (fs_open_beneath(tmp_fd, aside.data, O_RDONLY | O_DIRECTORY, 0, &fd, err) <= 0)
		return -1;
	struct unpack_options options = { .mode = UNPACK_MERGE,
					  .skips_devices = true,
					  .has_owner = true,
					  .uid = geteuid(),
					  .gid = getegid() };
	struct unpack_result result;
	if (layer_unpack(archive_fd, fd, &options, NULL, &result, err) < 0)
		return -1;
	if (renameat(tmp_fd, aside.data, tmp_fd, name) < 0 && errno != EEXIST && errno != ENOTEMPTY)
		return error_sys(err, "rename '%s'", aside.data);
	*ret_fd = take_fd(&fd);
	return 0;
}

static int open_layout(const struct image_env *env, const char *host_path, int *ret_fd,
		       struct error *err)
{
	autoclose int fd = open(host_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_sys(err, "OCI layout '%s'", host_path);
	if (S_ISREG(st.st_mode)) {
		if (open_archive(env, fd, &st, ret_fd, err) < 0)
			return error_wrap(err, "OCI archive '%s'", host_path);
		return 0;
	}
	if (!S_ISDIR(st.st_mode))
		return error_set(err, ERROR_USAGE, "'%s' is neither a directory nor an archive",
				 host_path);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* A regular file of the layout, through no symlink; 1/0/-1. Whatever else lies there is refused. */
static int open_plain(int layout_fd, const char *path, int *ret_fd, struct error *err)
{
	autoclose int fd = -1;
	struct stat st;
	int found = fs_open_beneath(layout_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
				    0, &fd, err);

	if (found <= 0)
		return found;
	if (fstat(fd, &st) < 0)
		return error_sys(err, "'%s' of the layout", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_CORRUPT, "'%s' of the layout is no regular file", path);
	*ret_fd = take_fd(&fd);
	return 1;
}

static char *blob_path(const struct digest *digest)
{
	return xasprintf("blobs/sha256/%s", digest_hex(digest).text);
}

/* A document of the layout, verified, and put into the store. */
static int take_document(const struct image_env *env, int layout_fd, const struct digest *digest,
			 size_t max, struct buf *text, struct error *err)
{
	autofree char *path = blob_path(digest);
	struct digest actual;
	autoclose int fd = -1;

	int found = open_plain(layout_fd, path, &fd, err);
	if (found == 0)
		return error_set(err, ERROR_NOT_FOUND, "the layout has no blob %s",
				 digest_format(digest).text);
	if (found < 0 || fs_read_fd(fd, max, path, text, err) < 0)
		return -1;
	actual = digest_of(text->data, text->len);
	if (!digest_equal(&actual, digest))
		return error_set(err, ERROR_CORRUPT, "blob %s of the layout has the digest %s",
				 digest_format(digest).text, digest_format(&actual).text);
	return blob_put(env->store, text->data, text->len, &actual, err);
}

static bool is_wanted(const struct descriptor *descriptor, const struct layout_reference *wanted,
		      size_t n_manifests)
{
	const char *name = NULL;

	if (descriptor->annotations)
		name = json_string_value(json_object_get(descriptor->annotations, REF_NAME));
	if (wanted->has_digest)
		return digest_equal(&descriptor->digest, &wanted->digest);
	if (!wanted->tag)
		return n_manifests == 1 || (name && strcmp(name, "latest") == 0);
	if (!name)
		return false;
	const char *colon = strrchr(name, ':');
	return strcmp(name, wanted->tag) == 0 ||
	       (colon && !strchr(colon, '/') && strcmp(colon + 1, wanted->tag) == 0);
}

/* 1/0/-1 */
static int find_in_index(int layout_fd, const struct layout_reference *wanted,
			 struct descriptor *ret_descriptor, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(image_index_free) struct image_index *index = NULL;

	autoclose int fd = -1;
	int found = open_plain(layout_fd, "index.json", &fd, err);
	if (found == 0)
		return error_set(err, ERROR_NOT_FOUND, "no OCI layout: there is no index.json");
	if (found < 0 || fs_read_fd(fd, MANIFEST_SIZE_MAX, "index.json", &text, err) < 0 ||
	    image_index_decode(text.data, text.len, MEDIA_TYPE_INDEX, &index, err) < 0)
		return -1;
	for (size_t i = 0; i < index->n_manifests; i++) {
		if (is_wanted(&index->manifests[i], wanted, index->n_manifests)) {
			*ret_descriptor = descriptor_dup(&index->manifests[i]);
			return 1;
		}
	}
	return 0;
}

static int take_documents(const struct image_env *env, int layout_fd,
			  const struct descriptor *named, const struct platform *platform,
			  struct image *image, char **media_type, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT, config = BUF_INIT;
	cleanup(descriptor_release) struct descriptor chosen = DESCRIPTOR_INIT;
	cleanup(manifest_free) struct manifest *manifest = NULL;
	bool is_index = false;

	image->digest = named->digest;
	*media_type = xstrdup(named->media_type);
	if (take_document(env, layout_fd, &image->digest, MANIFEST_SIZE_MAX, &text, err) < 0 ||
	    image_pick_manifest(image->reference, text.data, text.len, *media_type, platform,
				&is_index, &chosen, err) < 0)
		return -1;
	if (is_index) {
		free(*media_type);
		*media_type = xstrdup(chosen.media_type);
		image->digest = chosen.digest;
		buf_clear(&text);
		if (take_document(env, layout_fd, &image->digest, MANIFEST_SIZE_MAX, &text, err) <
		    0)
			return -1;
	}
	if (manifest_decode(text.data, text.len, *media_type, &manifest, err) < 0)
		return -1;
	return take_document(env, layout_fd, &manifest->config.digest, CONFIG_SIZE_MAX, &config,
			     err);
}

static int layout_resolve(const struct image_env *env, const char *reference,
			  const struct platform *platform, struct image **ret_image,
			  struct error *err)
{
	cleanup(layout_reference_release) struct layout_reference wanted = { 0 };
	cleanup(descriptor_release) struct descriptor named = DESCRIPTOR_INIT;
	cleanup(image_free) struct image *image = xcalloc(1, sizeof(*image));
	autofree char *media_type = NULL;
	autoclose int layout_fd = -1;

	if (parse_reference(reference, &wanted, err) < 0 ||
	    open_layout(env, wanted.path, &layout_fd, err) < 0)
		return -1;
	int found = find_in_index(layout_fd, &wanted, &named, err);
	if (found <= 0)
		return found < 0 ? error_wrap(err, "%s", reference) : 0;
	image->reference = xstrdup(reference);
	image->place = xstrdup(wanted.path);
	image->origin = ORIGIN_LAYOUT;
	if (take_documents(env, layout_fd, &named, platform, image, &media_type, err) < 0)
		return error_wrap(err, "%s", reference);
	image->note = xasprintf("%s (from the layout)", digest_format(&image->digest).text);
	if (image_fill(env, media_type, image, err) < 0)
		return -1;
	*ret_image = take_ptr(&image);
	return 1;
}

static int layout_get_blob(const struct image_env *env, const struct image *image,
			   const struct digest *digest, uint64_t size, int out_fd,
			   const struct progress *progress, bool *ret_is_verified,
			   struct error *err)
{
	autofree char *path = blob_path(digest);
	autoclose int layout_fd = -1, fd = -1;
	autofree char *block = xmalloc(BUFSIZ * 16);
	uint64_t done = 0;

	*ret_is_verified = false;
	if (open_layout(env, image->place, &layout_fd, err) < 0)
		return -1;
	int found = open_plain(layout_fd, path, &fd, err);
	if (found == 0)
		return error_set(err, ERROR_NOT_FOUND, "%s: the layout has no blob %s",
				 image->reference, digest_format(digest).text);
	if (found < 0)
		return -1;
	for (;;) {
		size_t n = 0;
		if (fs_read_full(fd, block, BUFSIZ * 16, &n, err) < 0 ||
		    fs_write_all(out_fd, block, n, err) < 0)
			return -1;
		done += n;
		if (!n || done > size)
			return 0; /* the ingest checks size and digest */
		progress_advance(progress, done, size);
	}
}

const struct image_source image_source_layout = {
	.origin = ORIGIN_LAYOUT,
	.resolve = layout_resolve,
	.get_blob = layout_get_blob,
};
