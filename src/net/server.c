/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include "sink.h"
#include "url_call.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/trace.h"
#include "transfer/message.h"
#include "transfer/packet.h"

#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

/* Not more often than somebody can look. */
#define PROGRESS_INTERVAL (UINT64_C(100) * 1000000)

struct server {
	struct loop *loop;
	struct registry *registry;
	struct http *http;
	int socket_fd;
	struct loop_watch *watch;
	bool is_deaf; /* nobody is left who could ask */
	VEC(struct task *) tasks;
};

/* One request being answered. */
struct task {
	struct server *server;
	struct transfer_request request;
	int answer_fd, body_fd;
	struct loop_watch *hangup_watch, *room_watch;
	struct sink sink;
	struct registry_call *call;
	struct url_call *url_call;
	uint64_t told_at;
};

static void task_free(struct task *task)
{
	struct server *server = task->server;

	for (size_t i = 0; i < server->tasks.len; i++) {
		if (server->tasks.items[i] == task) {
			server->tasks.items[i] = server->tasks.items[--server->tasks.len];
			break;
		}
	}
	registry_cancel(task->call);
	url_call_cancel(task->url_call);
	loop_watch_remove(task->hangup_watch);
	loop_watch_remove(task->room_watch);
	sink_release(&task->sink);
	transfer_request_release(&task->request);
	close_fd_at(&task->answer_fd);
	close_fd_at(&task->body_fd);
	free(task);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void send_answer(int answer_fd, const struct transfer_answer *answer)
{
	cleanup(buf_release) struct buf message = BUF_INIT;
	struct error ignored;

	transfer_answer_encode(answer, &message);
	/* whoever is gone by now does not mind */
	(void)!packet_send(answer_fd, &message, NULL, 0, &ignored);
}

static void finish_with_error(struct task *task, const struct error *err)
{
	struct transfer_answer answer = { .kind = TRANSFER_ERROR, .error = *err };

	send_answer(task->answer_fd, &answer);
	task_free(task);
}

/* Only into an empty socket: so the last message always finds room, whoever reads or does not. */
static void tell_progress(struct task *task, uint64_t done)
{
	struct transfer_answer answer = { .kind = TRANSFER_PROGRESS,
					  .done = done,
					  .total = task->url_call ? 0 : task->request.size };
	uint64_t now = loop_now(task->server->loop);
	int unread = 0;

	if (now - task->told_at < PROGRESS_INTERVAL ||
	    ioctl(task->answer_fd, SIOCOUTQ, &unread) < 0 || unread)
		return;
	task->told_at = now;
	send_answer(task->answer_fd, &answer);
}

static void on_done(void *context, const struct registry_answer *answer, const struct error *failed)
{
	struct task *task = context;
	struct error err = ERROR_INIT;

	task->call = NULL; /* it ends itself */
	if (failed) {
		finish_with_error(task, failed);
		return;
	}
	if (answer->body &&
	    fs_write_all(task->body_fd, answer->body->data, answer->body->len, &err) < 0) {
		(void)error_wrap(&err, "hand the manifest over");
		finish_with_error(task, &err);
		return;
	}
	struct transfer_answer done = { .kind = TRANSFER_DONE,
					.is_found = answer->is_found,
					.is_uploaded = answer->is_uploaded,
					.digest = answer->digest };
	/* borrowed for the encoding, not released */
	autofree char *media_type = answer->media_type ? xstrdup(answer->media_type) : NULL;
	done.media_type = media_type;
	send_answer(task->answer_fd, &done);
	task_free(task);
}

/* --- bodies ----------------------------------------------------------------------------------- */

static void on_room(void *context)
{
	struct task *task = context;

	loop_watch_remove(task->room_watch);
	task->room_watch = NULL;
	if (task->call)
		registry_resume(task->call);
}

static int take_blob(void *context, const void *data, size_t len, struct error *err)
{
	struct task *task = context;
	int taken = sink_take(&task->sink, data, len, err);

	if (taken == 0)
		tell_progress(task, task->sink.taken);
	if (taken == 1 && !task->room_watch)
		task->room_watch =
			loop_watch_add(task->server->loop, task->body_fd, POLLOUT, on_room, task);
	return taken;
}

static int finish_blob(void *context, struct error *err)
{
	return sink_finish(&((struct task *)context)->sink, err);
}

static int restart_blob(void *context, struct error *err)
{
	return sink_restart(&((struct task *)context)->sink, err);
}

static void on_sent(void *context, uint64_t done)
{
	tell_progress(context, done);
}

static int need_file(const struct task *task, struct error *err)
{
	struct stat st;

	if (fstat(task->body_fd, &st) < 0)
		return error_sys(err, "look at what is sent");
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_USAGE, "bodies are sent from regular files only");
	return 0;
}

static int read_manifest(struct task *task, struct buf *body, struct error *err)
{
	if (need_file(task, err) < 0)
		return -1;
	if (lseek(task->body_fd, 0, SEEK_SET) < 0)
		return error_sys(err, "read the manifest");
	return fs_read_fd(task->body_fd, TRANSFER_MANIFEST_SIZE_MAX, "the manifest", body, err);
}

/* What is particular to a kind of request. */
static int prepare_body(struct task *task, struct registry_order *order, struct error *err)
{
	const struct transfer_request *request = &task->request;

	switch (request->kind) {
	case TRANSFER_FIND_MANIFEST:
	case TRANSFER_FIND_BLOB:
		return 0;
	case TRANSFER_GET_MANIFEST:
		return need_file(task, err);
	case TRANSFER_PUT_MANIFEST:
		return read_manifest(task, &order->body, err);
	case TRANSFER_PUT_BLOB:
		order->in_fd = task->body_fd;
		order->sent = on_sent;
		order->sent_context = task;
		return need_file(task, err);
	case TRANSFER_GET_BLOB:
		break;
	case TRANSFER_GET_URL:
	case TRANSFER_REACH_URL:
		return error_set(err, ERROR_USAGE, "a URL is no registry's");
	}
	order->sink = (struct registry_sink){
		.take = take_blob, .finish = finish_blob, .restart = restart_blob, .context = task
	};
	order->have = request->have;
	if (sink_init(&task->sink, task->body_fd, &request->digest, request->size, err) < 0)
		return -1;
	return request->have ? sink_skip(&task->sink, request->have, err) : 0;
}

/* --- requests --------------------------------------------------------------------------------- */

static const enum registry_verb verbs[] = {
	[TRANSFER_GET_MANIFEST] = REGISTRY_GET_MANIFEST,
	[TRANSFER_FIND_MANIFEST] = REGISTRY_FIND_MANIFEST,
	[TRANSFER_PUT_MANIFEST] = REGISTRY_PUT_MANIFEST,
	[TRANSFER_GET_BLOB] = REGISTRY_GET_BLOB,
	[TRANSFER_FIND_BLOB] = REGISTRY_FIND_BLOB,
	[TRANSFER_PUT_BLOB] = REGISTRY_PUT_BLOB,
};

static char *dup_or_null(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static int start_order(struct task *task, struct error *err)
{
	const struct transfer_request *request = &task->request;
	cleanup(registry_order_release) struct registry_order order = REGISTRY_ORDER_INIT;

	if (transfer_kind_has_body(request->kind) && task->body_fd < 0)
		return error_set(err, ERROR_USAGE, "a request came without its descriptor");
	order.verb = verbs[request->kind];
	order.repository = xstrdup(request->repository);
	order.what = dup_or_null(request->what);
	order.media_type = dup_or_null(request->media_type);
	order.mount_from = dup_or_null(request->mount_from);
	order.digest = request->digest;
	order.size = request->size;
	if (prepare_body(task, &order, err) < 0)
		return -1;
	task->call = registry_start(task->server->registry, &order, on_done, task);
	return 0;
}

static void on_url_done(void *context, const struct transfer_answer *answer,
			const struct error *failed)
{
	struct task *task = context;

	task->url_call = NULL; /* it ends itself */
	if (failed) {
		finish_with_error(task, failed);
		return;
	}
	send_answer(task->answer_fd, answer);
	task_free(task);
}

static void on_url_progress(void *context, uint64_t done)
{
	tell_progress(context, done);
}

static int start_url(struct task *task, struct error *err)
{
	const struct url_call_events events = { .done = on_url_done,
						.progress = on_url_progress,
						.context = task };

	return url_call_start(task->server->http, &task->request, task->body_fd, &events,
			      &task->url_call, err);
}

/* The job at the other end is dead, or says what it has no business to say. */
static void on_hangup(void *context)
{
	task_free(context);
}

/* 1 go on, 0 answered already. */
static int decode(struct task *task, const struct buf *message, struct error *err)
{
	struct transfer_answer mismatch = { .kind = TRANSFER_MISMATCH };
	autofree char *version = NULL;
	autofree char *ours = xstrdup(CBUILD_VERSION);

	int same =
		transfer_request_decode(message->data, message->len, &task->request, &version, err);
	if (same != 0)
		return same;
	mismatch.version = ours;
	send_answer(task->answer_fd, &mismatch);
	return 0;
}

static void start_task(struct server *server, const struct buf *message, int answer_fd, int body_fd)
{
	struct task *task = xcalloc(1, sizeof(*task));
	struct error err = ERROR_INIT;

	*task = (struct task){
		.server = server, .answer_fd = answer_fd, .body_fd = body_fd, .sink = SINK_INIT
	};
	vec_push(&server->tasks, task);
	int known = decode(task, message, &err);
	if (known == 0) {
		task_free(task);
		return;
	}
	if (known > 0)
		known = task->request.kind >= TRANSFER_GET_URL ? start_url(task, &err)
							       : start_order(task, &err);
	if (known < 0) {
		finish_with_error(task, &err);
		return;
	}
	task->hangup_watch = loop_watch_add(server->loop, answer_fd, POLLIN, on_hangup, task);
}

static void on_socket(void *context)
{
	struct server *server = context;
	cleanup(buf_release) struct buf message = BUF_INIT;
	struct error err = ERROR_INIT;
	int fds[2];

	int received = packet_receive(server->socket_fd, MESSAGE_SIZE_MAX, false, &message, fds,
				      countof(fds), &err);
	if (received < 0)
		trace("net", "%s", err.text);
	if (received > 0 && message.len && fds[0] >= 0) {
		start_task(server, &message, fds[0], fds[1]);
	} else {
		close_fd_at(&fds[0]);
		close_fd_at(&fds[1]);
	}
	if (received == 0) {
		loop_watch_remove(server->watch);
		server->watch = NULL;
		server->is_deaf = true;
	}
}

struct server *server_new(struct loop *loop, struct http *http, struct registry *registry,
			  int socket_fd)
{
	struct server *server = xcalloc(1, sizeof(*server));

	server->loop = loop;
	server->registry = registry;
	server->http = http;
	server->socket_fd = socket_fd;
	server->watch = loop_watch_add(loop, socket_fd, POLLIN, on_socket, server);
	return server;
}

void server_free(struct server *server)
{
	if (!server)
		return;
	while (server->tasks.len)
		task_free(server->tasks.items[server->tasks.len - 1]);
	vec_release(&server->tasks);
	loop_watch_remove(server->watch);
	close_fd_at(&server->socket_fd);
	free(server);
}

bool server_is_done(const struct server *server)
{
	return server->is_deaf && !server->tasks.len;
}
