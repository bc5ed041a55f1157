/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_blob.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/trace.h"
#include "layer/member_files.h"
#include "store/blob.h"

struct making {
	const struct image_env *env;
	struct blob_ingest *ingest;
	struct member_files earlier;
	struct buf index;
};

static void making_release(struct making *making)
{
	blob_ingest_free(making->ingest);
	member_files_release(&making->earlier);
	buf_release(&making->index);
}
DEFINE_RELEASE(struct making, making_release);

static int write_to_ingest(void *context, const void *data, size_t len, struct error *err)
{
	const struct making *making = context;

	return fs_write_all(blob_ingest_fd(making->ingest), data, len, err);
}

static size_t list_earlier(void *context, const struct member_index *const **ret_indexes)
{
	struct making *making = context;

	member_files_load(store_root_fd(making->env->store), &making->earlier);
	*ret_indexes = (const struct member_index *const *)making->earlier.items;
	return making->earlier.len;
}

static int open_earlier(void *context, const struct digest *blob)
{
	const struct making *making = context;
	struct error ignored = ERROR_INIT;
	int fd = -1;

	return blob_open(making->env->store, blob, &fd, &ignored) > 0 ? fd : -1;
}

static void put_index(const struct making *making, const struct digest *blob)
{
	const struct store *store = making->env->store;
	struct error err = ERROR_INIT;

	if (member_file_put(store_root_fd(store), store_tmp_fd(store), blob, &making->index, &err) <
	    0)
		trace("layer", "a later layer will not profit: %s", err.text);
}

/* A source, or else a plain tar. */
static int make(const struct image_env *env, const struct pack_source *source, int tar_fd,
		const struct pack_options *given, const struct progress *progress,
		struct pack_result *ret_result, struct error *err)
{
	cleanup(making_release) struct making making = { .env = env, .index = BUF_INIT };
	const struct pack_earlier earlier = { list_earlier, open_earlier, &making };
	const struct pack_sink sink = { write_to_ingest, &making };
	struct pack_options options = *given;
	struct pack_result result;

	options.earlier = &earlier;
	options.index = &making.index;
	if (blob_ingest_new(env->store, &making.ingest, err) < 0)
		return -1;
	if ((source ? layer_pack(source, &sink, &options, progress, &result, err)
		    : layer_recompress(tar_fd, &sink, &options, progress, &result, err)) < 0 ||
	    /* hashed while it was packed */
	    blob_ingest_finish(take_ptr(&making.ingest), &result.digest, result.size, true, NULL,
			       NULL, err) < 0)
		return -1;
	put_index(&making, &result.digest);
	trace("layer", "%s: %llu of %llu members taken over", digest_format(&result.digest).text,
	      (unsigned long long)result.n_reused, (unsigned long long)result.n_members);
	*ret_result = result;
	return 0;
}

int layer_blob_pack(const struct image_env *env, const struct pack_source *source,
		    const struct pack_options *options, const struct progress *progress,
		    struct pack_result *ret_result, struct error *err)
{
	return make(env, source, -1, options, progress, ret_result, err);
}

int layer_blob_recompress(const struct image_env *env, int tar_fd,
			  const struct pack_options *options, struct pack_result *ret_result,
			  struct error *err)
{
	return make(env, NULL, tar_fd, options, NULL, ret_result, err);
}
