/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layer blob -> directory, by descriptors beneath its root. libarchive only reads; everything that
 * is made is made by us, with no symlink followed anywhere and nothing outside touched.
 *
 * Two ways of applying: as an overlay lower (whiteouts become character devices 0/0, opaque marks
 * the overlay xattr; a hard link may point to a file of a layer below, which is copied), and as a
 * plain merge over what is there (ADD of an archive; whiteout names mean nothing).
 *
 * Everything is bounded: entries, declared sizes, path depth and length, ratio of decompression.
 */
#ifndef CBUILD_LAYER_UNPACK_H
#define CBUILD_LAYER_UNPACK_H

#include "base/digest.h"
#include "base/error.h"
#include "base/fs_entry.h"
#include "base/progress.h"

enum { UNPACK_ENTRIES_MAX = 5 * 1000 * 1000, UNPACK_PATH_MAX = 4096, UNPACK_XATTR_MAX = 64 * 1024 };
#define UNPACK_SIZE_MAX (64ULL << 30) /* uncompressed, one layer */

enum unpack_mode { UNPACK_OVERLAY_LOWER, UNPACK_MERGE };

/*
 * Opens a file or directory of the layers below, not through symlinks, by cleaned root path; 1/0/-1
 * (anything else that is there: 0). For hard links to files there, and for the mode, owner and time
 * of directories that the layer only names in the paths of what is in them.
 */
typedef int unpack_open_below(void *context, const char *root_path, int *ret_fd, struct error *err);

/*
 * What stands beneath at a cleaned path (its last component not followed), where entries are put
 * over what is there: 1/0/-1. A directory that is only named in the paths of what is in it stays as
 * it is there, and a symlink in its place is followed. Strings of the entry are copied at once.
 */
typedef int unpack_find_beneath(void *context, const char *path, struct fs_entry *ret_entry,
				struct error *err);

/*
 * Instead of chown, where a process cannot give files to others: `name` in the directory fd (a
 * symlink, a device, a FIFO; not followed), or fd itself where name is NULL.
 */
typedef int unpack_set_owner(void *context, int fd, const char *name, uint32_t uid, uint32_t gid,
			     struct error *err);

struct unpack_options {
	enum unpack_mode mode;
	const char *overlay_prefix;    /* "trusted.overlay." or "user.overlay." */
	bool has_named_marks;	       /* ".wh." files instead of overlay's marks */
	bool has_records;	       /* owners, types and modes are recorded (base/fs_record.h) */
	bool has_recorded_owners;      /* owners and devices are (base/fs_owner.h) */
	unpack_open_below *open_below; /* may be NULL */
	void *open_below_context;
	unpack_find_beneath *find_beneath; /* may be NULL */
	void *find_beneath_context;
	unpack_set_owner *set_owner; /* may be NULL */
	void *set_owner_context;
	bool has_owner; /* ADD --chown: the owner of every entry */
	uint32_t uid, gid;
	bool skips_devices;		/* where the process may not make them */
	uint64_t max_size, max_entries; /* 0 = UNPACK_SIZE_MAX, UNPACK_ENTRIES_MAX */
};

struct unpack_result {
	struct digest diff_id; /* of the plain tar, to its very end */
	uint64_t n_entries, size;
	uint64_t n_skipped_devices;
	/*
	 * The root itself is marked opaque. Overlayfs does not look there, so with Docker the
	 * layers below go on showing, and they do here.
	 */
	bool is_root_opaque;
};

/*
 * Reads a tar, plain or compressed (gzip, zstd; with UNPACK_MERGE also bzip2 and xz), from blob_fd
 * and applies it beneath dir_fd. Decompression runs in a child of its own under a strict seccomp
 * filter. Refused with ERROR_CORRUPT and the entry's name: a path or link that leaves the root, a
 * device 0/0, an overlay attribute, a truncated stream, a hard link with content.
 */
int layer_unpack(int blob_fd, int dir_fd, const struct unpack_options *options,
		 const struct progress *progress, struct unpack_result *ret_result,
		 struct error *err) must_check;

/* Does the (decompressed) start of the file look like a tar, as ADD decides? 1/0/-1; fd is rewound.
 */
int layer_is_archive(int fd, struct error *err) must_check;

/* Writes the plain tar of a layer blob into out_fd. */
int layer_decompress(int blob_fd, int out_fd, struct digest *ret_diff_id, struct error *err)
	must_check;

#endif
