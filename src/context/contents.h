/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a context directory the steps may see, whatever they name, and which rule decided: for
 * people who wonder why a file is missing, or what makes the context large.
 */
#ifndef CBUILD_CONTEXT_CONTENTS_H
#define CBUILD_CONTEXT_CONTENTS_H

#include "base/arena.h"
#include "base/error.h"
#include "base/fs_entry.h"
#include "context/context.h"

#include <stdbool.h>
#include <stdint.h>

/* The rule that had the last word on a path; line 0 = no rule applies. */
struct ignore_reason {
	bool is_ignored;
	bool is_there; /* in the directory */
	size_t line;
	const char *pattern; /* cleaned, as it is matched; with its "!" */
};

struct context_item {
	const char *path; /* cleaned root path, in the order of path_compare */
	enum fs_type type;
	uint32_t mode;
	uint64_t size;
	struct ignore_reason reason; /* is_ignored: a directory that holds what is taken back */
};

struct context_contents {
	struct arena arena;
	struct context_item *items; /* without the directory itself */
	size_t len;
	size_t n_files;
	uint64_t size; /* of the files */
};

void context_contents_release(struct context_contents *contents);
DEFINE_RELEASE(struct context_contents, context_contents_release);

/* Walks; ignored directories that hold nothing else are not entered. */
int context_contents_read(const struct context *context, struct context_contents *ret_contents,
			  struct error *err) must_check;
/* A single path, which may be written in any way and need not be there. Texts in `arena`. */
int context_explain(const struct context *context, const char *path, struct arena *arena,
		    struct ignore_reason *ret_reason, struct error *err) must_check;

#endif
