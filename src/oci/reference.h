/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Image references, normalised once as docker does (distribution/reference): "app" is
 * docker.io/library/app:latest. Grammar and length limits exactly as there.
 */
#ifndef CBUILD_OCI_REFERENCE_H
#define CBUILD_OCI_REFERENCE_H

#include "base/buf.h"
#include "base/digest.h"

struct reference {
	char *domain; /* "docker.io", "127.0.0.1:5000" */
	char *path;   /* "library/app" */
	char *tag;    /* "latest"; NULL where only a digest was given */
	bool has_digest;
	struct digest digest;
};

#define REFERENCE_INIT \
	{              \
		0      \
	}

/* ":latest" is added where neither tag nor digest is given. */
int reference_parse(const char *text, struct reference *ret_reference, struct error *err)
	must_check;
void reference_release(struct reference *reference);
DEFINE_RELEASE(struct reference, reference_release);
struct reference reference_dup(const struct reference *reference);

/* docker.io/library/app:latest[@sha256:...]: the name in the store and in index.json. */
void reference_format(const struct reference *reference, struct buf *buf);
/* As docker shows it: "app:latest"; `app` for ":latest" of the familiar key with strip_latest. */
void reference_format_familiar(const struct reference *reference, bool strip_latest,
			       struct buf *buf);

#endif
