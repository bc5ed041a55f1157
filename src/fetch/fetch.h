/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Remote sources brought to disk: what a http server, a git server or standard input gives becomes
 * a blob of the store, or a directory of its own in the store's tmp/, which goes with the lease of
 * its process however that ends. Every function here may block for long: for jobs.
 *
 * A URL is asked for again in each build, with the mark (ETag) of what is here; only what changed
 * is transferred. A git ref is looked up in each build, and what it names fetched where somebody
 * needs its files.
 */
#ifndef CBUILD_FETCH_FETCH_H
#define CBUILD_FETCH_FETCH_H

#include "base/digest.h"
#include "base/error.h"
#include "cache/cache.h"
#include "job/job.h"
#include "parser/git_reference.h"
#include "store/store.h"

/* The largest body of a URL, file of git, and archive of a context, unpacked. */
#define FETCH_SIZE_MAX (64ULL << 30)
enum { FETCH_DOCKERFILE_MAX = 16 * 1024 * 1024, FETCH_SECRET_MAX = 64 * 1024 };

struct transfer;

struct fetch_env {
	struct store *store;
	struct cache *cache;
	struct transfer *transfer;
	/* The value of a secret, for HTTP_AUTH_... and GIT_AUTH_...; 1/0/-1. */
	int (*secret)(void *context, const char *id, struct buf *ret_value, struct error *err);
	void *secret_context;
	/* The socket of the agent that is to be used, and no key besides; NULL = none was offered.
	 */
	const char *ssh_agent;
	/* The command line named the source: without an agent the caller's own keys may be used. */
	bool is_callers_own;
};

/* --- http ------------------------------------------------------------------------------------- */

struct fetched_url {
	struct digest digest; /* a blob of the store */
	uint64_t size;
	int64_t modified; /* Last-Modified, or 0 */
};

/* expected: the digest that it must have, or NULL; where that is here already, nobody is asked. */
int fetch_url(const struct fetch_env *env, const char *url, const struct digest *expected,
	      uint64_t max, struct job_channel *channel, struct fetched_url *ret_url,
	      struct error *err) must_check;
/* The name that a file from this URL gets; the caller's. */
char *fetch_url_name(const char *url);

/* --- git -------------------------------------------------------------------------------------- */

struct git_revision {
	char commit[65]; /* hexadecimal digits */
	char tag[65];	 /* of the annotated tag that names it, or "" */
	char *ref;	 /* the whole name on the remote, or NULL */
};
void git_revision_release(struct git_revision *revision);
DEFINE_RELEASE(struct git_revision, git_revision_release);

/* What the reference means now; a checksum in it must fit. A whole object name asks nobody. */
int fetch_git_revision(const struct fetch_env *env, const struct git_reference *reference,
		       struct git_revision *ret_revision, struct error *err) must_check;

/* --- directories ------------------------------------------------------------------------------ */

struct fetched_tree {
	char *dir; /* below the store's tmp/ */
	/*
	 * Below the store's tmp/: what is the Dockerfile, not one in `dir`; else NULL. What it is
	 * called in messages.
	 */
	char *dockerfile, *dockerfile_name;
	bool keeps_owners; /* an archive's */
	/* Below the store's tmp/: who its files belong to (context/owner_list.h); NULL: they do. */
	char *owners;
	bool has_time;
	int64_t time; /* of the commit, or when it was modified, seconds */
};

#define FETCHED_TREE_INIT \
	{                 \
		0         \
	}

void fetched_tree_release(struct fetched_tree *tree); /* what is on disk stays */
DEFINE_RELEASE(struct fetched_tree, fetched_tree_release);
void fetched_tree_encode(const struct fetched_tree *tree, struct buf *record);
int fetched_tree_decode(const char *record, size_t len, struct fetched_tree *ret_tree,
			struct error *err) must_check;
/* A directory of ours in tmp/ removed before its time. */
void fetched_tree_remove(const struct fetch_env *env, const struct fetched_tree *tree);

/* Files of the commit, below reference->sub_dir. */
int fetch_git(const struct fetch_env *env, const struct git_reference *reference,
	      const struct git_revision *revision, bool keeps_git_dir, struct job_channel *channel,
	      struct fetched_tree *ret_tree, struct error *err) must_check;

/* Is this a context that has to be fetched: "-", a git reference, a http or https URL? */
bool fetch_is_remote(const char *source);

enum fetch_role { FETCH_MAIN_CONTEXT, FETCH_NAMED_CONTEXT };

/*
 * A build context. Standard input (stdin_fd) and a URL may give an archive, plain or compressed, or
 * a Dockerfile; what begins as an archive and is broken is an error, never a Dockerfile. A named
 * context's URL is one file, "context".
 */
int fetch_context(const struct fetch_env *env, const char *source, enum fetch_role role,
		  int stdin_fd, bool keeps_git_dir, struct job_channel *channel,
		  struct fetched_tree *ret_tree, struct error *err) must_check;

#endif
