/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include "helper.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "transfer/packet.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>

/*
 * The helper's end must not be inherited by jobs: a job that held a copy would keep it open after
 * the helper's death, and all others would wait for ever. Yet the coordinator forks jobs before it
 * starts the helper. So that end lies parked, as a message in a socket pair; an epoll instance,
 * which holds no reference, still tells when a request has come.
 */
struct transfer {
	int ask_fd;
	int parked_fds[2];
	int wanted_fd;
	struct error start_error; /* why there is no helper */
};

/* A file without a name that holds it, to be read by the helper. */
static int write_access(const struct registry_access *access, int *ret_fd, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	autoclose int fd = memfd_create("cbuild-access", MFD_CLOEXEC);

	if (fd < 0)
		return error_sys(err, "make a file in memory");
	if (access)
		registry_access_encode(access, &text);
	int written = fs_write_all(fd, text.data, text.len, err);
	if (text.len)
		explicit_bzero(text.data, text.len);
	if (written < 0)
		return -1;
	*ret_fd = take_fd(&fd);
	return 0;
}

static int park(struct transfer *transfer, const int fds[2], struct error *err)
{
	struct epoll_event event = { .events = EPOLLIN };
	cleanup(buf_release) struct buf text = BUF_INIT;

	transfer->wanted_fd = epoll_create1(EPOLL_CLOEXEC);
	if (transfer->wanted_fd < 0 ||
	    epoll_ctl(transfer->wanted_fd, EPOLL_CTL_ADD, fds[0], &event) < 0)
		return error_sys(err, "watch the network socket");
	if (packet_pair(transfer->parked_fds, err) < 0)
		return -1;
	buf_add_text(&text, "parked");
	int sent = packet_send(transfer->parked_fds[0], &text, fds, 2, err);
	return sent == 0 ? error_set(err, ERROR_SYSTEM, "park the network socket") : sent;
}

/* The helper's end, and what it is to read. */
static int unpark(struct transfer *transfer, int ret_fds[2], struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (transfer->parked_fds[1] < 0)
		return error_set(err, ERROR_SYSTEM, "the network helper was started before");
	int received = packet_receive(transfer->parked_fds[1], 16, true, &text, ret_fds, 2, err);
	if (received < 0 || ret_fds[0] < 0)
		return error_wrap(err, "take the network socket");
	for (size_t i = 0; i < countof(transfer->parked_fds); i++)
		(void)close(take_fd(&transfer->parked_fds[i]));
	(void)close(take_fd(&transfer->wanted_fd));
	return 0;
}

int transfer_new(const struct registry_access *access, struct transfer **ret_transfer,
		 struct error *err)
{
	cleanup(transfer_free) struct transfer *transfer = xcalloc(1, sizeof(*transfer));
	int ends[2];

	*transfer = (struct transfer){ .ask_fd = -1, .parked_fds = { -1, -1 }, .wanted_fd = -1 };
	if (packet_pair(ends, err) < 0)
		return -1;
	transfer->ask_fd = ends[0];
	autoclose int helper_fd = ends[1];
	autoclose int access_fd = -1;
	if (write_access(access, &access_fd, err) < 0 ||
	    park(transfer, (const int[]){ helper_fd, access_fd }, err) < 0)
		return -1;
	*ret_transfer = take_ptr(&transfer);
	return 0;
}

void transfer_free(struct transfer *transfer)
{
	if (!transfer)
		return;
	close_fd_at(&transfer->ask_fd);
	close_fd_at(&transfer->wanted_fd);
	close_fd_at(&transfer->parked_fds[0]);
	close_fd_at(&transfer->parked_fds[1]);
	free(transfer);
}

int transfer_wanted_fd(const struct transfer *transfer)
{
	return transfer->wanted_fd;
}

/* There will be no helper: whoever has asked already learns why. */
static void answer_all(int helper_fd, const struct error *reason)
{
	cleanup(buf_release) struct buf message = BUF_INIT;
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct transfer_answer answer = { .kind = TRANSFER_ERROR, .error = *reason };
	struct error ignored;

	transfer_answer_encode(&answer, &text);
	for (;;) {
		int fds[2];
		int received = packet_receive(helper_fd, MESSAGE_SIZE_MAX, false, &message, fds,
					      countof(fds), &ignored);
		if (received <= 0 || !message.len)
			return;
		if (fds[0] >= 0)
			(void)!packet_send(fds[0], &text, NULL, 0, &ignored);
		close_fd_at(&fds[0]);
		close_fd_at(&fds[1]);
	}
}

int transfer_start_helper(struct transfer *transfer, pid_t *ret_pid, struct error *err)
{
	int fds[2] = { -1, -1 };
	autofree char *path = NULL;

	if (unpark(transfer, fds, err) < 0)
		return -1;
	autoclose int helper_fd = fds[0];
	autoclose int access_fd = fds[1];
	if (helper_find(&path, err) < 0 ||
	    helper_start(path, helper_fd, access_fd, ret_pid, err) < 0) {
		transfer->start_error = *err;
		answer_all(helper_fd, err);
		return -1;
	}
	return 0;
}

/* --- what jobs ask ---------------------------------------------------------------------------- */

static int is_gone(const struct transfer *transfer, struct error *err)
{
	if (transfer->start_error.code != ERROR_NONE) {
		*err = transfer->start_error;
		return -1;
	}
	return error_set(err, ERROR_NETWORK,
			 "cbuild-net died before it answered (does it start by itself?)");
}

static int take_answer(const struct transfer *transfer, int answer_fd,
		       const struct progress *progress, struct transfer_answer *ret_answer,
		       struct error *err)
{
	cleanup(buf_release) struct buf message = BUF_INIT;
	cleanup(transfer_answer_release) struct transfer_answer answer = TRANSFER_ANSWER_INIT;

	for (;;) {
		int received =
			packet_receive(answer_fd, MESSAGE_SIZE_MAX, true, &message, NULL, 0, err);
		if (received == 0)
			return is_gone(transfer, err);
		if (received < 0 ||
		    transfer_answer_decode(message.data, message.len, &answer, err) < 0)
			return -1;
		if (answer.kind != TRANSFER_PROGRESS)
			break;
		progress_advance(progress, answer.done, answer.total);
		transfer_answer_release(&answer);
	}
	if (answer.kind == TRANSFER_MISMATCH)
		return error_set(err, ERROR_SYSTEM,
				 "cbuild is version %s, but the cbuild-net beside it is %s: "
				 "install both from one release",
				 CBUILD_VERSION, answer.version);
	if (answer.kind == TRANSFER_ERROR) {
		*err = answer.error;
		return -1;
	}
	*ret_answer = answer;
	answer = (struct transfer_answer)TRANSFER_ANSWER_INIT;
	return 0;
}

int transfer_ask(struct transfer *transfer, const struct transfer_request *request, int body_fd,
		 const struct progress *progress, struct transfer_answer *ret_answer,
		 struct error *err)
{
	cleanup(buf_release) struct buf message = BUF_INIT;
	int ends[2];

	transfer_request_encode(request, &message);
	if (message.len > MESSAGE_SIZE_MAX)
		return error_set(err, ERROR_USAGE, "request of more than %d bytes",
				 MESSAGE_SIZE_MAX);
	if (packet_pair(ends, err) < 0)
		return -1;
	autoclose int answer_fd = ends[0];
	autoclose int their_fd = ends[1];
	int fds[] = { their_fd, body_fd };
	int sent = packet_send(transfer->ask_fd, &message, fds, body_fd >= 0 ? 2 : 1, err);
	if (sent < 0)
		return -1;
	if (sent == 0)
		return is_gone(transfer, err);
	(void)close(take_fd(&their_fd));
	return take_answer(transfer, answer_fd, progress, ret_answer, err);
}

/* An unnamed file in memory: what a body of bounded size passes through. */
static int memory_file(const void *data, size_t len, int *ret_fd, struct error *err)
{
	autoclose int fd = memfd_create("cbuild-body", MFD_CLOEXEC);

	if (fd < 0)
		return error_sys(err, "make a file in memory");
	if (len && fs_write_all(fd, data, len, err) < 0)
		return -1;
	*ret_fd = take_fd(&fd);
	return 0;
}

int transfer_get_manifest(struct transfer *transfer, const char *repository, const char *what,
			  struct buf *ret_body, char **ret_media_type, struct digest *ret_digest,
			  struct error *err)
{
	cleanup(transfer_request_release) struct transfer_request request = {
		.kind = TRANSFER_GET_MANIFEST,
		.repository = xstrdup(repository),
		.what = xstrdup(what)
	};
	cleanup(transfer_answer_release) struct transfer_answer answer = TRANSFER_ANSWER_INIT;
	autoclose int fd = -1;

	if (memory_file(NULL, 0, &fd, err) < 0 ||
	    transfer_ask(transfer, &request, fd, NULL, &answer, err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_sys(err, "rewind the manifest");
	if (fs_read_fd(fd, TRANSFER_MANIFEST_SIZE_MAX, "the manifest", ret_body, err) < 0)
		return -1;
	*ret_media_type = take_ptr(&answer.media_type);
	*ret_digest = answer.digest;
	return 0;
}

int transfer_find_manifest(struct transfer *transfer, const char *repository, const char *what,
			   struct digest *ret_digest, struct error *err)
{
	cleanup(transfer_request_release) struct transfer_request request = {
		.kind = TRANSFER_FIND_MANIFEST,
		.repository = xstrdup(repository),
		.what = xstrdup(what)
	};
	cleanup(transfer_answer_release) struct transfer_answer answer = TRANSFER_ANSWER_INIT;

	if (transfer_ask(transfer, &request, -1, NULL, &answer, err) < 0)
		return -1;
	if (answer.is_found)
		*ret_digest = answer.digest;
	return answer.is_found;
}

int transfer_resume_blob(struct transfer *transfer, const char *repository,
			 const struct digest *digest, uint64_t size, uint64_t have, int out_fd,
			 const struct progress *progress, struct error *err)
{
	cleanup(transfer_request_release) struct transfer_request request = {
		.kind = TRANSFER_GET_BLOB,
		.repository = xstrdup(repository),
		.digest = *digest,
		.size = size,
		.have = have,
	};
	cleanup(transfer_answer_release) struct transfer_answer answer = TRANSFER_ANSWER_INIT;

	return transfer_ask(transfer, &request, out_fd, progress, &answer, err);
}

int transfer_get_blob(struct transfer *transfer, const char *repository,
		      const struct digest *digest, uint64_t size, int out_fd,
		      const struct progress *progress, struct error *err)
{
	return transfer_resume_blob(transfer, repository, digest, size, 0, out_fd, progress, err);
}

int transfer_put_blob(struct transfer *transfer, const char *repository,
		      const struct digest *digest, uint64_t size, int in_fd, const char *mount_from,
		      const struct progress *progress, bool *ret_uploaded, struct error *err)
{
	cleanup(transfer_request_release) struct transfer_request request = {
		.kind = TRANSFER_PUT_BLOB,
		.repository = xstrdup(repository),
		.digest = *digest,
		.size = size
	};
	cleanup(transfer_answer_release) struct transfer_answer answer = TRANSFER_ANSWER_INIT;

	request.mount_from = mount_from ? xstrdup(mount_from) : NULL;
	if (transfer_ask(transfer, &request, in_fd, progress, &answer, err) < 0)
		return -1;
	*ret_uploaded = answer.is_uploaded;
	return 0;
}

int transfer_find_blob(struct transfer *transfer, const char *repository,
		       const struct digest *digest, uint64_t size, struct error *err)
{
	cleanup(transfer_request_release) struct transfer_request request = {
		.kind = TRANSFER_FIND_BLOB,
		.repository = xstrdup(repository),
		.digest = *digest,
		.size = size
	};
	cleanup(transfer_answer_release) struct transfer_answer answer = TRANSFER_ANSWER_INIT;

	if (transfer_ask(transfer, &request, -1, NULL, &answer, err) < 0)
		return -1;
	return answer.is_found;
}

int transfer_put_manifest(struct transfer *transfer, const char *repository, const char *what,
			  const char *media_type, const void *body, size_t len, struct error *err)
{
	cleanup(transfer_request_release) struct transfer_request request = {
		.kind = TRANSFER_PUT_MANIFEST,
		.repository = xstrdup(repository),
		.what = xstrdup(what)
	};
	cleanup(transfer_answer_release) struct transfer_answer answer = TRANSFER_ANSWER_INIT;
	autoclose int fd = -1;

	request.media_type = xstrdup(media_type);
	request.size = len;
	if (memory_file(body, len, &fd, err) < 0)
		return -1;
	return transfer_ask(transfer, &request, fd, NULL, &answer, err);
}
