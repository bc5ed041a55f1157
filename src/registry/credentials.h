/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where credentials for a registry come from: docker's and podman's files, read once and only when
 * a registry asks for any. The first source that has something for the registry wins:
 *
 *	--creds
 *	--authfile                            (instead of all that follow)
 *	$DOCKER_CONFIG/config.json            (instead of ~/.docker/config.json)
 *	$REGISTRY_AUTH_FILE
 *	$DOCKER_AUTH_CONFIG                   (the document itself)
 *	~/.docker/config.json
 *	${XDG_RUNTIME_DIR}/containers/auth.json
 *
 * Within one: credHelpers for the host, auths (the longest "host/path" that fits), credsStore.
 */
#ifndef CBUILD_REGISTRY_CREDENTIALS_H
#define CBUILD_REGISTRY_CREDENTIALS_H

#include "base/error.h"
#include "base/json.h"
#include "base/strv.h"
#include "transfer/access.h"

enum { CREDENTIALS_FILE_MAX = 1024 * 1024 };

struct credentials {
	char *username, *password;
	char *identity_token; /* exchanged for tokens; then there is no password */
	char *origin;	      /* "/root/.docker/config.json", "docker-credential-pass" */
};

#define CREDENTIALS_INIT \
	{                \
		0        \
	}

/* Wipes what it frees. */
void credentials_release(struct credentials *credentials);
DEFINE_RELEASE(struct credentials, credentials_release);
struct credentials credentials_dup(const struct credentials *credentials);
/* "user 'x' from /root/.docker/config.json"; never a password. */
void credentials_describe(const struct credentials *credentials, struct buf *buf);
/* The value of an Authorization header. */
char *credentials_format_basic(const struct credentials *credentials);

struct credential_match {
	enum { CREDENTIAL_NONE = 0, CREDENTIAL_INLINE, CREDENTIAL_HELPER } kind;
	struct credentials credentials; /* INLINE */
	char *helper;			/* HELPER: the NAME of docker-credential-NAME */
	char *server;			/* HELPER: what it is asked for */
};

#define CREDENTIAL_MATCH_INIT           \
	{                               \
		.kind = CREDENTIAL_NONE \
	}

void credential_match_release(struct credential_match *match);
DEFINE_RELEASE(struct credential_match, credential_match_release);

/*
 * In one document. `repository` is "domain/path". `skips_helpers`: only auths, after a helper had
 * nothing. 1/0/-1.
 */
int credentials_find_in(const json_t *document, const char *origin, const char *repository,
			bool skips_helpers, struct credential_match *ret_match, struct error *err)
	must_check;

struct credential_files;
/* With what was said on the command line: credentials go before, a file instead of all files. */
struct credential_files *credential_files_new(const struct strv *environment,
					      const struct registry_access *access);
void credential_files_free(struct credential_files *files);
DEFINE_CLEANUP(struct credential_files *, credential_files_free);
/* In all sources, in order. 1/0/-1 */
int credential_files_find(struct credential_files *files, const char *repository,
			  bool skips_helpers, struct credential_match *ret_match, struct error *err)
	must_check;
/* "A, B and C": where was looked, for an error. */
void credential_files_describe(const struct credential_files *files, struct buf *buf);

#endif
