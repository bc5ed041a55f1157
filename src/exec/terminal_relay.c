/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal_relay.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

enum { BLOCK_SIZE = 4096 };

/* As it was before; who had it in the foreground, -1 where it is not the controlling one. */
struct terminal_state {
	struct termios mode;
	pid_t foreground;
};

struct relaying {
	const struct terminal_relay *relay;
	int window_fd;
	char typed[BLOCK_SIZE]; /* not taken by the shell yet */
	size_t n_typed;
	bool is_over;
};

static void take_size(const struct terminal_relay *relay)
{
	struct winsize size;

	if (ioctl(relay->in_fd, TIOCGWINSZ, &size) == 0)
		(void)ioctl(relay->master_fd, TIOCSWINSZ, &size);
}

/* Keys go to the shell as they are: what they mean is settled by its own terminal. */
static bool take_terminal(const struct terminal_relay *relay, struct terminal_state *ret_state)
{
	struct termios raw;

	ret_state->foreground = tcgetpgrp(relay->in_fd);
	if (tcgetattr(relay->in_fd, &ret_state->mode) < 0)
		return false;
	if (ret_state->foreground >= 0 && tcsetpgrp(relay->in_fd, getpgrp()) < 0)
		return false;
	raw = ret_state->mode;
	cfmakeraw(&raw);
	return tcsetattr(relay->in_fd, TCSADRAIN, &raw) == 0;
}

static void give_terminal(const struct terminal_relay *relay, const struct terminal_state *state)
{
	(void)tcsetattr(relay->in_fd, TCSADRAIN, &state->mode);
	if (state->foreground >= 0)
		(void)tcsetpgrp(relay->in_fd, state->foreground);
}

static void read_keys(struct relaying *relaying)
{
	ssize_t n = read(relaying->relay->in_fd, relaying->typed, sizeof(relaying->typed));

	if (n > 0)
		relaying->n_typed = (size_t)n;
	else if (n == 0 || errno != EINTR)
		relaying->is_over = true;
}

static void write_keys(struct relaying *relaying)
{
	ssize_t n = write(relaying->relay->master_fd, relaying->typed, relaying->n_typed);

	if (n < 0)
		return;
	relaying->n_typed -= (size_t)n;
	memmove(relaying->typed, relaying->typed + n, relaying->n_typed);
}

/* EIO: nobody has the other end any more, and all that was written is read. */
static void read_screen(struct relaying *relaying)
{
	struct error ignored = ERROR_INIT;
	char block[BLOCK_SIZE];
	ssize_t n = read(relaying->relay->master_fd, block, sizeof(block));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0 || fs_write_all(relaying->relay->out_fd, block, (size_t)n, &ignored) < 0)
		relaying->is_over = true;
}

static void turn(struct relaying *relaying)
{
	const struct terminal_relay *relay = relaying->relay;
	bool has_keys = relaying->n_typed > 0;
	struct signalfd_siginfo info;
	struct pollfd fds[] = {
		{ .fd = has_keys ? -1 : relay->in_fd, .events = POLLIN },
		{ .fd = relay->master_fd, .events = has_keys ? POLLIN | POLLOUT : POLLIN },
		{ .fd = relaying->window_fd, .events = POLLIN },
	};

	if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0)
		return;
	if (fds[1].revents & (POLLIN | POLLHUP | POLLERR))
		read_screen(relaying);
	if (fds[1].revents & POLLOUT)
		write_keys(relaying);
	if (fds[0].revents)
		read_keys(relaying);
	if (fds[2].revents && read(relaying->window_fd, &info, sizeof(info)) > 0)
		take_size(relay);
}

static void relay_bytes(const struct terminal_relay *relay)
{
	struct relaying relaying = { .relay = relay };
	sigset_t window;

	(void)sigemptyset(&window);
	(void)sigaddset(&window, SIGWINCH);
	(void)sigprocmask(SIG_SETMASK, &window, NULL);
	relaying.window_fd = signalfd(-1, &window, SFD_CLOEXEC | SFD_NONBLOCK);
	(void)fcntl(relay->master_fd, F_SETFL, O_RDWR | O_NONBLOCK);
	take_size(relay);
	while (!relaying.is_over)
		turn(&relaying);
}

void terminal_relay_run(const struct terminal_relay *relay)
{
	struct error ignored = ERROR_INIT;
	struct terminal_state state;
	char byte;

	/* who is not in the foreground may take it all the same */
	(void)signal(SIGTTOU, SIG_IGN);
	(void)signal(SIGTTIN, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	ssize_t n;
	while ((n = read(relay->started_fd, &byte, 1)) < 0 && errno == EINTR)
		;
	if (n <= 0)
		return;
	while (flock(relay->lock_fd, LOCK_EX) < 0 && errno == EINTR)
		;
	job_terminal_taken(relay->channel);
	if (take_terminal(relay, &state)) {
		(void)!fs_write_all(relay->out_fd, relay->greeting, strlen(relay->greeting),
				    &ignored);
		relay_bytes(relay);
		give_terminal(relay, &state);
	}
	job_terminal_given(relay->channel);
}
