/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marking: which blobs and snapshots of a store something still names. The modules offer lists and
 * removal only; what may go is decided here, across them.
 */
#ifndef CBUILD_BUILD_REACHABLE_H
#define CBUILD_BUILD_REACHABLE_H

#include "engine.h"

#include "base/map.h"

struct reachable {
	struct map blobs;     /* hex digests */
	struct map snapshots; /* hex chain ids */
};

void reachable_release(struct reachable *reachable);
DEFINE_RELEASE(struct reachable, reachable_release);

/*
 * Everything that the tags name: manifests, configs, layers, and the snapshots of those layers.
 * `dropped` (hex digests): entries without a name that do not count.
 */
int reachable_mark_tags(const struct engine *engine, const struct map *dropped,
			struct reachable *reachable, struct error *err) must_check;
/* What a cache record names: its layer or manifest, its snapshot. */
void reachable_mark_record(const struct engine *engine, const char *payload,
			   struct reachable *reachable);

bool reachable_has(const struct map *map, const struct digest *digest);

#endif
