/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Remote sources as a Dockerfile or command line writes them (dockerfile-language 6.3): what is a
 * git repository, what a URL, and the parts of a git reference:
 *
 *	https://host/path.git#REF:SUBDIR        https://host/path.git?ref=...&subdir=...
 *	ssh://user@host/path  user@host:path    git://host/path     github.com/owner/name
 *
 * Text only; nothing is looked up. Whatever becomes an argument of git or ssh later is refused
 * here when it could be taken for an option: hosts, users, paths and refs that begin with '-',
 * control characters, refs that git could not have. Credentials in a URL are taken out of it, and
 * are in nothing that is shown.
 */
#ifndef CBUILD_PARSER_GIT_REFERENCE_H
#define CBUILD_PARSER_GIT_REFERENCE_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>

enum { GIT_REFERENCE_MAX = 8192 };

enum git_transport { GIT_HTTP = 1, GIT_HTTPS, GIT_DAEMON, GIT_SSH };
enum git_choice { GIT_UNSAID = 0, GIT_YES, GIT_NO };
enum git_times { GIT_TIMES_UNSAID = 0, GIT_TIMES_COMMIT, GIT_TIMES_CHECKOUT };

struct git_reference {
	enum git_transport transport;
	char *url;	/* what git is told: without credentials of http, query and fragment */
	char *host;	/* lower case; IPv6 addresses without brackets */
	unsigned port;	/* never 0 */
	char *path;	/* of the repository, as written */
	char *user;	/* or NULL */
	char *password; /* of http(s), or NULL; never shown */
	char *ref;	/* or NULL: the remote's HEAD */
	char *sub_dir;	/* cleaned, "" = all of it */
	char *checksum; /* lower-case hexadecimal digits that the commit begins with; or NULL */
	enum git_choice keep_git_dir, submodules, fetch_by_commit;
	enum git_times times;
};

#define GIT_REFERENCE_INIT \
	{                  \
		0          \
	}

void git_reference_release(struct git_reference *reference);
DEFINE_RELEASE(struct git_reference, git_reference_release);

/* Would docker take this for a URL, for a git repository? A git URL over http is both. */
bool source_is_http(const char *text);
bool source_is_git(const char *text);
/* The context of a build may also be written "github.com/owner/name". */
bool source_is_github(const char *text);

/* Of what source_is_git, or source_is_github. */
int git_reference_parse(const char *text, struct git_reference *ret_reference, struct error *err)
	must_check;
/*
 * A submodule's URL as its parent's repository has it: absolute, or "./" and "../" relative to the
 * parent. The result has neither ref nor sub_dir.
 */
int git_reference_resolve(const struct git_reference *parent, const char *text,
			  struct git_reference *ret_reference, struct error *err) must_check;
/* Is this a whole object name (40 or 64 hexadecimal digits)? */
bool git_is_object_name(const char *text);
/* Scheme, host, path, ref and sub_dir; never credentials. */
void git_reference_add_printable(const struct git_reference *reference, struct buf *buf);
/*
 * An address without what may be secret: user information and query are left out. For titles,
 * notes and errors.
 */
void source_add_printable(const char *text, struct buf *buf);

/*
 * The address without its user information; "user:password" of it, or NULL, is the caller's to
 * wipe. Both are the caller's.
 */
int source_split_user(const char *text, char **ret_address, char **ret_user, struct error *err)
	must_check;

#endif
