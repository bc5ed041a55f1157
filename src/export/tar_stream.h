/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a tar of a few named files straight into a descriptor. */
#ifndef CBUILD_EXPORT_TAR_STREAM_H
#define CBUILD_EXPORT_TAR_STREAM_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Where the bytes go: a file, a pipe, or chunks of a request. */
struct tar_stream {
	int (*write)(void *context, const void *data, size_t len, struct error *err);
	void *context;
};

int tar_stream_dir(const struct tar_stream *stream, const char *path, struct error *err) must_check;
int tar_stream_data(const struct tar_stream *stream, const char *path, const void *data, size_t len,
		    struct error *err) must_check;
/* Exactly `size` bytes from fd. */
int tar_stream_file(const struct tar_stream *stream, const char *path, int fd, uint64_t size,
		    struct error *err) must_check;
int tar_stream_end(const struct tar_stream *stream, struct error *err) must_check;

struct image_env;
struct image_set;
struct strv;

/* The whole archive of an image (export_archive), for whoever has a stream. */
int archive_write(const struct image_env *env, const struct image_set *set,
		  const struct strv *names, bool is_docker, const struct tar_stream *stream,
		  struct error *err) must_check;

#endif
