/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two steps that pass a descriptor from one to the other, so that the first one's files are written
 * after it ended:
 *
 *   leak receive ADDRESS fd|map|dir   takes it, says so, and writes when the other is gone
 *   leak send ADDRESS fd|map|dir PATH opens PATH and hands it over
 *   leak fetch ADDRESS fd|map|dir, leak offer ADDRESS fd|map|dir PATH: the same, where who sends it
 *                                     is the one that listens
 *
 * An ADDRESS that begins with "@" is an abstract one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 4096 };

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static socklen_t address_of(const char *name, struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	strncpy(address->sun_path, name, sizeof(address->sun_path) - 1);
	if (*name == '@')
		address->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name) + (*name != '@'));
}

static void send_fd(int socket_fd, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte = 'x';
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	if (sendmsg(socket_fd, &message, 0) != 1)
		die("sendmsg");
}

static int receive_fd(int socket_fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	int fd = -1;

	if (recvmsg(socket_fd, &message, 0) != 1 || !CMSG_FIRSTHDR(&message))
		die("recvmsg");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

/* 0 or errno */
static int spoil(const char *kind, int fd, char *map)
{
	if (map) {
		memset(map, 'e', SIZE);
		return 0;
	}
	if (strcmp(kind, "dir") == 0) {
		int made = openat(fd, "evil", O_WRONLY | O_CREAT, 0644);
		int cause = made < 0 ? errno : 0;
		if (made >= 0)
			(void)close(made);
		return cause;
	}
	return pwrite(fd, "evil", 4, 0) == 4 ? 0 : errno;
}

/* The connection of the first who comes. */
static int await(const char *name)
{
	struct sockaddr_un address;
	socklen_t len = address_of(name, &address);
	int listening = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)unlink(name);
	if (bind(listening, (struct sockaddr *)&address, len) < 0 || listen(listening, 1) < 0)
		die("listen");
	printf("it listens\n");
	fflush(stdout);
	int connection = accept(listening, NULL, NULL);
	if (connection < 0)
		die("accept");
	(void)unlink(name);
	return connection;
}

/* -1: not to be had */
static int reach(const char *name)
{
	struct sockaddr_un address;
	socklen_t len = address_of(name, &address);
	int socket_fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (connect(socket_fd, (struct sockaddr *)&address, len) == 0)
		return socket_fd;
	printf("it cannot connect: %s\n", strerrorname_np(errno));
	return -1;
}

static int receive(int connection, const char *kind)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	char *map = NULL, byte;
	int last = -1;

	int fd = receive_fd(connection);
	if (strcmp(kind, "map") == 0) {
		map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (map == MAP_FAILED)
			die("mmap");
		(void)close(fd);
	}
	if (write(connection, "x", 1) != 1)
		die("write");
	/* until the other one is gone */
	while (read(connection, &byte, 1) > 0)
		;
	for (;;) {
		int cause = spoil(kind, fd, map);
		if (cause != last) {
			printf("it writes: %s\n", cause ? strerrorname_np(cause) : "ok");
			fflush(stdout);
		}
		last = cause;
		(void)nanosleep(&pause, NULL);
	}
}

static int hand_over(const char *name, int listens, const char *kind, const char *path)
{
	char good[SIZE], byte;
	int is_dir = strcmp(kind, "dir") == 0;
	int fd = is_dir ? open(path, O_RDONLY | O_DIRECTORY)
			: open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);

	memset(good, 'g', sizeof(good));
	if (fd < 0 || (!is_dir && write(fd, good, sizeof(good)) != sizeof(good)))
		die(path);
	int socket_fd = listens ? await(name) : reach(name);
	if (socket_fd < 0)
		return 0;
	send_fd(socket_fd, fd);
	if (read(socket_fd, &byte, 1) != 1)
		die("read");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "receive") == 0)
		return receive(await(argv[2]), argv[3]);
	if (argc == 4 && strcmp(argv[1], "fetch") == 0) {
		int connection = reach(argv[2]);
		return connection < 0 ? 1 : receive(connection, argv[3]);
	}
	if (argc == 5 && (strcmp(argv[1], "send") == 0 || strcmp(argv[1], "offer") == 0))
		return hand_over(argv[2], argv[1][0] == 'o', argv[3], argv[4]);
	fprintf(stderr, "usage: leak receive|send|fetch|offer ADDRESS fd|map|dir [PATH]\n");
	return 2;
}
