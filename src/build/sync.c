/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Durability, once per build: what the steps of this build wrote is synced before it ends, then
 * their records are marked, so that after a power cut a record that says "synced" is true. A build
 * in which nothing ran has nothing to sync, unless it compressed layers anew.
 */
#include "phases.h"

#include "base/alloc.h"
#include "store/blob.h"

static size_t count_layers(const struct image_set *set)
{
	size_t n = 0;

	for (size_t i = 0; i < set->len; i++)
		n += set->items[i]->manifest->n_layers;
	return n;
}

int build_sync(struct build *build, const struct image_set *set, struct error *err)
{
	const struct plan *plan = build->plan;
	size_t n_layers = build->has_converted ? count_layers(set) : 0;
	autofree struct digest *blobs =
		xcalloc(plan->n_steps + n_layers + 2 * set->len + 1, sizeof(*blobs));
	autofree struct digest *keys = xcalloc(plan->n_steps, sizeof(*keys));
	size_t n = 0, n_keys = 0;

	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct step_result *result = &build->exec.results[i];
		if (!result->is_done || result->is_cached || !result->has_layer)
			continue;
		keys[n_keys++] = result->key;
		/* steps that change nothing all have the same empty layer */
		if (!n || !digest_equal(&blobs[n - 1], &result->digest))
			blobs[n++] = result->digest;
	}
	if (!n && !build->has_converted)
		return 0;
	for (size_t i = 0; i < set->len; i++) {
		blobs[n++] = set->items[i]->digest;
		blobs[n++] = set->items[i]->manifest->config.digest;
		for (size_t k = 0; n_layers && k < set->items[i]->manifest->n_layers; k++)
			blobs[n++] = set->items[i]->manifest->layers[k].digest;
	}
	if (set->has_index)
		blobs[n++] = set->index.digest;
	if (blob_sync_all(build->engine->store, blobs, n, err) < 0)
		return -1;
	return cache_mark_synced(build->engine->cache, keys, n_keys, err);
}
