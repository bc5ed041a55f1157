/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What steps may see of a build context: every entry that is not ignored and that some step names,
 * with the digest of each file, in the order of path_compare (base/path.h). Made once in a build,
 * by one job, which writes it to a file of ours; the others map that file.
 *
 * The context's own directory "" is entry 0. The directories above an entry are there too, also
 * those that are ignored themselves but hold something that is re-included. Owners are 0, as the
 * builder sees a context. File capabilities are not part of a context.
 */
#ifndef CBUILD_CONTEXT_LISTING_H
#define CBUILD_CONTEXT_LISTING_H

#include "base/fs_entry.h"
#include "cache/content.h"
#include "context/ignore.h"

enum {
	LISTING_ENTRIES_MAX = 16 * 1024 * 1024,
	LISTING_LINKS_MAX = 40, /* symlinks followed for one source, as the kernel counts */
	LISTING_THREADS_MAX = 64
};

enum listing_source_kind {
	LISTING_PATH, /* as it is written: a bind mount, or a COPY source without wildcards */
	LISTING_GLOB, /* PATTERN_GLOB: a COPY source with wildcards */
	LISTING_DEEP  /* PATTERN_DEEP: COPY --parents */
};

/*
 * Something that a step names: what it is or matches, and all that is below. Symlinks on the way
 * and at the end are followed within the context, and both the links and what they lead to are
 * listed; only a DEEP pattern follows none. What does not exist adds nothing.
 */
struct listing_source {
	enum listing_source_kind kind;
	const char *path; /* cleaned root path, or a pattern for such; "" = everything */
};

/*
 * Walks the directory and writes the listing to out_fd, from its start. `ignore` and `memo` may be
 * NULL; what is read is added to the memo, saving it is the caller's. Files are hashed in up to
 * `threads` threads where there is enough to hash. ERROR_CHANGED: somebody changes the context.
 */
int listing_make(int context_fd, const struct ignore *ignore, const struct listing_source *sources,
		 size_t n_sources, struct content_memo *memo, unsigned threads, int out_fd,
		 struct error *err) must_check;

struct listing;

/* Maps the file, which stays the caller's; it is checked, so that a torn one does no harm. */
int listing_open(int fd, struct listing **ret_listing, struct error *err) must_check;
void listing_close(struct listing *listing);
DEFINE_CLEANUP(struct listing *, listing_close);

size_t listing_count(const struct listing *listing);
/* Its texts live as long as the listing. */
struct fs_entry listing_entry(const struct listing *listing, size_t i);
/* The first entry that is the same file as this one (a hard link of it); i itself if none is. */
size_t listing_first_link(const struct listing *listing, size_t i);
bool listing_find(const struct listing *listing, const char *path, size_t *ret_i);
/*
 * Where a path leads when the symlinks in every component are followed within the context: cleaned,
 * the caller's. What is not listed stays as written; a chain that does not end is ERROR_NOT_FOUND.
 */
int listing_resolve(const struct listing *listing, const char *path, char **ret_path,
		    struct error *err) must_check;
/* The entries [first, last) that are this path or below it. */
void listing_range(const struct listing *listing, const char *path, size_t *ret_first,
		   size_t *ret_last);

#endif
