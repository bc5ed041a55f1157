/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handing an image out. Each function runs inside a job; the image is complete in the store where
 * it needs to be (image_fetch_all), but for a push, which asks for what the registry lacks only.
 */
#ifndef CBUILD_EXPORT_EXPORT_H
#define CBUILD_EXPORT_EXPORT_H

#include "base/strv.h"
#include "image/image_set.h"
#include "job/job.h"

/*
 * Layers of another compression than asked for are compressed anew (those from `first_new` on; all
 * of them with force). 1 and a new image, 0 where nothing has to change.
 */
struct convert_options {
	enum layer_compression compression;
	int level; /* 0 = default */
	size_t first_new;
	bool force;
};
int export_convert(const struct image_env *env, const struct image *image,
		   const struct convert_options *options, struct job_channel *channel,
		   struct image **ret_image, struct error *err) must_check;

/*
 * An OCI archive; with `is_docker` (of a single image) it is a docker archive as well
 * (manifest.json), so that `docker load` and OCI tools both read it. `names` are full references.
 */
int export_archive(const struct image_env *env, const struct image_set *set,
		   const struct strv *names, bool is_docker, int out_fd, struct error *err)
	must_check;
/* An OCI layout directory, added to when it is one already. */
int export_layout(const struct image_env *env, const struct image_set *set,
		  const struct strv *names, const char *host_path, struct error *err) must_check;

/*
 * The flattened root file systems of a set: each in a folder of its own, named linux_amd64, or all
 * of them in one, where no file may be there twice.
 */
struct tree_options {
	const struct image_set *set;
	bool is_split;
	bool has_epoch;
	int64_t epoch;
};
/* As a tar. */
int export_tree_tar(const struct image_env *env, const struct tree_options *options, int out_fd,
		    struct job_channel *channel, struct error *err) must_check;
/* As files, owned by whoever runs this. */
int export_tree_dir(const struct image_env *env, const struct tree_options *options,
		    const char *host_path, struct job_channel *channel, struct error *err)
	must_check;
/* Blobs that the registry lacks, then the manifests, then the index of several, last. */
int export_push(const struct image_env *env, const struct image_set *set, const char *reference,
		struct job_channel *channel, struct error *err) must_check;
/*
 * `docker load` into the engine behind a socket; a single image. 1 loaded, 0 no engine answers
 * there, -1. ret_socket is where was looked; the caller's.
 */
int export_to_engine(const struct image_env *env, const struct image_set *set,
		     const struct strv *names, char **ret_socket, struct error *err) must_check;

#endif
