/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate authorities to believe. libcurl knows only the path of the distribution it was
 * built on; this program runs elsewhere too.
 */
#ifndef CBUILD_HTTP_TRUST_H
#define CBUILD_HTTP_TRUST_H

#include "base/strv.h"

struct trust {
	char *file;	 /* PEM bundle, or NULL */
	char *directory; /* of hashed certificates, or NULL */
};

#define TRUST_INIT         \
	{                  \
		NULL, NULL \
	}

void trust_release(struct trust *trust);
DEFINE_RELEASE(struct trust, trust_release);

/*
 * SSL_CERT_FILE and SSL_CERT_DIR where they are set; else the first bundle that is there of those
 * that distributions use, else "ca-bundle.crt" in `program_dir` (the relocatable tarball's).
 */
struct trust trust_find(const struct strv *environment, const char *program_dir);

#endif
