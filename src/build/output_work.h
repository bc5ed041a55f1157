/* SPDX-License-Identifier: Apache-2.0 */
/* Handing images out, in parts: layers brought and compressed anew, names, and one job per output.
 */
#ifndef CBUILD_BUILD_OUTPUT_WORK_H
#define CBUILD_BUILD_OUTPUT_WORK_H

#include "phases.h"

#include "export/export.h"

struct output_work {
	struct build *build;
	const struct image_set *set;
	const struct image *image;	     /* output_run_fetch: one of them */
	const struct output_request *output; /* NULL: push or load of the request itself */
	const char *reference;		     /* of a push */
	int stdout_fd;			     /* of dest=-: a job's own stdout is its log */
	struct strv names;
};

/* output_run.c: what each kind does, in its job. */
int output_run_fetch(void *arg, struct job_channel *channel, struct buf *record, struct error *err);
int output_run_push(void *arg, struct job_channel *channel, struct buf *record, struct error *err);
int output_run_load(void *arg, struct job_channel *channel, struct buf *record, struct error *err);
int output_run_file(void *arg, struct job_channel *channel, struct buf *record, struct error *err);
int output_run_dir(void *arg, struct job_channel *channel, struct buf *record, struct error *err);

/* output_convert.c: the images as the first output wants them; the index is made of them last. */
int build_convert_images(struct build *build, struct image_set *set, struct error *err) must_check;
bool build_is_docker(const struct build *build);
/* Layers of the base below the image of target `place`. */
size_t build_n_base_layers(const struct build *build, size_t place);
struct convert_options build_convert_options(const struct build *build, size_t place,
					     const struct compression_request *wanted);

/* output_names.c: layers that are still elsewhere are brought. */
int build_fetch_layers(struct build *build, struct image *image, struct error *err) must_check;
/* 1 every blob of the set is in the store, 0 not, -1. */
int build_has_all_layers(const struct build *build, const struct image_set *set, struct error *err)
	must_check;
int build_set_tags(struct build *build, const struct image_set *set, const struct strv *names,
		   struct error *err) must_check;
/* Names of the bases that came from a registry. */
int build_tag_bases(struct build *build, struct error *err) must_check;

#endif
