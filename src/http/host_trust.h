/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is believed of one host besides the usual authorities, and what we show it: the files that
 * docker and podman look for in certs.d/HOST[:PORT]/ below /etc/containers, /etc/docker and
 * ~/.config/{containers,docker}. *.crt are authorities, NAME.cert with NAME.key is ours; one of
 * them without the other is an error, as in docker.
 */
#ifndef CBUILD_HTTP_HOST_TRUST_H
#define CBUILD_HTTP_HOST_TRUST_H

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"

enum { HOST_TRUST_FILES_MAX = 64, HOST_TRUST_FILE_SIZE_MAX = 1024 * 1024 };

struct host_trust {
	struct buf authorities;	 /* PEM */
	char *certificate, *key; /* paths, or NULL */
};

#define HOST_TRUST_INIT              \
	{                            \
		BUF_INIT, NULL, NULL \
	}

void host_trust_release(struct host_trust *trust);
DEFINE_RELEASE(struct host_trust, host_trust_release);

/* `authority`: "registry.example:5000". 1 something is there, 0 nothing, -1. */
int host_trust_find(const struct strv *environment, const char *authority,
		    struct host_trust *ret_trust, struct error *err) must_check;
/* The same in one directory, which may be missing. */
int host_trust_read(const char *host_path, struct host_trust *trust, struct error *err) must_check;

#endif
