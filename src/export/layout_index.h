/* SPDX-License-Identifier: Apache-2.0 */
/* The index.json of an exported layout. */
#ifndef CBUILD_EXPORT_LAYOUT_INDEX_H
#define CBUILD_EXPORT_LAYOUT_INDEX_H

#include "base/strv.h"
#include "image/image_set.h"

#define OCI_LAYOUT_TEXT "{\"imageLayoutVersion\":\"1.0.0\"}"

/* Appends an entry per name (one without a name where there are none) to an array of manifests. */
void layout_index_add(const struct image_set *set, const struct strv *names, json_t *manifests);
json_t *layout_index_new(json_t *manifests);

#endif
