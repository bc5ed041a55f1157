/* SPDX-License-Identifier: Apache-2.0 */
/* Which paths of a context are named by some step: struct listing_source, with links followed. */
#ifndef CBUILD_CONTEXT_WANTED_H
#define CBUILD_CONTEXT_WANTED_H

#include "base/map.h"
#include "base/pattern.h"
#include "base/vec.h"
#include "context/listing.h"

struct wanted_pattern {
	struct pattern *pattern;
	bool follows_links;
};

struct wanted {
	struct map paths;     /* wanted with all that is below */
	struct map ancestors; /* directories above one */
	VEC(struct wanted_pattern) patterns;
};

#define WANTED_INIT                          \
	{                                    \
		MAP_INIT, MAP_INIT, VEC_INIT \
	}

void wanted_release(struct wanted *wanted);
DEFINE_RELEASE(struct wanted, wanted_release);

int wanted_add_source(struct wanted *wanted, int context_fd, const struct listing_source *source,
		      struct error *err) must_check;
/* The path with all below, as it stands. Is it new? */
bool wanted_add(struct wanted *wanted, const char *path);
/* The path and what its links lead to. 1 if something is wanted that was not, 0, -1. */
int wanted_follow(struct wanted *wanted, int context_fd, const char *path, struct error *err)
	must_check;

enum wanted_answer {
	WANTED_NOT = 0,
	WANTED_BELOW,	/* maybe something below it */
	WANTED_ALL,	/* it and all below */
	WANTED_MATCHED, /* the same, by a pattern: if it is a link, what it leads to is wanted too
			 */
};

/* For a path whose directory is not wanted itself. */
int wanted_ask(const struct wanted *wanted, const char *path, enum wanted_answer *ret_answer,
	       struct error *err) must_check;

#endif
