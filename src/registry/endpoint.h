/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which server a repository is on, and how it is spoken to. docker.io is registry-1.docker.io.
 * Registries on loopback (127.0.0.0/8, ::1, localhost) may speak plain http, as with docker; it is
 * tried first there, https if that is what answers. No other host is ever spoken to without TLS,
 * unless somebody said that it may be (scheme.h).
 */
#ifndef CBUILD_REGISTRY_ENDPOINT_H
#define CBUILD_REGISTRY_ENDPOINT_H

#include "http/url.h"

enum { REPOSITORY_LEN_MAX = 512, TAG_LEN_MAX = 128 };

struct endpoint {
	char *domain;	 /* as in the name: "docker.io", "127.0.0.1:5000" */
	char *path;	 /* "library/busybox" */
	struct url base; /* "https://registry-1.docker.io/" */
	char *authority; /* of the server: "registry-1.docker.io" */
	bool is_loopback;
};

#define ENDPOINT_INIT \
	{             \
		0     \
	}

void endpoint_release(struct endpoint *endpoint);
DEFINE_RELEASE(struct endpoint, endpoint_release);

/* "docker.io/library/busybox", normalised; its characters are checked once more. */
int endpoint_of(const char *repository, struct endpoint *ret_endpoint, struct error *err)
	must_check;
/* A tag, or "sha256:<64 hex>". */
int endpoint_check_what(const char *what, struct error *err) must_check;

#endif
