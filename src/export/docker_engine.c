/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `docker load` without docker: POST /images/load with the archive as a chunked body, over the
 * engine's socket (Docker Engine API).
 */
#include "tar_stream.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "export/export.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { ANSWER_MAX = 1024 * 1024 };

#define DEFAULT_SOCKET "/var/run/docker.sock"
#define UNIX_SCHEME    "unix://"

static const char *socket_path(void)
{
	const char *host = getenv("DOCKER_HOST");

	return host && text_has_prefix(host, UNIX_SCHEME) ? host + strlen(UNIX_SCHEME)
							  : DEFAULT_SOCKET;
}

/* 1/0/-1; nobody listening is an answer. */
static int connect_engine(const char *path, int *ret_fd, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_sys(err, "socket");
	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(err, ERROR_USAGE, "'%s' is too long for a socket's path", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return 0;
	*ret_fd = take_fd(&fd);
	return 1;
}

static int write_chunk(void *context, const void *data, size_t len, struct error *err)
{
	int fd = *(const int *)context;
	char size[32];

	if (!len)
		return 0;
	int n = snprintf(size, sizeof(size), "%zx\r\n", len);
	if (fs_write_all(fd, size, (size_t)n, err) < 0 || fs_write_all(fd, data, len, err) < 0)
		return -1;
	return fs_write_all(fd, "\r\n", 2, err);
}

/* The engine answers 200 also when it fails: then its stream of JSON lines holds an error. */
static int read_answer(int fd, struct error *err)
{
	cleanup(buf_release) struct buf answer = BUF_INIT;

	if (fs_read_fd(fd, ANSWER_MAX, "the Docker engine's answer", &answer, err) < 0)
		return -1;
	const char *status = strchr(answer.data, ' ');
	if (!text_has_prefix(answer.data, "HTTP/1.") || !status)
		return error_set(err, ERROR_NETWORK,
				 "what answers at the socket is no HTTP server");
	if (!text_has_prefix(status, " 200") || strstr(answer.data, "\"errorDetail\"")) {
		const char *body = strstr(answer.data, "\r\n\r\n");
		return error_set(err, ERROR_NETWORK, "the Docker engine refused the image: %.500s",
				 body ? body + 4 : status);
	}
	return 0;
}

int export_to_engine(const struct image_env *env, const struct image_set *set,
		     const struct strv *names, char **ret_socket, struct error *err)
{
	static const char request[] = "POST /images/load?quiet=1 HTTP/1.1\r\n"
				      "Host: docker\r\n"
				      "Content-Type: application/x-tar\r\n"
				      "Transfer-Encoding: chunked\r\n"
				      "Connection: close\r\n\r\n";
	const char *path = socket_path();
	autoclose int fd = -1;

	*ret_socket = xstrdup(path);
	int found = connect_engine(path, &fd, err);
	if (found <= 0)
		return found;
	struct tar_stream stream = { .write = write_chunk, .context = &fd };
	if (fs_write_all(fd, request, sizeof(request) - 1, err) < 0 ||
	    archive_write(env, set, names, true, &stream, err) < 0 ||
	    fs_write_all(fd, "0\r\n\r\n", 5, err) < 0 || read_answer(fd, err) < 0)
		return error_wrap(err, "load into the Docker engine at %s", path);
	return 1;
}
