/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices that the machine's CDI files name (Container Device Interface): JSON or YAML documents,
 * each of a kind ("vendor.com/gpu") with named devices and what a container needs to use them.
 */
#ifndef CBUILD_CDI_CDI_H
#define CBUILD_CDI_CDI_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/strv.h"

#include <stdbool.h>
#include <stdint.h>

enum { CDI_FILE_SIZE_MAX = 4 * 1024 * 1024, CDI_FILES_MAX = 1024, CDI_EDITS_MAX = 4096 };

/*
 * What a device node is to be. Without a number it is that of the host's node; what is not said is
 * as it is for all: mode 0666, owner 0:0.
 */
struct cdi_node {
	char type; /* 'c', 'b'; 0 = not said */
	bool has_number, has_mode, has_uid, has_gid;
	uint32_t major, minor, mode, uid, gid;
};

/* Something of the host that is seen in the container: a device node, a file or a directory. */
struct cdi_binding {
	const char *host_path;
	const char *container_path;
	bool is_device; /* a deviceNodes entry: must be a device */
	struct cdi_node node;
	bool is_recursive;   /* with what is mounted below */
	uint64_t attributes; /* MOUNT_ATTR_RDONLY and others that its options set */
};

/* What is done for the devices asked for, together. Texts live in the arena. */
struct cdi_edits {
	struct arena arena;
	struct strv env; /* NAME=value */
	struct cdi_binding *bindings;
	size_t n_bindings, bindings_size;
};

void cdi_edits_release(struct cdi_edits *edits);
DEFINE_RELEASE(struct cdi_edits, cdi_edits_release);

struct cdi_specs;
/*
 * Reads every *.json, *.yaml and *.yml of the directories; of two devices with one name the later
 * directory's counts. A directory that is not there is empty; a file that cannot be used is left
 * out, and named by cdi_find's error.
 */
int cdi_specs_read(const char *const *dirs, size_t n_dirs, struct cdi_specs **ret_specs,
		   struct error *err) must_check;
void cdi_specs_free(struct cdi_specs *specs);
DEFINE_CLEANUP(struct cdi_specs *, cdi_specs_free);

/* Where the machine has them. */
extern const char *const CDI_DIRS[2];

/*
 * Adds what a device needs: "vendor.com/class=name", "vendor.com/class" for the first of that
 * class, "vendor.com/class=*" for all, or the class that a device's annotation
 * org.mobyproject.buildkit.device.class names. 1/0/-1; with 0 err says what was looked through.
 */
int cdi_find(const struct cdi_specs *specs, const char *name, struct cdi_edits *edits,
	     struct error *err) must_check;

#endif
