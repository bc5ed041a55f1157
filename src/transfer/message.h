/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages between cbuild and cbuild-net as values and as JSON. Both sides are of one release,
 * and say so in every request: a mismatch is answered with the other's version and nothing else.
 */
#ifndef CBUILD_TRANSFER_MESSAGE_H
#define CBUILD_TRANSFER_MESSAGE_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum { MESSAGE_SIZE_MAX = 64 * 1024, TRANSFER_MANIFEST_SIZE_MAX = 4 * 1024 * 1024 };

enum transfer_kind {
	TRANSFER_GET_MANIFEST = 1, /* body descriptor: where it is written */
	TRANSFER_FIND_MANIFEST,
	TRANSFER_PUT_MANIFEST, /* body descriptor: a file to read it from */
	TRANSFER_GET_BLOB,     /* body descriptor: where it is written */
	TRANSFER_FIND_BLOB,
	TRANSFER_PUT_BLOB, /* body descriptor: a file to read it from */
	TRANSFER_GET_URL,  /* body descriptor: a file, written from its offset on */
	TRANSFER_REACH_URL /* what answers there, and under which address; no body */
};

/* Who may be connected to, beside public and private addresses. */
enum transfer_reach {
	TRANSFER_REACH_LITERAL = 0, /* loopback where the host is literally that */
	TRANSFER_REACH_PUBLIC	    /* public ones only: a public server has named the place */
};

struct transfer_request {
	enum transfer_kind kind;
	char *repository;
	char *what;	  /* tag or digest of a manifest, or NULL */
	char *media_type; /* of a manifest to put, or NULL */
	char *mount_from; /* or NULL */
	struct digest digest;
	uint64_t size; /* of a blob; of a URL: at most */
	uint64_t have; /* GET_BLOB: bytes of it that the body descriptor holds already */

	/* GET_URL, REACH_URL */
	char *url;
	char *authorization; /* for the URL's own origin, or NULL */
	char *etag;	     /* GET_URL: only if it is not this any more; or NULL */
	enum transfer_reach reach;
	bool connects_only; /* REACH_URL: nothing is said to who answers */
};

#define TRANSFER_REQUEST_INIT \
	{                     \
		0             \
	}

void transfer_request_release(struct transfer_request *request);
DEFINE_RELEASE(struct transfer_request, transfer_request_release);
void transfer_request_encode(const struct transfer_request *request, struct buf *buf);
/* 0 = it is of another version, given in *ret_version (the caller's); 1; -1. */
int transfer_request_decode(const char *text, size_t len, struct transfer_request *ret_request,
			    char **ret_version, struct error *err) must_check;
bool transfer_kind_has_body(enum transfer_kind kind);

enum transfer_answer_kind {
	TRANSFER_DONE = 1,
	TRANSFER_PROGRESS,
	TRANSFER_ERROR,
	TRANSFER_MISMATCH
};

struct transfer_answer {
	enum transfer_answer_kind kind;
	bool is_found, is_uploaded; /* DONE */
	struct digest digest;	    /* DONE: of a manifest */
	char *media_type;	    /* DONE: of a manifest, or NULL */
	/* DONE of a URL; is_found is false when it is not modified. */
	uint64_t size;
	char *etag, *last_modified; /* or NULL */
	char *url;		    /* that answered in the end */
	char *address;		    /* of the connection; NULL behind a proxy */
	bool is_public;		    /* it was a public one */
	uint64_t done, total;	    /* PROGRESS */
	struct error error;	    /* ERROR */
	char *version;		    /* MISMATCH */
};

#define TRANSFER_ANSWER_INIT \
	{                    \
		0            \
	}

void transfer_answer_release(struct transfer_answer *answer);
DEFINE_RELEASE(struct transfer_answer, transfer_answer_release);
void transfer_answer_encode(const struct transfer_answer *answer, struct buf *buf);
int transfer_answer_decode(const char *text, size_t len, struct transfer_answer *ret_answer,
			   struct error *err) must_check;

#endif
