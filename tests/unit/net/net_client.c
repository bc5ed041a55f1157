/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does with `transfer` what cbuild does: jobs are forked, the helper is started at the first
 * request. Each argument is one request, "get-blob REPOSITORY DIGEST SIZE FILE"; they run one after
 * the other, with -j all at once. Prints "N ok ..." or "N error CODE TEXT" for each.
 */
#include "base/fs.h"
#include "base/strv.h"
#include "base/text.h"
#include "transfer/transfer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

enum { BODY_MAX = 8 * 1024 * 1024, WORDS_MAX = 8 };

struct command {
	const char *name;
	size_t n_words;
	int (*run)(struct transfer *transfer, char **words, struct error *err);
};

static int open_file(const char *path, int flags, int *ret_fd, struct error *err)
{
	*ret_fd = open(path, flags | O_CLOEXEC, 0600);
	return *ret_fd < 0 ? error_sys(err, "open '%s'", path) : 0;
}

static int read_blob_words(char **words, struct digest *digest, uint64_t *size, struct error *err)
{
	if (digest_parse(words[2], digest, err) < 0)
		return -1;
	return text_parse_unsigned(words[3], INT64_MAX, size, err);
}

static int get_manifest(struct transfer *transfer, char **words, struct error *err)
{
	cleanup(buf_release) struct buf body = BUF_INIT;
	autofree char *type = NULL;
	autoclose int fd = -1;
	struct digest digest;

	if (transfer_get_manifest(transfer, words[1], words[2], &body, &type, &digest, err) < 0 ||
	    open_file(words[3], O_WRONLY | O_CREAT | O_TRUNC, &fd, err) < 0 ||
	    fs_write_all(fd, body.data, body.len, err) < 0)
		return -1;
	printf("ok %s %s\n", digest_format(&digest).text, type ? type : "-");
	return 0;
}

static int find_manifest(struct transfer *transfer, char **words, struct error *err)
{
	struct digest digest = { 0 };
	int found = transfer_find_manifest(transfer, words[1], words[2], &digest, err);

	if (found >= 0)
		printf("ok %d %s\n", found, found ? digest_format(&digest).text : "-");
	return found < 0 ? -1 : 0;
}

static int put_manifest(struct transfer *transfer, char **words, struct error *err)
{
	cleanup(buf_release) struct buf body = BUF_INIT;

	if (fs_read_whole(AT_FDCWD, words[4], BODY_MAX, "manifest", &body, err) < 0 ||
	    transfer_put_manifest(transfer, words[1], words[2], words[3], body.data, body.len,
				  err) < 0)
		return -1;
	printf("ok\n");
	return 0;
}

static void note_progress(void *context, uint64_t done, uint64_t total)
{
	uint64_t *most = context;

	if (done > *most && done <= total)
		*most = done;
}

/* "pipe:FILE" goes through a pipe whose reader takes its time. */
static int open_slow_pipe(const char *path, int *ret_fd, struct error *err)
{
	autoclose int fd = -1;
	int ends[2];

	if (open_file(path, O_WRONLY | O_CREAT | O_TRUNC, &fd, err) < 0)
		return -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_sys(err, "pipe");
	*ret_fd = ends[1];
	if (fork() > 0) {
		(void)close(ends[0]);
		return 0;
	}
	(void)close(ends[1]);
	char data[65536];
	ssize_t n;
	while ((n = read(ends[0], data, sizeof(data))) > 0) {
		if (fs_write_all(fd, data, (size_t)n, err) < 0)
			_exit(1);
		(void)usleep(2000);
	}
	_exit(0);
}

static int get_blob(struct transfer *transfer, char **words, struct error *err)
{
	struct digest digest;
	uint64_t size, most = 0;
	struct progress progress = { note_progress, &most };
	autoclose int fd = -1;
	bool is_pipe = text_has_prefix(words[4], "pipe:");

	if (read_blob_words(words, &digest, &size, err) < 0)
		return -1;
	int opened = is_pipe ? open_slow_pipe(words[4] + 5, &fd, err)
			     : open_file(words[4], O_WRONLY | O_CREAT | O_TRUNC, &fd, err);
	if (opened < 0 ||
	    transfer_get_blob(transfer, words[1], &digest, size, fd, &progress, err) < 0)
		return -1;
	(void)close(take_fd(&fd));
	if (is_pipe && wait(NULL) < 0)
		return error_sys(err, "wait");
	printf("ok %llu\n", (unsigned long long)most);
	return 0;
}

static int put_blob(struct transfer *transfer, char **words, struct error *err)
{
	struct digest digest;
	uint64_t size, most = 0;
	struct progress progress = { note_progress, &most };
	autoclose int fd = -1;
	bool uploaded = false;

	if (read_blob_words(words, &digest, &size, err) < 0 ||
	    open_file(words[4], O_RDONLY, &fd, err) < 0 ||
	    transfer_put_blob(transfer, words[1], &digest, size, fd, words[5], &progress, &uploaded,
			      err) < 0)
		return -1;
	printf("ok %s %llu\n", uploaded ? "uploaded" : "was-there", (unsigned long long)most);
	return 0;
}

static int find_blob(struct transfer *transfer, char **words, struct error *err)
{
	struct digest digest;
	uint64_t size;

	if (read_blob_words(words, &digest, &size, err) < 0)
		return -1;
	int found = transfer_find_blob(transfer, words[1], &digest, size, err);
	if (found >= 0)
		printf("ok %d\n", found);
	return found < 0 ? -1 : 0;
}

static const struct command commands[] = {
	{ "get-manifest", 4, get_manifest }, { "find-manifest", 3, find_manifest },
	{ "put-manifest", 5, put_manifest }, { "get-blob", 5, get_blob },
	{ "put-blob", 5, put_blob },	     { "find-blob", 4, find_blob },
};

/* In the job. */
static void run_request(struct transfer *transfer, int number, char *line)
{
	char *words[WORDS_MAX] = { NULL };
	struct error err = ERROR_INIT;
	size_t n = 0;

	for (char *word = strtok(line, " "); word && n < WORDS_MAX - 1; word = strtok(NULL, " "))
		words[n++] = word;
	printf("%d ", number);
	for (size_t i = 0; n && i < countof(commands); i++) {
		if (strcmp(commands[i].name, words[0]) != 0 || n < commands[i].n_words)
			continue;
		if (commands[i].run(transfer, words, &err) < 0)
			printf("error %s %s\n", error_code_name(err.code), err.text);
		fflush(stdout);
		_exit(0);
	}
	printf("error usage bad request\n");
	fflush(stdout);
	_exit(2);
}

/* The coordinator's loop: starts the helper when it is wanted, until n jobs have ended. */
static int look_after(struct transfer *transfer, int signal_fd, size_t n, pid_t *helper)
{
	while (n) {
		struct pollfd fds[] = { { signal_fd, POLLIN, 0 },
					{ transfer_wanted_fd(transfer), POLLIN, 0 } };
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return -1;
		if (fds[1].revents & POLLIN) {
			struct error err = ERROR_INIT;
			if (transfer_start_helper(transfer, helper, &err) < 0)
				printf("- error %s %s\n", error_code_name(err.code), err.text);
			else
				printf("- helper %d\n", (int)*helper);
			fflush(stdout);
		}
		if (fds[0].revents & POLLIN) {
			struct signalfd_siginfo info;
			(void)!read(signal_fd, &info, sizeof(info));
			for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) > 0;)
				n -= pid != *helper;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	cleanup(transfer_free) struct transfer *transfer = NULL;
	struct error err = ERROR_INIT;
	bool at_once = argc > 1 && strcmp(argv[1], "-j") == 0;
	pid_t helper = 0;
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	int signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (signal_fd < 0 || transfer_new(NULL, &transfer, &err) < 0)
		return 1;
	size_t waiting = 0;
	for (int i = 1 + at_once; i < argc; i++) {
		pid_t pid = fork();
		if (pid == 0)
			run_request(transfer, i - 1 - at_once, argv[i]);
		waiting++;
		if (at_once)
			continue;
		if (look_after(transfer, signal_fd, waiting, &helper) < 0)
			return 1;
		waiting = 0;
	}
	if (look_after(transfer, signal_fd, waiting, &helper) < 0)
		return 1;
	transfer_free(take_ptr(&transfer));
	/* it ends by itself when nobody can ask any more */
	if (helper > 0 && waitpid(helper, NULL, 0) < 0)
		return 1;
	return 0;
}
