/* SPDX-License-Identifier: Apache-2.0 */
#include "base/alloc.h"
#include "base/fs.h"
#include "base/vec.h"
#include "registry/credentials.h"

#include <errno.h>
#include <string.h>

struct source {
	char *origin;	  /* a path, or "$DOCKER_AUTH_CONFIG" */
	const char *text; /* the document itself; NULL: the origin is the path of a file */
	bool was_read, is_unreadable;
	json_t *document; /* NULL = there is none */
};

struct credential_files {
	const char *given; /* "user:password" for every registry, or NULL; lent */
	VEC(struct source) sources;
};

static void add_file(struct credential_files *files, const char *dir, const char *name)
{
	char *path = dir ? xasprintf("%s/%s", dir, name) : xstrdup(name);

	vec_push(&files->sources, (struct source){ .origin = path });
}

static const char *find_variable(const struct strv *environment, const char *name)
{
	const char *value = strv_env_get(environment, name);

	return value && *value ? value : NULL;
}

struct credential_files *credential_files_new(const struct strv *environment,
					      const struct registry_access *access)
{
	struct credential_files *files = xcalloc(1, sizeof(*files));
	const char *docker = find_variable(environment, "DOCKER_CONFIG");
	const char *file = find_variable(environment, "REGISTRY_AUTH_FILE");
	const char *text = find_variable(environment, "DOCKER_AUTH_CONFIG");
	const char *home = find_variable(environment, "HOME");
	const char *runtime = find_variable(environment, "XDG_RUNTIME_DIR");

	files->given = access ? access->credentials : NULL;
	if (access && access->auth_file) {
		add_file(files, NULL, access->auth_file);
		return files;
	}
	if (docker)
		add_file(files, docker, "config.json");
	if (file)
		add_file(files, NULL, file);
	if (text)
		vec_push(&files->sources,
			 (struct source){ .origin = xstrdup("$DOCKER_AUTH_CONFIG"), .text = text });
	if (!docker && home)
		add_file(files, home, ".docker/config.json");
	if (runtime)
		add_file(files, runtime, "containers/auth.json");
	return files;
}

void credential_files_free(struct credential_files *files)
{
	if (!files)
		return;
	for (size_t i = 0; i < files->sources.len; i++) {
		free(files->sources.items[i].origin);
		value_free(files->sources.items[i].document);
	}
	vec_release(&files->sources);
	free(files);
}

static int read_source(struct source *source, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (source->was_read)
		return 0;
	if (source->text) {
		buf_add_text(&text, source->text);
	} else {
		int found = fs_read_whole(AT_FDCWD, source->origin, CREDENTIALS_FILE_MAX,
					  "credentials file", &text, err);
		/* HOME of another user is common in containers, and nobody may have to log in */
		source->is_unreadable = found < 0 && err->sys == EACCES;
		if (found < 0 && !source->is_unreadable)
			return -1;
		if (found <= 0) {
			source->was_read = true;
			return 0;
		}
	}
	int result = value_read(text.data, text.len, source->origin, &source->document, err);
	explicit_bzero(text.data, text.len);
	if (result < 0)
		return -1;
	source->was_read = true;
	return 0;
}

static void use_given(const char *given, struct credential_match *match)
{
	size_t len = strcspn(given, ":");

	match->kind = CREDENTIAL_INLINE;
	match->credentials.username = xstrndup(given, len);
	match->credentials.password = xstrdup(given[len] ? given + len + 1 : "");
	match->credentials.origin = xstrdup("--creds");
}

int credential_files_find(struct credential_files *files, const char *repository,
			  bool skips_helpers, struct credential_match *ret_match, struct error *err)
{
	if (files->given) {
		use_given(files->given, ret_match);
		return 1;
	}
	for (size_t i = 0; i < files->sources.len; i++) {
		struct source *source = &files->sources.items[i];
		if (read_source(source, err) < 0)
			return -1;
		if (!source->document)
			continue;
		int found = credentials_find_in(source->document, source->origin, repository,
						skips_helpers, ret_match, err);
		if (found)
			return found;
	}
	return 0;
}

void credential_files_describe(const struct credential_files *files, struct buf *buf)
{
	for (size_t i = 0; i < files->sources.len; i++) {
		bool is_last = i + 1 == files->sources.len;
		buf_add_text(buf, i == 0 ? "" : is_last ? " or " : ", ");
		buf_add_text(buf, files->sources.items[i].origin);
		if (files->sources.items[i].is_unreadable)
			buf_add_text(buf, " (which may not be read)");
	}
	if (!files->sources.len)
		buf_add_text(buf, "~/.docker/config.json (HOME is not set)");
}
