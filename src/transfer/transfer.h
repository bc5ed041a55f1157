/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be asked of the network. Jobs ask, cbuild-net answers; messages are small JSON records
 * over a socket, bodies travel through descriptors that are handed along (SCM_RIGHTS). Each
 * request carries a socket of its own for its answers, so any number of jobs can ask at once
 * through the one inherited socket.
 *
 * transfer_new makes the socket pair before the first fork. The coordinator polls
 * transfer_wanted_fd: readable = the first request lies there, so it calls transfer_start_helper
 * (which starts cbuild-net with that end and closes the coordinator's copy). If the helper dies,
 * every waiting job sees the end of its answer socket: ERROR_NETWORK. If it cannot be started, the
 * jobs that wait get the reason as their answer.
 */
#ifndef CBUILD_TRANSFER_TRANSFER_H
#define CBUILD_TRANSFER_TRANSFER_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/progress.h"
#include "transfer/access.h"

#include <stdbool.h>
#include <sys/types.h>

struct transfer;

/* `access` goes to the helper, and nowhere else; NULL = as usual. */
int transfer_new(const struct registry_access *access, struct transfer **ret_transfer,
		 struct error *err) must_check;
void transfer_free(struct transfer *transfer);
DEFINE_CLEANUP(struct transfer *, transfer_free);
/* For poll only. -1 after the helper was started, or could not be. */
int transfer_wanted_fd(const struct transfer *transfer);
/*
 * Finds cbuild-net beside the running program, else in ../libexec/cbuild/, never on PATH, and
 * starts it. *ret_pid is the coordinator's to reap; the helper ends by itself when the last copy of
 * the client socket is closed, and is killed with its parent.
 */
int transfer_start_helper(struct transfer *transfer, pid_t *ret_pid, struct error *err) must_check;

/* --- what jobs ask --------------------------------------------------------------------------- */

/* `repository`: "docker.io/library/busybox"; `what`: a tag or "sha256:...". */
int transfer_get_manifest(struct transfer *transfer, const char *repository, const char *what,
			  struct buf *ret_body, char **ret_media_type, struct digest *ret_digest,
			  struct error *err) must_check;
/* HEAD: only the digest. 1/0/-1 */
int transfer_find_manifest(struct transfer *transfer, const char *repository, const char *what,
			   struct digest *ret_digest, struct error *err) must_check;
/*
 * Writes the blob into out_fd, verified for digest and size while it passes: a regular file from
 * its current offset on, or a pipe or socket, which is made non-blocking. After a failure a file
 * may hold a part of it.
 */
int transfer_get_blob(struct transfer *transfer, const char *repository,
		      const struct digest *digest, uint64_t size, int out_fd,
		      const struct progress *progress, struct error *err) must_check;
/*
 * The rest of a blob, of which the file out_fd holds the first `have` bytes (fewer than `size`) and
 * nothing else. They are taken as they are: only the size is verified, the digest is for the
 * caller.
 */
int transfer_resume_blob(struct transfer *transfer, const char *repository,
			 const struct digest *digest, uint64_t size, uint64_t have, int out_fd,
			 const struct progress *progress, struct error *err) must_check;
/*
 * Makes the blob be in the repository: asks whether it is, mounts it from `mount_from` (a
 * repository of the same registry, or NULL), else uploads from in_fd, a regular file, from its
 * start whatever its offset is. *ret_uploaded says which.
 */
int transfer_put_blob(struct transfer *transfer, const char *repository,
		      const struct digest *digest, uint64_t size, int in_fd, const char *mount_from,
		      const struct progress *progress, bool *ret_uploaded, struct error *err)
	must_check;
/* 1 there, 0 not. */
int transfer_find_blob(struct transfer *transfer, const char *repository,
		       const struct digest *digest, uint64_t size, struct error *err) must_check;
int transfer_put_manifest(struct transfer *transfer, const char *repository, const char *what,
			  const char *media_type, const void *body, size_t len, struct error *err)
	must_check;

/* What a URL gave. Strings are the caller's. */
struct transfer_resource {
	bool is_modified; /* false: it is what `etag` of the request was, and nothing was written */
	struct digest digest;
	uint64_t size;
	char *etag, *last_modified; /* or NULL */
};
void transfer_resource_release(struct transfer_resource *resource);
DEFINE_RELEASE(struct transfer_resource, transfer_resource_release);

/*
 * GET of a http or https URL, redirects followed, into out_fd, a regular file, from its current
 * offset on. `authorization` (the header's value) goes to the URL's own origin only; with `etag`
 * the body comes only if it is another. More than max bytes are ERROR_CORRUPT.
 */
int transfer_get_url(struct transfer *transfer, const char *url, const char *authorization,
		     const char *etag, uint64_t max, int out_fd, const struct progress *progress,
		     struct transfer_resource *ret_resource, struct error *err) must_check;

/* Where a URL leads. Strings are the caller's. */
struct transfer_place {
	char *url;     /* behind its redirects */
	char *address; /* that was connected to; NULL behind a proxy */
	bool is_public;
};
void transfer_place_release(struct transfer_place *place);
DEFINE_RELEASE(struct transfer_place, transfer_place_release);

/*
 * Asks (GET) and forgets the answer, whatever its status: for another program that shall connect to
 * this address and no other. `connects_only`: of the URL only host and port count. is_led: a public
 * server named the URL, so only public addresses will do.
 */
int transfer_reach_url(struct transfer *transfer, const char *url, bool connects_only, bool is_led,
		       struct transfer_place *ret_place, struct error *err) must_check;
/* POST/GET on a local socket or URL are not here: see docker_engine in export. */

#endif
