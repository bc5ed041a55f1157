/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The distribution protocol (OCI distribution-spec 1.1, Docker registry v2): manifests and blobs of
 * repositories, fetched and put, with authorization, retries and verification behind it. One
 * registry_order is one piece of work; any number run at a time on one loop.
 */
#ifndef CBUILD_REGISTRY_REGISTRY_H
#define CBUILD_REGISTRY_REGISTRY_H

#include "base/digest.h"
#include "http/http.h"
#include "transfer/access.h"

struct registry;
struct registry_call;

struct registry_settings {
	const struct strv *environment;	      /* lent, as long as the registry lives */
	const struct strv *trusted_realms;    /* host names; lent */
	const struct registry_access *access; /* lent */
	struct retry_limits limits;
};

enum registry_verb {
	REGISTRY_GET_MANIFEST = 1,
	REGISTRY_FIND_MANIFEST,
	REGISTRY_PUT_MANIFEST,
	REGISTRY_GET_BLOB,
	REGISTRY_FIND_BLOB,
	REGISTRY_PUT_BLOB
};

/* Where a blob goes. It judges what it got: the registry room only brings it. */
struct registry_sink {
	/* As struct http_sink's. */
	int (*take)(void *context, const void *data, size_t len, struct error *err);
	/* All is there: is it what it should be? ERROR_CORRUPT if not. */
	int (*finish)(void *context, struct error *err);
	/* 1: everything taken is forgotten, the blob may come once more; 0: that cannot be. */
	int (*restart)(void *context, struct error *err);
	void *context;
};

struct registry_order {
	enum registry_verb verb;
	char *repository;     /* "docker.io/library/busybox", normalised */
	char *what;	      /* tag or digest of a manifest */
	struct digest digest; /* of a blob */
	uint64_t size;
	char *media_type;	   /* PUT_MANIFEST */
	struct buf body;	   /* PUT_MANIFEST */
	char *mount_from;	   /* PUT_BLOB: another repository of the same registry, or NULL */
	int in_fd;		   /* PUT_BLOB: a regular file, read by offset; lent */
	struct registry_sink sink; /* GET_BLOB */
	uint64_t have;		   /* GET_BLOB: bytes at its start that the sink has got already */
	void (*sent)(void *context, uint64_t done); /* PUT_BLOB; may be NULL */
	void *sent_context;
};

#define REGISTRY_ORDER_INIT                   \
	{                                     \
		.body = BUF_INIT, .in_fd = -1 \
	}

void registry_order_release(struct registry_order *order);
DEFINE_RELEASE(struct registry_order, registry_order_release);

struct registry_answer {
	bool is_found;	      /* FIND_... */
	bool is_uploaded;     /* PUT_BLOB: its bytes were sent */
	struct digest digest; /* of a manifest */
	const char *media_type;
	const struct buf *body; /* GET_MANIFEST */
};

/* answer is NULL when err is not. What it points to lives for the call. */
typedef void (*registry_done_fn)(void *context, const struct registry_answer *answer,
				 const struct error *err);

struct registry *registry_new(struct http *http, const struct registry_settings *settings);
void registry_free(struct registry *registry);
DEFINE_CLEANUP(struct registry *, registry_free);

/* Takes the contents of *order over. done is called once, later, from the loop. */
struct registry_call *registry_start(struct registry *registry, struct registry_order *order,
				     registry_done_fn done, void *context);
/* done is not called. NULL is fine. */
void registry_cancel(struct registry_call *call);
/* The sink of a blob has room again. */
void registry_resume(struct registry_call *call);

#endif
