/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files the sources of a COPY name, in which order: the first half of a COPY, which needs no
 * destination and of which the content key is made.
 *
 * Sources are paths or patterns (Go's filepath.Match on the whole path); a top-level symlink is
 * followed, those below are not; a directory stands for its contents; --exclude applies to paths
 * relative to a matched directory. With --parents a source stands for what its pattern (with "**")
 * matches below the pivot, in the directories that lead there. No match of a pattern is no error, a
 * missing path is one.
 */
#ifndef CBUILD_EXEC_COPY_SELECT_H
#define CBUILD_EXEC_COPY_SELECT_H

#include "copy_tree.h"

#include "base/arena.h"
#include "cache/key.h"
#include "plan/step.h"

struct selected_file {
	struct fs_entry entry; /* path in the tree; strings in the arena */
	const char *relative;  /* path below the match; "" for the match itself */
	uint64_t dev, inode;
};

/* One thing that a source named: a file, or a directory with all that is in it. */
struct selected_match {
	size_t source;	  /* index of the source */
	const char *name; /* base name that a destination directory gets */
	bool is_dir;
	size_t first, end; /* its files */
};

struct selection {
	struct arena arena;
	struct selected_file *files;
	size_t n_files, files_size;
	struct selected_match *matches;
	size_t n_matches, matches_size;
};

#define SELECTION_INIT              \
	{                           \
		.arena = ARENA_INIT \
	}

void selection_release(struct selection *selection);
DEFINE_RELEASE(struct selection, selection_release);

/*
 * A source of COPY --parents: the directory above its pivot "/./" ("" without one), and the pattern
 * for what lies below; both cleaned and the caller's.
 */
char *copy_parents_split(const char *source, char **ret_pattern);

/* With `hashes`, files whose digest the tree does not know are read and hashed. */
int copy_select(const struct copy_tree *tree, const struct copy_step *copy, bool hashes,
		struct selection *ret_selection, struct error *err) must_check;

/* Is it there? Costs look-ups only. `path` is cleaned; "" is all of the tree. */
int copy_check_path(const struct copy_tree *tree, const char *path, struct error *err) must_check;

/* One path with all that is below, as it is; NULL = all of the tree. */
int copy_select_path(const struct copy_tree *tree, const char *path,
		     struct selection *ret_selection, struct error *err) must_check;

/* Everything selected as it counts: names, types, modes, owners, contents; no times. */
void selection_add_to_key(const struct selection *selection, struct cache_key *key);

#endif
