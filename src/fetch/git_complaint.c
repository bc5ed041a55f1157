/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a git that failed: who was not reached is one thing, what was answered another. */
#include "git.h"

#include "base/text.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

/* The programs' words; those of a server are among them, so they decide no more than a hint. */
struct words {
	const char *words;
	enum error_code code;
};

static const struct words known[] = {
	{ "fsck error", ERROR_CORRUPT },
	{ "index-pack failed", ERROR_CORRUPT },
	/* http, GitHub's ssh, git daemon, git-upload-pack */
	{ "fatal: repository '", ERROR_NOT_FOUND },
	{ "epository not found", ERROR_NOT_FOUND },
	{ "repository not exported", ERROR_NOT_FOUND },
	{ "does not appear to be a git repository", ERROR_NOT_FOUND },
	/* a server that shows nothing to strangers asks for a name first */
	{ "could not read Username", ERROR_AUTH },
	{ "could not read Password", ERROR_AUTH },
	{ "Authentication failed", ERROR_AUTH },
	{ "Permission denied (", ERROR_AUTH },
	{ "requested URL returned error: 401", ERROR_AUTH },
	{ "requested URL returned error: 403", ERROR_AUTH },
	{ "Host key verification failed", ERROR_SYSTEM },
};

/* Said of the program that stands for the question that nobody can answer. */
static bool is_noise(const char *line, size_t len)
{
	static const char askpass[] = "error: unable to read askpass response";

	return len >= strlen(askpass) && strncmp(line, askpass, strlen(askpass)) == 0;
}

/* What git said, on one line. */
static void add_complaints(const struct buf *complaints, struct buf *shown)
{
	size_t len = complaints->len;

	while (len && text_is_space(complaints->data[len - 1]))
		len--;
	for (size_t start = 0; start < len;) {
		const char *line = complaints->data + start;
		size_t line_len = strcspn(line, "\n");
		line_len = line_len > len - start ? len - start : line_len;
		start += line_len + 1;
		if (is_noise(line, line_len))
			continue;
		buf_add_text(shown, shown->len ? "; " : "");
		text_add_printable(shown, line, line_len);
	}
}

static enum error_code code_of(const char *shown)
{
	for (size_t i = 0; i < countof(known); i++)
		if (strstr(shown, known[i].words))
			return known[i].code;
	return ERROR_NETWORK;
}

int git_complain(const char *command, int status, const struct buf *complaints, struct error *err)
{
	cleanup(buf_release) struct buf shown = BUF_INIT;
	bool is_large = WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ;

	add_complaints(complaints, &shown);
	if (is_large || strstr(shown.data, "ile too large"))
		return error_set(
			err, ERROR_CORRUPT,
			"git %s: a file of more than %llu bytes (largest git pack): %.1000s",
			command, GIT_FILE_SIZE_MAX, shown.data);
	if (WIFSIGNALED(status))
		return error_set(err, ERROR_NETWORK, "git %s died of signal %d", command,
				 WTERMSIG(status));
	enum error_code code = code_of(shown.data);
	if (code == ERROR_CORRUPT)
		return error_set(err, code, "git %s: %.1500s", command, shown.data);
	return error_set(err, code, "git %s ended with status %d: %.1500s%s", command,
			 WEXITSTATUS(status), shown.data, git_ssh_advice(shown.data));
}
