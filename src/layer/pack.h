/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries -> layer blob, in one pass over the bytes: read, hash, tar, cut into members, compress
 * on all cores, hash, write. The tar is ours to the byte: PAX only where a field needs it, whole
 * seconds, numeric owners, no user names; directories end in "/"; a whiteout is an empty ".wh."
 * file with mode 0 and time 0; no ending but two zero blocks.
 *
 * The stream is cut at entry boundaries that a hash of path and content picks (128 KiB to 1 MiB a
 * member; a bigger file every 512 KiB from its start); each member is compressed alone (a gzip
 * member by libdeflate level 5, a zstd frame by libzstd level 3), so the bytes depend neither on
 * the number of cores nor on timing nor on what the store held.
 */
#ifndef CBUILD_LAYER_PACK_H
#define CBUILD_LAYER_PACK_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/fs_entry.h"
#include "base/progress.h"
#include "oci/manifest.h"

struct member_index;

/*
 * Blobs made earlier: members that the new one has in common with them are taken over from there.
 * Changes how long it takes, never what comes out.
 */
struct pack_earlier {
	/*
	 * Asked once, and only when the layer has a second member: one is compressed sooner than
	 * anything is looked up. What is returned is lent until packing ends; earlier ones win.
	 */
	size_t (*list)(void *context, const struct member_index *const **ret_indexes);
	/* The blob of one of them; closed by the packer. -1: of no help. One call at a time. */
	int (*open)(void *context, const struct digest *blob);
	void *context;
};

struct pack_options {
	enum layer_compression compression;
	int level;	/* 0 = the default of the compression */
	bool has_epoch; /* clamp file times to it (rewrite-timestamp) */
	int64_t epoch;
	unsigned n_threads;		    /* 0 = one per core */
	const struct pack_earlier *earlier; /* or NULL */
	struct buf *index; /* gets the member index of the blob, to be kept beside it; or NULL */
};

/* Where entries come from, in walk order. next: 1 entry, 0 end, -1. */
struct pack_source {
	int (*next)(void *context, const struct fs_entry **ret_entry, struct error *err);
	/*
	 * Opens the content of the file entry last returned by next; closed by pack. Where the
	 * entry has_digest, what is read must have it and its size: else ERROR_CHANGED, naming the
	 * file.
	 */
	int (*open)(void *context, const struct fs_entry *entry, int *ret_fd, struct error *err);
	/* Sees a file's content as it is read, piece by piece; -1 ends it all. May be NULL. */
	int (*inspect)(void *context, const void *data, size_t len, struct error *err);
	void *context;
};

/* Where bytes go: the store's ingest, or a test's buffer. */
struct pack_sink {
	int (*write)(void *context, const void *data, size_t len, struct error *err);
	void *context;
};

struct pack_result {
	struct digest diff_id;	   /* of the plain tar */
	struct digest digest;	   /* of the blob */
	uint64_t size, plain_size; /* of blob and tar */
	uint64_t n_entries, n_members;
	uint64_t n_reused; /* members that were not compressed */
};

/* Spawns threads: call it in a process that will not fork again. */
int layer_pack(const struct pack_source *source, const struct pack_sink *sink,
	       const struct pack_options *options, const struct progress *progress,
	       struct pack_result *ret_result, struct error *err) must_check;

/* The same from a plain tar that exists (an image of another compression); cut by the same rule. */
int layer_recompress(int tar_fd, const struct pack_sink *sink, const struct pack_options *options,
		     const struct progress *progress, struct pack_result *ret_result,
		     struct error *err) must_check;

#endif
