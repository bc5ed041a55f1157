/* SPDX-License-Identifier: Apache-2.0 */
#include "layout_index.h"
#include "tar_stream.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/map.h"
#include "export/export.h"
#include "layer/tar_write.h"
#include "oci/reference.h"
#include "store/blob.h"

#include <string.h>

enum { FILE_MODE = 0644, DIR_MODE = 0755, BLOCK = 256 * 1024 };

static int write_header(const struct tar_stream *stream, const char *path, enum fs_type type,
			uint64_t size, struct error *err)
{
	cleanup(buf_release) struct buf name = BUF_INIT, header = BUF_INIT;
	struct fs_entry entry = { .path = path,
				  .type = type,
				  .size = size,
				  .mode = type == FS_DIR ? DIR_MODE : FILE_MODE };

	if (tar_write_header(&entry, &name, &header, err) < 0)
		return -1;
	return stream->write(stream->context, header.data, header.len, err);
}

static int write_zeros(const struct tar_stream *stream, size_t len, struct error *err)
{
	static const char zeros[2 * TAR_BLOCK_SIZE];

	return len ? stream->write(stream->context, zeros, len, err) : 0;
}

int tar_stream_dir(const struct tar_stream *stream, const char *path, struct error *err)
{
	return write_header(stream, path, FS_DIR, 0, err);
}

int tar_stream_data(const struct tar_stream *stream, const char *path, const void *data, size_t len,
		    struct error *err)
{
	if (write_header(stream, path, FS_FILE, len, err) < 0 ||
	    stream->write(stream->context, data, len, err) < 0)
		return -1;
	return write_zeros(stream, tar_padding(len), err);
}

int tar_stream_file(const struct tar_stream *stream, const char *path, int fd, uint64_t size,
		    struct error *err)
{
	autofree char *block = xmalloc(BLOCK);
	uint64_t left = size;

	if (write_header(stream, path, FS_FILE, size, err) < 0)
		return -1;
	while (left) {
		size_t n = 0;
		if (fs_read_full(fd, block, left < BLOCK ? (size_t)left : BLOCK, &n, err) < 0)
			return -1;
		if (!n)
			return error_set(err, ERROR_CORRUPT, "'%s' is shorter than %llu bytes",
					 path, (unsigned long long)size);
		if (stream->write(stream->context, block, n, err) < 0)
			return -1;
		left -= n;
	}
	return write_zeros(stream, tar_padding(size), err);
}

int tar_stream_end(const struct tar_stream *stream, struct error *err)
{
	return write_zeros(stream, (size_t)2 * TAR_BLOCK_SIZE, err);
}

/* --- the archive of an image ------------------------------------------------------------------ */

static char *blob_path(const struct digest *digest)
{
	return xasprintf("blobs/sha256/%s", digest_hex(digest).text);
}

static int write_blob(const struct image_env *env, const struct tar_stream *stream,
		      struct map *written, const struct digest *digest, struct error *err)
{
	autofree char *path = blob_path(digest);
	autoclose int fd = -1;
	uint64_t size = 0;

	if (map_has(written, path))
		return 0;
	(void)map_set(written, path, written);
	int found = blob_open(env->store, digest, &fd, err);
	if (found > 0)
		found = blob_find(env->store, digest, &size, err);
	if (found == 0)
		return error_set(err, ERROR_NOT_FOUND, "blob %s is gone from the store",
				 digest_format(digest).text);
	return found < 0 ? -1 : tar_stream_file(stream, path, fd, size, err);
}

static int write_image_blobs(const struct image_env *env, const struct image *image,
			     const struct tar_stream *stream, struct map *written,
			     struct error *err)
{
	int result = write_blob(env, stream, written, &image->digest, err);

	if (result == 0)
		result = write_blob(env, stream, written, &image->manifest->config.digest, err);
	for (size_t i = 0; result == 0 && i < image->manifest->n_layers; i++)
		result = write_blob(env, stream, written, &image->manifest->layers[i].digest, err);
	return result;
}

static int write_blobs(const struct image_env *env, const struct image_set *set,
		       const struct tar_stream *stream, struct error *err)
{
	cleanup(map_release) struct map written = MAP_INIT;

	if (set->has_index && write_blob(env, stream, &written, &set->index.digest, err) < 0)
		return -1;
	for (size_t i = 0; i < set->len; i++)
		if (write_image_blobs(env, set->items[i], stream, &written, err) < 0)
			return -1;
	return 0;
}

/* docker's own manifest.json: where config and layers stand in the archive. */
static int write_docker_manifest(const struct image *image, const struct strv *names,
				 const struct tar_stream *stream, struct error *err)
{
	cleanup(value_free) json_t *list = json_array();
	cleanup(buf_release) struct buf text = BUF_INIT;
	json_t *object = json_object(), *tags = json_array(), *layers = json_array();
	autofree char *config = blob_path(&image->manifest->config.digest);

	json_object_set_new(object, "Config", json_string(config));
	for (size_t i = 0; i < names->len; i++) {
		cleanup(reference_release) struct reference reference = REFERENCE_INIT;
		cleanup(buf_release) struct buf familiar = BUF_INIT;
		if (reference_parse(names->items[i], &reference, err) < 0) {
			json_decref(object);
			json_decref(tags);
			json_decref(layers);
			return -1;
		}
		reference_format_familiar(&reference, false, &familiar);
		json_array_append_new(tags, json_string(familiar.data));
	}
	json_object_set_new(object, "RepoTags", tags);
	for (size_t i = 0; i < image->manifest->n_layers; i++) {
		autofree char *path = blob_path(&image->manifest->layers[i].digest);
		json_array_append_new(layers, json_string(path));
	}
	json_object_set_new(object, "Layers", layers);
	json_array_append_new(list, object);
	value_write(list, 0, &text);
	return tar_stream_data(stream, "manifest.json", text.data, text.len, err);
}

void layout_index_add(const struct image_set *set, const struct strv *names, json_t *manifests)
{
	const struct image *image = set->items[0];

	for (size_t i = 0; i == 0 || i < names->len; i++) {
		struct descriptor descriptor = descriptor_make(
			image_set_media_type(set), image_set_digest(set), image_set_size(set));
		descriptor.has_platform = !set->has_index;
		descriptor.platform = image->config->platform;
		if (names->len) {
			const char *slash = strrchr(names->items[i], '/');
			const char *colon = strrchr(slash ? slash : names->items[i], ':');
			descriptor.annotations = json_object();
			value_set_text(descriptor.annotations, "io.containerd.image.name",
				       names->items[i]);
			value_set_text(descriptor.annotations, "org.opencontainers.image.created",
				       image->config->created);
			value_set_text(descriptor.annotations, "org.opencontainers.image.ref.name",
				       colon ? colon + 1 : names->items[i]);
		}
		json_array_append_new(manifests, descriptor_encode(&descriptor));
		descriptor_release(&descriptor);
	}
}

json_t *layout_index_new(json_t *manifests)
{
	json_t *index = json_object();

	json_object_set_new(index, "schemaVersion", json_integer(2));
	value_set_text(index, "mediaType", MEDIA_TYPE_INDEX);
	json_object_set_new(index, "manifests", manifests);
	return index;
}

int archive_write(const struct image_env *env, const struct image_set *set,
		  const struct strv *names, bool is_docker, const struct tar_stream *stream,
		  struct error *err)
{
	json_t *manifests = json_array();
	cleanup(value_free) json_t *index = layout_index_new(manifests);
	cleanup(buf_release) struct buf text = BUF_INIT;

	layout_index_add(set, names, manifests);
	value_write(index, 0, &text);
	if (tar_stream_dir(stream, "blobs", err) < 0 ||
	    tar_stream_dir(stream, "blobs/sha256", err) < 0 ||
	    write_blobs(env, set, stream, err) < 0 ||
	    tar_stream_data(stream, "index.json", text.data, text.len, err) < 0 ||
	    (is_docker && write_docker_manifest(set->items[0], names, stream, err) < 0) ||
	    tar_stream_data(stream, "oci-layout", OCI_LAYOUT_TEXT, strlen(OCI_LAYOUT_TEXT), err) <
		    0)
		return -1;
	return tar_stream_end(stream, err);
}

static int write_to_fd(void *context, const void *data, size_t len, struct error *err)
{
	return fs_write_all(*(const int *)context, data, len, err);
}

int export_archive(const struct image_env *env, const struct image_set *set,
		   const struct strv *names, bool is_docker, int out_fd, struct error *err)
{
	struct tar_stream stream = { .write = write_to_fd, .context = &out_fd };

	return archive_write(env, set, names, is_docker, &stream, err);
}
