/* SPDX-License-Identifier: Apache-2.0 */
#include "layout_index.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "export/export.h"
#include "store/blob.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { BLOCK = 256 * 1024, BLOB_MODE = 0644 };

static int copy_blob(const struct image_env *env, int blobs_fd, const struct digest *digest,
		     struct error *err)
{
	struct digest_text name = digest_hex(digest);
	cleanup(buf_release) struct buf aside = BUF_INIT;
	autofree char *block = xmalloc(BLOCK);
	autoclose int in_fd = -1;

	if (faccessat(blobs_fd, name.text, F_OK, 0) == 0)
		return 0;
	int found = blob_open(env->store, digest, &in_fd, err);
	if (found <= 0)
		return found < 0 ? -1
				 : error_set(err, ERROR_NOT_FOUND, "blob %s is gone from the store",
					     digest_format(digest).text);
	fs_random_name(name.text, &aside);
	autoclose int out_fd =
		openat(blobs_fd, aside.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, BLOB_MODE);
	if (out_fd < 0)
		return error_sys(err, "create '%s'", aside.data);
	for (size_t n = 1; n;) {
		if (fs_read_full(in_fd, block, BLOCK, &n, err) < 0 ||
		    fs_write_all(out_fd, block, n, err) < 0) {
			(void)unlinkat(blobs_fd, aside.data, 0);
			return -1;
		}
	}
	if (renameat(blobs_fd, aside.data, blobs_fd, name.text) < 0)
		return error_sys(err, "rename to '%s'", name.text);
	return 0;
}

static bool has_name(const json_t *entry, const struct strv *names)
{
	const json_t *annotations = json_object_get(entry, "annotations");
	const char *name =
		json_string_value(json_object_get(annotations, "io.containerd.image.name"));

	for (size_t i = 0; name && i < names->len; i++)
		if (strcmp(names->items[i], name) == 0)
			return true;
	return false;
}

/* What the directory's index has already, but for entries of the same names. */
static int read_manifests(int dir_fd, const struct strv *names, json_t *manifests,
			  struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(value_free) json_t *index = NULL;
	json_t *before = NULL, *entry;
	size_t i;

	autoclose int fd = -1;
	int found = fs_open_beneath(dir_fd, "index.json", O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0,
				    &fd, err);
	if (found <= 0)
		return found;
	if (fs_read_fd(fd, MANIFEST_SIZE_MAX, "index.json", &text, err) < 0 ||
	    value_read(text.data, text.len, "index.json", &index, err) < 0 ||
	    value_get_array(index, "manifests", &before, err) < 0)
		return -1;
	json_array_foreach(before, i, entry) if (!has_name(entry, names))
		json_array_append(manifests, entry);
	return 0;
}

static int copy_image(const struct image_env *env, const struct image *image, int blobs_fd,
		      struct error *err)
{
	for (size_t i = 0; i < image->manifest->n_layers; i++)
		if (copy_blob(env, blobs_fd, &image->manifest->layers[i].digest, err) < 0)
			return -1;
	if (copy_blob(env, blobs_fd, &image->manifest->config.digest, err) < 0)
		return -1;
	return copy_blob(env, blobs_fd, &image->digest, err);
}

static int copy_set(const struct image_env *env, const struct image_set *set, int blobs_fd,
		    struct error *err)
{
	for (size_t i = 0; i < set->len; i++)
		if (copy_image(env, set->items[i], blobs_fd, err) < 0)
			return -1;
	return set->has_index ? copy_blob(env, blobs_fd, &set->index.digest, err) : 0;
}

int export_layout(const struct image_env *env, const struct image_set *set,
		  const struct strv *names, const char *host_path, struct error *err)
{
	json_t *manifests = json_array();
	cleanup(value_free) json_t *index = layout_index_new(manifests);
	cleanup(buf_release) struct buf text = BUF_INIT;
	autoclose int dir_fd = -1, blobs_fd = -1;

	if (fs_make_dirs(AT_FDCWD, host_path, 0755, err) < 0)
		return -1;
	if (fs_open_dir(host_path, false, &dir_fd, err) < 0 ||
	    fs_make_dirs(dir_fd, "blobs/sha256", 0755, err) < 0)
		return -1;
	blobs_fd = openat(dir_fd, "blobs/sha256", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (blobs_fd < 0)
		return error_sys(err, "open '%s/blobs/sha256'", host_path);
	if (copy_set(env, set, blobs_fd, err) < 0 ||
	    read_manifests(dir_fd, names, manifests, err) < 0)
		return error_wrap(err, "'%s'", host_path);
	layout_index_add(set, names, manifests);
	value_write(index, 0, &text);
	if (fs_write_atomic(dir_fd, "oci-layout", OCI_LAYOUT_TEXT, strlen(OCI_LAYOUT_TEXT),
			    BLOB_MODE, err) < 0)
		return -1;
	return fs_write_atomic(dir_fd, "index.json", text.data, text.len, BLOB_MODE, err);
}
