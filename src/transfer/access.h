/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How registries are to be reached, as far as somebody said so: a plain value that goes to
 * cbuild-net when it is started. Credentials in it are nobody else's to see.
 */
#ifndef CBUILD_TRANSFER_ACCESS_H
#define CBUILD_TRANSFER_ACCESS_H

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"

#include <stdbool.h>
#include <stdint.h>

enum { REGISTRY_ACCESS_SIZE_MAX = 1024 * 1024, REGISTRY_RETRIES_MAX = 100 };

struct registry_access {
	char *credentials;		 /* "user:password" for every registry that asks; or NULL */
	char *auth_file;		 /* instead of all usual ones; or NULL */
	char *certificate_dir;		 /* for every registry, instead of certs.d/HOST; or NULL */
	struct strv certificates;	 /* HOST=PATH */
	struct strv client_certificates; /* HOST=CERTIFICATE,KEY */
	/* Certificates are not verified, and plain http is spoken where there is no https. */
	bool is_insecure_to_pull, is_insecure_to_push;
	struct strv insecure_hosts; /* HOST[:PORT] */
	/* NAME=PLACE, NAME a host or host/path: pulls from NAME ask PLACE first, in this order. */
	struct strv mirrors;
	bool only_mirrors;		    /* what has a mirror is not asked itself */
	int64_t pull_retries, push_retries; /* -1 = as usual */
	int64_t retries;		    /* of what is neither, as URLs; -1 = as usual */
	int64_t retry_delay_ns;		    /* 0 = growing, with chance */
};

#define REGISTRY_ACCESS_INIT                                          \
	{                                                             \
		.pull_retries = -1, .push_retries = -1, .retries = -1 \
	}

/* Wipes what it frees. */
void registry_access_release(struct registry_access *access);
DEFINE_RELEASE(struct registry_access, registry_access_release);
void registry_access_encode(const struct registry_access *access, struct buf *buf);
int registry_access_decode(const char *text, size_t len, struct registry_access *ret_access,
			   struct error *err) must_check;
/* May `host` ("registry.example:5000") be spoken to without knowing who it is? */
bool registry_access_is_insecure(const struct registry_access *access, const char *host,
				 bool pushes);

#endif
