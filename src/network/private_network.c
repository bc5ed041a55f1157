/* SPDX-License-Identifier: Apache-2.0 */
#include "network/private_network.h"

#include "supervisor.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "sandbox/isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

struct private_network {
	struct network_state *state; /* shared */
	int decided_fd;		     /* ends when the state is decided */
	int supervisor_fd;	     /* pidfd */
};

static void refuse(struct private_network *network, const char *reason)
{
	(void)snprintf(network->state->reason, sizeof(network->state->reason), "%.400s", reason);
	atomic_store(&network->state->phase, NETWORK_REFUSED);
}

/* --- starting the supervisor --------------------------------------------------------------------
 */

/* What the launcher says: the supervisor's process, or why there is none. */
struct launch {
	pid_t pid;
	int cause;
};

/*
 * Only a child can enter the user namespace for the others. The supervisor is a child of this
 * process all the same, which it is to die with.
 */
static _Noreturn void launcher_main(int user_namespace_fd, int answer_fd,
				    struct network_supervisor *supervisor)
{
	struct launch launch = { .pid = -1 };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (user_namespace_fd < 0 || setns(user_namespace_fd, CLONE_NEWUSER) == 0)
		launch.pid = (pid_t)syscall(SYS_clone, CLONE_PARENT | CLONE_NEWPID | SIGCHLD, NULL,
					    NULL, NULL, NULL);
	if (launch.pid == 0)
		network_supervisor_main(supervisor);
	launch.cause = errno;
	(void)!write(answer_fd, &launch, sizeof(launch));
	_exit(0);
}

static int launch_supervisor(int user_namespace_fd, struct network_supervisor *supervisor,
			     struct launch *ret_launch, struct error *err)
{
	int ends[2];
	size_t len = 0;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_sys(err, "make a pipe");
	pid_t pid = fork();
	if (pid == 0)
		launcher_main(user_namespace_fd, ends[1], supervisor);
	(void)close(ends[1]);
	int result = pid < 0 ? error_sys(err, "start a process")
			     : fs_read_full(ends[0], ret_launch, sizeof(*ret_launch), &len, err);
	(void)close(ends[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (result == 0 && len != sizeof(*ret_launch))
		return error_set(err, ERROR_SYSTEM, "a process of the network died");
	return result;
}

static int start_supervisor(struct private_network *network, int user_namespace_fd,
			    const struct network_wishes *wishes, struct error *err)
{
	struct launch launch = { .pid = -1 };
	autoclose int write_fd = -1, own_pidfd = pidfd_open(getpid(), 0);
	int ends[2];

	if (own_pidfd < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return error_sys(err, "begin a private network");
	network->decided_fd = ends[0];
	write_fd = ends[1];
	struct network_supervisor supervisor = { .state = network->state,
						 .decided_fd = write_fd,
						 .parent_pidfd = own_pidfd,
						 .wishes = *wishes };
	if (launch_supervisor(user_namespace_fd, &supervisor, &launch, err) < 0)
		return -1;
	if (launch.pid < 0) {
		errno = launch.cause;
		(void)error_sys(err, "make a pid namespace");
		refuse(network, err->text);
		return 0;
	}
	network->supervisor_fd = pidfd_open(launch.pid, 0);
	if (network->supervisor_fd >= 0)
		return 0;
	(void)error_sys(err, "watch a process of the network");
	(void)kill(launch.pid, SIGKILL);
	(void)waitpid(launch.pid, NULL, 0);
	return -1;
}

/* --- its life -----------------------------------------------------------------------------------
 */

int private_network_new(const struct isolation *isolation, const struct network_wishes *wishes,
			struct private_network **ret_network, struct error *err)
{
	cleanup(private_network_free) struct private_network *network =
		xcalloc(1, sizeof(*network));

	*network = (struct private_network){ .decided_fd = -1, .supervisor_fd = -1 };
	void *memory = mmap(NULL, sizeof(*network->state), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return error_sys(err, "map shared memory");
	network->state = memory;
	if (isolation_mode(isolation) == ISOLATION_CHROOT)
		refuse(network, "a chroot has none of its own");
	else if (start_supervisor(network, isolation_namespace(isolation), wishes, err) < 0)
		return -1;
	*ret_network = take_ptr(&network);
	return 0;
}

void private_network_free(struct private_network *network)
{
	siginfo_t info;

	if (!network)
		return;
	if (network->supervisor_fd >= 0) {
		(void)pidfd_send_signal(network->supervisor_fd, SIGKILL, NULL, 0);
		/* ends when its pid namespace is empty; who reaps all children may have been first
		 */
		while (waitid(P_PIDFD, (id_t)network->supervisor_fd, &info, WEXITED) < 0 &&
		       errno == EINTR)
			;
	}
	close_fd_at(&network->supervisor_fd);
	close_fd_at(&network->decided_fd);
	if (network->state)
		(void)munmap(network->state, sizeof(*network->state));
	free(network);
}

/* --- in a job -----------------------------------------------------------------------------------
 */

static int wait_decided(const struct private_network *network, struct error *err)
{
	struct pollfd decided = { .fd = network->decided_fd, .events = POLLIN };

	while (network->decided_fd >= 0 && poll(&decided, 1, -1) < 0)
		if (errno != EINTR)
			return error_sys(err, "wait for the private network");
	return 0;
}

int private_network_wait(const struct private_network *network,
			 struct private_network_found *ret_found, struct error *err)
{
	const struct network_state *state = network->state;
	char path[64];

	if (wait_decided(network, err) < 0)
		return -1;
	int phase = atomic_load(&state->phase);
	if (phase == NETWORK_REFUSED) {
		*ret_found = (struct private_network_found){ .namespace_fd = -1,
							     .reason = state->reason };
		return 0;
	}
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)state->holder);
	autoclose int fd = phase == NETWORK_READY ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (phase == NETWORK_READY && fd < 0)
		return error_sys(err, "open the private network");
	/* still there now: so the path led to it */
	if (atomic_load(&state->phase) != NETWORK_READY)
		return error_set(err, ERROR_SYSTEM,
				 "the private network of this build broke: '%s' "
				 "ended (--network=host does without)",
				 state->helper ? state->helper : "its process");
	*ret_found = (struct private_network_found){ .namespace_fd = take_fd(&fd),
						     .helper = state->helper,
						     .forwarder = state->forwarder,
						     .gateway = state->gateway };
	return 1;
}

bool private_network_tell(struct private_network *network)
{
	return !atomic_exchange(&network->state->was_told, true);
}
