/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values that a step was given, in the forms in which they are looked for in what it prints and
 * what it leaves: as they are, in base 64 (both alphabets, wherever in the encoded text they
 * begin), in hexadecimal, and encoded for URLs. Line ends count for nothing (see base/needles.h),
 * so a value's last one is none of it.
 *
 * Values are here and in what is mounted, and nowhere but in the job of the step.
 */
#ifndef CBUILD_EXEC_SECRET_WATCH_H
#define CBUILD_EXEC_SECRET_WATCH_H

#include "base/buf.h"
#include "base/needles.h"

enum {
	/* Shorter values stand in too much that is no secret. */
	SECRET_MASKED_MIN = 4,
	/* Of these the other forms are known too, and no layer may hold them. */
	SECRET_SCANNED_MIN = 8,
	/* Of a longer value the other forms are those of so much of its beginning. */
	SECRET_FORMS_MAX = 16 * 1024
};

struct secret_form {
	const char *id;	  /* borrowed */
	const char *name; /* "as it is", "in base 64" ... */
};

struct secret_watch {
	struct needles needles; /* the tags are indices of forms */
	VEC(struct secret_form) forms;
};

#define SECRET_WATCH_INIT         \
	{                         \
		.forms = VEC_INIT \
	}

void secret_watch_release(struct secret_watch *watch);
DEFINE_RELEASE(struct secret_watch, secret_watch_release);

void secret_watch_add(struct secret_watch *watch, const char *id, const void *value, size_t len);
/* Once, behind the last. */
void secret_watch_finish(struct secret_watch *watch);
/* Is there anything to look for? */
bool secret_watch_is_empty(const struct secret_watch *watch);

#endif
