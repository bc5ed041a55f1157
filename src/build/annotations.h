/* SPDX-License-Identifier: Apache-2.0 */
/* --annotation, as buildx writes it: [TYPE[PLATFORM][,TYPE...]:]KEY=VALUE. */
#ifndef CBUILD_BUILD_ANNOTATIONS_H
#define CBUILD_BUILD_ANNOTATIONS_H

#include "phases.h"

enum annotation_kind {
	ANNOTATION_MANIFEST = 0,
	ANNOTATION_MANIFEST_DESCRIPTOR,
	ANNOTATION_INDEX,
	ANNOTATION_INDEX_DESCRIPTOR
};

/* Of the image that is made: the first output's that has one, else the request's. */
const struct strv *build_annotation_texts(const struct build_request *request);
/* Each for itself. */
int build_check_annotations(const struct build_request *request, struct error *err) must_check;
/* Once it is known what comes out: an index, or one image. */
int build_check_annotation_places(const struct build *build, struct error *err) must_check;
/* A JSON object, or NULL where there are none of the kind; `platform` NULL = of any. */
json_t *build_annotations(const struct build *build, enum annotation_kind kind,
			  const struct platform *platform);
int build_write_index(const struct build *build, struct image_set *set, struct error *err)
	must_check;

#endif
