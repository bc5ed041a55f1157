/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor.h"

#include "holder.h"

#include "base/error.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* Dies with the coordinator from here on; false where that is gone already. */
static bool bind_to_parent(int parent_pidfd)
{
	struct pollfd parent = { .fd = parent_pidfd, .events = POLLIN };

	return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && poll(&parent, 1, 0) == 0;
}

/*
 * Of all that the coordinator has open, nothing stays: neither the locks of the store nor the pipes
 * of its jobs, nor a terminal or what reads our output.
 */
static int close_others(struct network_supervisor *supervisor)
{
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	int kept = fcntl(supervisor->decided_fd, F_DUPFD_CLOEXEC, 3);

	for (int fd = 0; fd < 3; fd++)
		if (null_fd < 0 || (null_fd != fd && dup2(null_fd, fd) < 0))
			return -1;
	if (kept < 0 || (kept != 3 && dup3(kept, 3, O_CLOEXEC) < 0))
		return -1;
	supervisor->decided_fd = 3;
	return close_range(4, ~0U, 0);
}

static void decide(struct network_supervisor *supervisor, enum network_phase phase)
{
	atomic_store(&supervisor->state->phase, (int)phase);
	if (supervisor->decided_fd >= 0)
		(void)close(take_fd(&supervisor->decided_fd));
}

static void add_reason(struct network_state *state, const char *name, const struct error *err)
{
	size_t len = strlen(state->reason);

	(void)snprintf(state->reason + len, sizeof(state->reason) - len, "%s%s: %.400s",
		       len ? "; " : "", name, err->text);
}

/* What an attempt left behind: in this pid namespace is nothing else. */
static void end_all(void)
{
	(void)kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

static int try_helper(struct network_supervisor *supervisor, const struct network_helper *helper,
		      int *ret_log_fd, struct error *err)
{
	cleanup(network_holder_release) struct network_holder holder = NETWORK_HOLDER_INIT;
	struct network_state *state = supervisor->state;
	struct in_addr gateway;
	bool needs_route = supervisor->wishes.has_forwarder && helper->forwarder_word;
	char path[64];
	autoclose int log_fd = -1;

	if (network_holder_start(&holder, err) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)holder.outer_pid);
	if (network_helper_start(helper, path, &supervisor->wishes, &log_fd, err) < 0 ||
	    network_holder_finish(&holder, needs_route ? helper->forwarder : NULL, &gateway, err) <
		    0)
		return -1;
	(void)inet_ntop(AF_INET, &gateway, state->gateway, sizeof(state->gateway));
	state->holder = holder.outer_pid;
	state->helper = helper->name;
	state->forwarder = supervisor->wishes.has_forwarder ? helper->forwarder : NULL;
	*ret_log_fd = take_fd(&log_fd);
	return 0;
}

/* All of them make an interface of it. */
static int check_tun(struct error *err)
{
	autoclose int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return 0;
	if (errno == EACCES)
		return error_set(err, ERROR_PERMISSION,
				 "not this user's to open (chmod 0666 /dev/net/tun)");
	if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
		return error_set(err, ERROR_NOT_FOUND,
				 "not there (modprobe tun; in a container --device /dev/net/tun)");
	return error_sys(err, "open");
}

static int find_helper(struct network_supervisor *supervisor, int *ret_log_fd)
{
	struct error err = ERROR_INIT;

	if (check_tun(&err) < 0) {
		add_reason(supervisor->state, "/dev/net/tun", &err);
		return -1;
	}
	for (size_t i = 0; i < n_network_helpers; i++) {
		if (try_helper(supervisor, &network_helpers[i], ret_log_fd, &err) == 0)
			return 0;
		add_reason(supervisor->state, network_helpers[i].name, &err);
		end_all();
	}
	return -1;
}

/* It may write what it likes; its end, or the holder's, is the end of the network. */
static void watch(int log_fd)
{
	char block[512];
	ssize_t n;

	while ((n = read(log_fd, block, sizeof(block))) > 0 || (n < 0 && errno == EINTR))
		;
	while (waitpid(-1, NULL, 0) < 0 && errno == EINTR)
		;
}

_Noreturn void network_supervisor_main(struct network_supervisor *supervisor)
{
	sigset_t all;
	int log_fd = -1;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	(void)signal(SIGCHLD, SIG_DFL);
	/* ^C at a terminal is the coordinator's to handle */
	(void)setpgid(0, 0);
	if (!bind_to_parent(supervisor->parent_pidfd) || close_others(supervisor) < 0)
		_exit(1);
	if (find_helper(supervisor, &log_fd) < 0) {
		decide(supervisor, NETWORK_REFUSED);
		_exit(0);
	}
	decide(supervisor, NETWORK_READY);
	watch(log_fd);
	decide(supervisor, NETWORK_DIED);
	_exit(1);
}
