/* SPDX-License-Identifier: Apache-2.0 */
/* index.json: what other tools know of an entry and we do not is kept as it is. */
#include "state.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/lock.h"
#include "base/trace.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static const char REF_NAME[] = "org.opencontainers.image.ref.name";

void store_tag_release(struct store_tag *tag)
{
	free(tag->name);
	free(tag->media_type);
	free(tag->platform);
	*tag = (struct store_tag){ 0 };
}

void store_tags_release(struct store_tags *tags)
{
	for (size_t i = 0; i < tags->len; i++)
		store_tag_release(&tags->items[i]);
	free(tags->items);
	*tags = (struct store_tags){ 0 };
}

/* *ret_entries is borrowed from *ret_index. */
static int read_index(const struct store *store, json_t **ret_index, json_t **ret_entries,
		      struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(value_free) json_t *index = NULL;

	int found = fs_read_whole(store->root_fd, "index.json", STORE_INDEX_SIZE_MAX, "index.json",
				  &text, err);
	if (!found)
		return error_set(err, ERROR_CORRUPT, "index.json of the store is gone");
	if (found < 0 || value_read(text.data, text.len, "index.json", &index, err) < 0)
		return -1;
	found = json_is_object(index) ? value_get_array(index, "manifests", ret_entries, err) : 0;
	if (found < 0)
		return error_wrap(err, "index.json");
	if (!found)
		return error_set(err, ERROR_CORRUPT, "index.json has no list of manifests");
	*ret_index = take_ptr(&index);
	return 0;
}

static const char *entry_name(const json_t *entry)
{
	return json_string_value(json_object_get(json_object_get(entry, "annotations"), REF_NAME));
}

static char *platform_text(const json_t *entry)
{
	const json_t *platform = json_object_get(entry, "platform");
	const char *os = json_string_value(json_object_get(platform, "os"));
	const char *architecture = json_string_value(json_object_get(platform, "architecture"));
	const char *variant = json_string_value(json_object_get(platform, "variant"));

	if (!os || !architecture)
		return NULL;
	return xasprintf("%s/%s%s%s", os, architecture, variant ? "/" : "", variant ? variant : "");
}

/* False for what is no entry of ours (another digest algorithm, a foreign shape). */
static bool read_entry(const json_t *entry, struct store_tag *ret_tag)
{
	struct error err = ERROR_INIT;
	const char *digest = json_string_value(json_object_get(entry, "digest"));
	const char *media_type = json_string_value(json_object_get(entry, "mediaType"));
	json_int_t size = json_integer_value(json_object_get(entry, "size"));
	struct store_tag tag = { 0 };

	if (!digest || size < 0 || digest_parse(digest, &tag.digest, &err) < 0) {
		trace("store", "an entry of index.json is passed over: %s", err.text);
		return false;
	}
	const char *name = entry_name(entry);
	tag.name = name ? xstrdup(name) : NULL;
	tag.media_type = xstrdup(media_type ? media_type : "");
	tag.size = (uint64_t)size;
	tag.platform = platform_text(entry);
	*ret_tag = tag;
	return true;
}

int store_list_tags(const struct store *store, struct store_tags *ret_tags, struct error *err)
{
	cleanup(value_free) json_t *index = NULL;
	json_t *entries = NULL, *entry;
	size_t i;

	if (read_index(store, &index, &entries, err) < 0)
		return -1;
	struct store_tags tags = {
		.items = xcalloc(json_array_size(entries) + 1, sizeof(*tags.items)),
	};
	json_array_foreach(entries, i, entry) if (read_entry(entry, &tags.items[tags.len]))
		tags.len++;
	*ret_tags = tags;
	return 0;
}

/* Index of the first entry from `start` with that name (NULL: without one), or the length. */
static size_t find_name(const json_t *entries, const char *name, size_t start)
{
	size_t len = json_array_size(entries);

	for (size_t i = start; i < len; i++) {
		const char *other = entry_name(json_array_get(entries, i));
		if (name && other ? strcmp(name, other) == 0 : name == other)
			return i;
	}
	return len;
}

int store_find_tag(const struct store *store, const char *name, struct store_tag *ret_tag,
		   struct error *err)
{
	cleanup(value_free) json_t *index = NULL;
	json_t *entries = NULL;

	if (read_index(store, &index, &entries, err) < 0)
		return -1;
	json_t *entry = json_array_get(entries, find_name(entries, name, 0));
	return entry && read_entry(entry, ret_tag);
}

static void set_platform(json_t *entry, const char *platform)
{
	autofree char *copy = xstrdup(platform);
	char *rest = copy;
	const char *os = strsep(&rest, "/");
	const char *architecture = strsep(&rest, "/");
	json_t *object = json_object();

	value_set_text(object, "architecture", architecture);
	value_set_text(object, "os", os);
	value_set_text(object, "variant", rest);
	json_object_set_new(entry, "platform", object);
}

static json_t *make_entry(const struct store_tag *target, const char *name)
{
	json_t *entry = json_object();

	value_set_text(entry, "mediaType", target->media_type);
	value_set_text(entry, "digest", digest_format(&target->digest).text);
	json_object_set_new(entry, "size", json_integer((json_int_t)target->size));
	if (name) {
		json_t *annotations = json_object();
		value_set_text(annotations, REF_NAME, name);
		json_object_set_new(entry, "annotations", annotations);
	}
	if (target->platform && *target->platform)
		set_platform(entry, target->platform);
	return entry;
}

/* Everything below says whether it changed the list, so that a cached build writes nothing. */

static bool remove_name(json_t *entries, const char *name, size_t start)
{
	bool changed = false;
	size_t i = start;

	while ((i = find_name(entries, name, i)) < json_array_size(entries))
		changed = json_array_remove(entries, i) == 0;
	return changed;
}

static bool set_name(json_t *entries, const char *name, const struct store_tag *target)
{
	cleanup(value_free) json_t *entry = make_entry(target, name);
	size_t at = find_name(entries, name, 0);
	bool changed = !json_equal(json_array_get(entries, at), entry);

	if (at == json_array_size(entries))
		json_array_append(entries, entry);
	else if (changed)
		json_array_set(entries, at, entry);
	return remove_name(entries, name, at + 1) || changed;
}

static bool has_digest(const json_t *entry, const struct digest *digest)
{
	const char *text = json_string_value(json_object_get(entry, "digest"));

	return text && strcmp(text, digest_format(digest).text) == 0;
}

/* An entry without a name is there only as long as no name points at its manifest. */
static bool remove_unnamed(json_t *entries, const struct digest *digest)
{
	bool changed = false;
	size_t i = 0;

	while ((i = find_name(entries, NULL, i)) < json_array_size(entries)) {
		if (has_digest(json_array_get(entries, i), digest))
			changed = json_array_remove(entries, i) == 0;
		else
			i++;
	}
	return changed;
}

static bool add_unnamed(json_t *entries, const struct store_tag *target)
{
	json_t *entry;
	size_t i;

	json_array_foreach(entries, i, entry) if (has_digest(entry, &target->digest)) return false;
	json_array_append_new(entries, make_entry(target, NULL));
	return true;
}

/* The lock is held, so the name in our folder of tmp/ is only ours. */
static int write_index(struct store *store, const json_t *index, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	int tmp_fd = lease_tmp_fd(store->lease);

	value_write(index, 0, &text);
	if (text.len > STORE_INDEX_SIZE_MAX)
		return error_set(err, ERROR_USAGE, "index.json would be larger than %d bytes",
				 STORE_INDEX_SIZE_MAX);
	if (tmp_fd < 0)
		return error_sys(err, "make 'tmp/%s'", store->lease->name);
	autoclose int fd =
		openat(tmp_fd, "index.json", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_sys(err, "create 'index.json'");
	if (fs_write_all(fd, text.data, text.len, err) < 0)
		return error_wrap(err, "index.json");
	/* the old tags must not be lost with the new one in a power cut */
	if (fdatasync(fd) < 0)
		return error_sys(err, "sync 'index.json'");
	if (renameat(tmp_fd, "index.json", store->root_fd, "index.json") < 0)
		return error_sys(err, "rename to 'index.json'");
	return 0;
}

int store_set_tags(struct store *store, const char *const *names, size_t n_names,
		   const struct store_tag *target, struct error *err)
{
	cleanup(value_free) json_t *index = NULL;
	json_t *entries = NULL;
	autoclose int lock = -1;
	bool changed = false;

	if (lock_take(store->root_fd, "lock", LOCK_EXCLUSIVE, &lock, err) < 0 ||
	    read_index(store, &index, &entries, err) < 0)
		return -1;
	for (size_t i = 0; i < n_names; i++)
		changed |= set_name(entries, names[i], target);
	if (n_names)
		changed |= remove_unnamed(entries, &target->digest);
	else
		changed = add_unnamed(entries, target);
	return changed ? write_index(store, index, err) : 0;
}

int store_remove_tag(struct store *store, const char *name, struct error *err)
{
	cleanup(value_free) json_t *index = NULL;
	json_t *entries = NULL;
	autoclose int lock = -1;

	if (lock_take(store->root_fd, "lock", LOCK_EXCLUSIVE, &lock, err) < 0 ||
	    read_index(store, &index, &entries, err) < 0)
		return -1;
	if (!remove_name(entries, name, 0))
		return 0;
	return write_index(store, index, err) < 0 ? -1 : 1;
}

int store_forget_untagged(struct store *store, const struct digest *digests, size_t n,
			  struct error *err)
{
	cleanup(value_free) json_t *index = NULL;
	json_t *entries = NULL;
	autoclose int lock = -1;
	bool changed = false;

	if (lock_take(store->root_fd, "lock", LOCK_EXCLUSIVE, &lock, err) < 0 ||
	    read_index(store, &index, &entries, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		changed |= remove_unnamed(entries, &digests[i]);
	return changed ? write_index(store, index, err) : 0;
}
