/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking docker-credential-NAME, as docker does: the server on its stdin, JSON on its stdout. It is
 * looked for on the PATH this program was started with, gets 30 seconds and 64 KiB, and no shell.
 */
#ifndef CBUILD_REGISTRY_CREDENTIAL_HELPER_H
#define CBUILD_REGISTRY_CREDENTIAL_HELPER_H

#include "base/strv.h"
#include "http/loop.h"
#include "registry/credentials.h"

struct credential_helper;

/* credentials NULL and err NULL: it has none for this server. */
typedef void (*credential_helper_fn)(void *context, const struct credentials *credentials,
				     const struct error *err);

/* NULL and *err when it cannot be started; else fn is called later, once. */
struct credential_helper *credential_helper_start(struct loop *loop, const char *path_variable,
						  const char *name, const char *server,
						  credential_helper_fn fn, void *context,
						  struct error *err);
/* Kills it; fn is not called. NULL is fine. */
void credential_helper_cancel(struct credential_helper *helper);

/* What it printed, as credentials; 1/0/-1. */
int credential_helper_read(const char *name, const char *text, size_t len, int exit_status,
			   struct credentials *ret_credentials, struct error *err) must_check;

#endif
