/* SPDX-License-Identifier: Apache-2.0 */
#include "http/host_trust.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

static inline void dir_free(DIR *dir)
{
	(void)closedir(dir);
}
DEFINE_CLEANUP(DIR *, dir_free);

void host_trust_release(struct host_trust *trust)
{
	buf_release(&trust->authorities);
	free(trust->certificate);
	free(trust->key);
	*trust = (struct host_trust)HOST_TRUST_INIT;
}

/* Is there NAME with another ending? In docker's words, since one who forgot it looks for them. */
static int check_pair(DIR *dir, const char *host_path, const char *name, const char *other,
		      bool is_certificate, struct error *err)
{
	if (faccessat(dirfd(dir), other, F_OK, 0) == 0)
		return 0;
	if (errno != ENOENT)
		return error_sys(err, "look at '%s/%s'", host_path, other);
	return is_certificate ? error_set(err, ERROR_NOT_FOUND,
					  "%s: missing key %s for client certificate %s. CA "
					  "certificates must use the extension .crt",
					  host_path, other, name)
			      : error_set(err, ERROR_NOT_FOUND,
					  "%s: missing client certificate %s for key %s", host_path,
					  other, name);
}

static char *with_ending(const char *name, const char *old, const char *new)
{
	return xasprintf("%.*s%s", (int)(strlen(name) - strlen(old)), name, new);
}

/* The first one counts: one is all that can be shown. */
static int take_pair(DIR *dir, const char *host_path, const char *name, struct host_trust *trust,
		     struct error *err)
{
	autofree char *key = with_ending(name, ".cert", ".key");

	if (check_pair(dir, host_path, name, key, true, err) < 0)
		return -1;
	if (trust->certificate)
		return 0;
	trust->certificate = xasprintf("%s/%s", host_path, name);
	trust->key = xasprintf("%s/%s", host_path, key);
	return 0;
}

static int check_key(DIR *dir, const char *host_path, const char *name, struct error *err)
{
	autofree char *certificate = with_ending(name, ".key", ".cert");

	return check_pair(dir, host_path, name, certificate, false, err);
}

static int take_file(DIR *dir, const char *host_path, const char *name, struct host_trust *trust,
		     struct error *err)
{
	if (text_has_suffix(name, ".cert"))
		return take_pair(dir, host_path, name, trust, err);
	if (text_has_suffix(name, ".key"))
		return check_key(dir, host_path, name, err);
	if (!text_has_suffix(name, ".crt"))
		return 0;
	int found = fs_read_whole(dirfd(dir), name, HOST_TRUST_FILE_SIZE_MAX, "certificate file",
				  &trust->authorities, err);
	if (found < 0)
		return error_wrap(err, "%s", host_path);
	buf_add_char(&trust->authorities, '\n');
	return 1;
}

int host_trust_read(const char *host_path, struct host_trust *trust, struct error *err)
{
	cleanup(dir_free) DIR *dir = opendir(host_path);
	struct dirent *entry;
	unsigned n_files = 0;

	if (!dir)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES
			       ? 0
			       : error_sys(err, "open '%s'", host_path);
	while ((entry = readdir(dir)) != NULL) {
		if (++n_files > HOST_TRUST_FILES_MAX)
			return error_set(err, ERROR_CORRUPT, "more than %d files in '%s'",
					 HOST_TRUST_FILES_MAX, host_path);
		if (take_file(dir, host_path, entry->d_name, trust, err) < 0)
			return -1;
	}
	return trust->authorities.len || trust->certificate;
}

int host_trust_find(const struct strv *environment, const char *authority,
		    struct host_trust *ret_trust, struct error *err)
{
	static const char *const system_dirs[] = { "/etc/containers/certs.d",
						   "/etc/docker/certs.d" };
	static const char *const home_dirs[] = { ".config/containers/certs.d",
						 ".config/docker/certs.d" };
	cleanup(host_trust_release) struct host_trust trust = HOST_TRUST_INIT;
	cleanup(strv_release) struct strv paths = STRV_INIT;
	const char *home = strv_env_get(environment, "HOME");

	if (strchr(authority, '/') || *authority == '.')
		return 0;
	/* the user's own first: of two pairs the first is shown */
	for (size_t i = 0; home && *home && i < countof(home_dirs); i++)
		strv_printf(&paths, "%s/%s/%s", home, home_dirs[i], authority);
	for (size_t i = 0; i < countof(system_dirs); i++)
		strv_printf(&paths, "%s/%s", system_dirs[i], authority);
	for (size_t i = 0; i < paths.len; i++)
		if (host_trust_read(paths.items[i], &trust, err) < 0)
			return -1;
	if (!trust.authorities.len && !trust.certificate)
		return 0;
	*ret_trust = trust;
	trust = (struct host_trust)HOST_TRUST_INIT;
	return 1;
}
