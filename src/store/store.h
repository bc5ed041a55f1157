/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store: one directory that is an OCI image layout (oci-layout, index.json, blobs/sha256/) as
 * skopeo, umoci and podman open it, with our own folders beside it. One uid owns it, umask 077.
 *
 * Everything is written aside and put into place whole: a blob appears under its digest only when
 * every byte has been hashed, a tag only by an atomic rename of index.json under a lock. A build
 * holds a lease (an OFD lock on a file of its own); what belongs to no living lease in tmp/ is
 * swept when a store is opened.
 */
#ifndef CBUILD_STORE_STORE_H
#define CBUILD_STORE_STORE_H

#include "base/digest.h"
#include "base/error.h"
#include "base/map.h"
#include "base/strv.h"

enum { STORE_VERSION = 1, STORE_INDEX_SIZE_MAX = 64 * 1024 * 1024 };

struct store;

/*
 * Opens, and makes where it is not there. A store of a newer format, of another uid, or on a file
 * system without locks is refused in one line that says what to do. Takes the lease of this
 * process and sweeps tmp/ of dead ones.
 */
int store_open(const char *host_path, struct store **ret_store, struct error *err) must_check;
void store_close(struct store *store);
DEFINE_CLEANUP(struct store *, store_close);

/* Descriptors of the root and of this lease's folder in tmp/; borrowed, for the other modules. */
int store_root_fd(const struct store *store);
/*
 * The folder is made when this is first asked, so ask where it is needed and not at the start: a
 * fully cached build never makes it. -1 with errno where it cannot be made (a full disk).
 */
int store_tmp_fd(const struct store *store);

enum { STORE_DIR_FDS = 5 };
/* Every directory that is open here (-1 = none), for who opens them anew elsewhere. */
void store_dir_fds(const struct store *store, int fds[STORE_DIR_FDS]);
/*
 * What this process could not remove when it opened the store, or at its end (files of sub-ids):
 * once more, from where it can. Does nothing where nothing was left.
 */
int store_sweep_again(const struct store *store, struct error *err) must_check;
/* 1 tmp/ of this process could not be removed, 0 it is gone. */
int store_clear_tmp(const struct store *store);
/*
 * A file without a name, for reading and writing, on the file system of the store: it is gone with
 * its last descriptor, so it needs neither the folder nor a sweep.
 */
int store_open_nameless(const struct store *store, int *ret_fd, struct error *err) must_check;
const char *store_path(const struct store *store);
/*
 * What this process (and every other of its lease) is going to use: blobs, snapshots and records by
 * digest. Nobody removes them before the lease ends. Pin first, then look whether it is there.
 * Blobs that are put are pinned by that.
 */
int store_pin(struct store *store, const struct digest *digests, size_t n, struct error *err)
	must_check;
/*
 * For who is going to remove: as long as *ret_lock_fd is open nobody pins, makes or ends anything,
 * and what other leases pinned is in *pins (hex digests, to the map itself). 1; 0 somebody works
 * here who could not write down what it uses; -1.
 */
int store_collect(struct store *store, struct map *pins, int *ret_lock_fd, struct error *err)
	must_check;
/* 1 no other process works on this store just now, 0 one does, -1. */
int store_is_idle(const struct store *store, struct error *err) must_check;

/* --- tags: index.json ------------------------------------------------------------------------ */

struct store_tag {
	char *name; /* full reference; NULL for an untagged manifest */
	char *media_type;
	struct digest digest;
	uint64_t size;
	char *platform; /* "linux/amd64", or NULL */
};

struct store_tags {
	struct store_tag *items;
	size_t len;
};

void store_tags_release(struct store_tags *tags);
DEFINE_RELEASE(struct store_tags, store_tags_release);
int store_list_tags(const struct store *store, struct store_tags *ret_tags, struct error *err)
	must_check;
/* 1/0/-1; the strings of *ret_tag belong to the caller (store_tag_release). */
int store_find_tag(const struct store *store, const char *name, struct store_tag *ret_tag,
		   struct error *err) must_check;
void store_tag_release(struct store_tag *tag);
DEFINE_RELEASE(struct store_tag, store_tag_release);
/* Points the names at a manifest, all in one rename; an entry without a name if n_names is 0. */
int store_set_tags(struct store *store, const char *const *names, size_t n_names,
		   const struct store_tag *target, struct error *err) must_check;
/* 1 removed, 0 it was not there. */
int store_remove_tag(struct store *store, const char *name, struct error *err) must_check;
/* Removes the entries without a name of these manifests; the blobs stay. */
int store_forget_untagged(struct store *store, const struct digest *digests, size_t n,
			  struct error *err) must_check;

#endif
