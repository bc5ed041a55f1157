/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The git program, made to do one thing and nothing that a repository, a server or the machine's
 * configuration would like it to do besides; private to fetch. docs/network.md says what is closed
 * and why.
 */
#ifndef CBUILD_FETCH_GIT_H
#define CBUILD_FETCH_GIT_H

#include "tree.h"

#include "base/strv.h"

enum {
	GIT_OUTPUT_MAX = 1024 * 1024 * 1024, /* what a git command may print */
	GIT_SUBMODULES_MAX = 1000,
	GIT_SUBMODULE_DEPTH_MAX = 16,
	GIT_FILES_MAX = 5 * 1000 * 1000
};
/* One file that git writes: a pack. */
#define GIT_FILE_SIZE_MAX (4ULL << 30)

/* How one repository is reached: where, by whom, and under which environment git runs for it. */
struct git_session {
	const struct fetch_env *env;
	char *program; /* absolute */
	char *url;     /* as git is given it */
	struct strv environment;
	unsigned n_settings; /* GIT_CONFIG_... in the environment */
	bool is_public;	     /* the server has a public address */
};

void git_session_release(struct git_session *session);
DEFINE_RELEASE(struct git_session, git_session_release);

/* is_led: a public server's repository names this one. with_secrets: its host may have them. */
int git_session_open(const struct fetch_env *env, const struct git_reference *reference,
		     bool is_led, bool with_secrets, struct git_session *ret_session,
		     struct error *err) must_check;

/* The program on PATH (absolute directories only), of a version that can be held. */
int git_program_find(char **ret_path, struct error *err) must_check;
/*
 * Runs git with these arguments in the directory dir_fd (-1 = an empty one). 0 with what it
 * printed; a status other than 0 is an error with the last it said.
 */
int git_run(const struct git_session *session, int dir_fd, const struct strv *arguments,
	    struct buf *ret_output, struct error *err) must_check;
/* The same of words, the last one NULL. */
int git_run_words(const struct git_session *session, int dir_fd, const char *const *words,
		  struct buf *ret_output, struct error *err) must_check;

/*
 * git_complaint.c: what a git that ended with this wait status had to say, as an error of the kind
 * that it was. `command` is the subcommand: settings, which may hold credentials, are no arguments.
 */
int git_complain(const char *command, int status, const struct buf *complaints, struct error *err);

/*
 * git_ssh.c: the ssh that git is to run, and the agent. What to do about what it complained of, or
 * "".
 */
int git_ssh_prepare(struct git_session *session, const struct git_reference *reference,
		    const char *address, struct error *err) must_check;
const char *git_ssh_advice(const char *complaints);

/* git_resolve.c */
int git_resolve(const struct git_session *session, const struct git_reference *reference,
		struct git_revision *ret_revision, struct error *err) must_check;
int git_revision_check(const struct git_reference *reference, const struct git_revision *revision,
		       struct error *err) must_check;

/*
 * git_checkout.c: into the empty directory dir_fd, with its ".git". *ret_time: of the commit.
 */
int git_checkout(const struct git_session *session, const struct git_revision *revision, int dir_fd,
		 struct job_channel *channel, int64_t *ret_time, struct error *err) must_check;
/* Every file, directory and link below gets this time; .git is left out. */
int git_set_times(int dir_fd, int64_t seconds, struct error *err) must_check;

/*
 * git_submodules.c: all of the repository in dir_fd, and theirs. `is_led` as above; their .git is
 * removed unless it is kept.
 */
int git_fetch_submodules(const struct git_session *session, const struct git_reference *reference,
			 const struct git_revision *revision, int dir_fd, bool keeps_git_dir,
			 struct job_channel *channel, struct error *err) must_check;

#endif
