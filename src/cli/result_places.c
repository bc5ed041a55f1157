/* SPDX-License-Identifier: Apache-2.0 */
#include "result_places.h"

#include "base/alloc.h"
#include "base/path.h"
#include "base/write_target.h"
#include "build/request.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
	const char *option;
	const char *host_path;
};

/* From "/" on, without "." and ".."; NULL where nobody can tell. */
static char *whole_path(const char *host_path)
{
	char dir[PATH_MAX] = "";

	if (*host_path != '/' && !getcwd(dir, sizeof(dir)))
		return NULL;
	autofree char *path = path_join(dir, host_path);
	return path_clean(path);
}

/* With all above it, or all that is to be below it. */
static bool is_made_for(const char *made, const char *directory)
{
	autofree char *path = made ? whole_path(made) : NULL;

	return path && (path_is_within(directory, path) || path_is_within(path, directory));
}

/* Of the others one file is written, to a directory that is there. */
static bool makes_directory(const struct output_request *output)
{
	return output->type == OUTPUT_LOCAL || output->is_directory;
}

static bool is_made_by_build(const struct build_request *request, const char *directory)
{
	autofree char *path = whole_path(directory);

	if (!path)
		return false;
	for (size_t i = 0; i < request->n_outputs; i++)
		if (makes_directory(&request->outputs[i]) &&
		    is_made_for(request->outputs[i].dest, path))
			return true;
	return is_made_for(request->root, path);
}

static int refuse(const struct place *place, const char *what, const char *path, int sys,
		  struct error *err)
{
	return error_set(err, ERROR_USAGE, "%s '%s' cannot be written: %s '%s': %s", place->option,
			 place->host_path, what, path, strerror(sys));
}

/* It is written aside there, and takes its name when it is whole. */
static int check_directory(const struct place *place, const char *target,
			   const struct build_request *request, struct error *err)
{
	size_t len = (size_t)(path_base_name(target) - target);
	autofree char *directory = len ? xstrndup(target, len) : xstrdup(".");
	struct stat st;

	/* without the slash, but for that of "/" */
	if (len > 1)
		directory[len - 1] = '\0';
	if (stat(directory, &st) < 0) {
		if (errno == ENOENT && is_made_by_build(request, directory))
			return 0;
		return refuse(place, "directory", directory, errno, err);
	}
	if (!S_ISDIR(st.st_mode))
		return refuse(place, "directory", directory, ENOTDIR, err);
	if (faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) < 0)
		return refuse(place, "directory", directory, errno, err);
	return 0;
}

static int check_place(const struct place *place, const struct build_request *request,
		       struct error *err)
{
	autofree char *target = NULL;
	struct stat st;

	int has_name = write_target_find(place->host_path, &target, err);
	if (has_name < 0)
		return error_wrap(err, "%s", place->option);
	if (has_name)
		return check_directory(place, target, request, err);
	if (stat(place->host_path, &st) == 0 && S_ISDIR(st.st_mode))
		return error_set(err, ERROR_USAGE, "%s '%s' is a directory", place->option,
				 place->host_path);
	if (faccessat(AT_FDCWD, place->host_path, W_OK, AT_EACCESS) < 0)
		return error_set(err, ERROR_USAGE, "%s '%s' cannot be written: %s", place->option,
				 place->host_path, strerror(errno));
	return 0;
}

static int check_output(const struct output_request *output, const struct build_request *request,
			struct error *err)
{
	const struct place place = { "--output", output->dest };

	if (!output->dest || strcmp(output->dest, "-") == 0 || makes_directory(output))
		return 0;
	return check_place(&place, request, err);
}

int result_places_check(const struct build_values *values, const struct build_request *request,
			struct error *err)
{
	const struct place places[] = {
		{ "--iidfile", values->iid_file },
		{ "--iidfile-raw", values->raw_iid_file },
		{ "--metadata-file", values->metadata_file },
		{ "--digest-file", values->digest_file },
		{ "--image-name-with-digest-file", values->name_digest_file },
		{ "--image-name-tag-with-digest-file", values->name_tag_digest_file },
	};

	for (size_t i = 0; i < countof(places); i++)
		if (places[i].host_path && check_place(&places[i], request, err) < 0)
			return -1;
	for (size_t i = 0; i < request->n_outputs; i++)
		if (check_output(&request->outputs[i], request, err) < 0)
			return -1;
	return 0;
}
