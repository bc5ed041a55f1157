/* SPDX-License-Identifier: Apache-2.0 */
/* System calls as the kernel answers them inside a step. */
#include "world.h"

#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

static const char *call_inside(struct step *step, long number, unsigned long long a,
			       unsigned long long b, unsigned long long c)
{
	char script[160];

	copy_program(INSIDE_PROGRAM, step->extra_fd, "inside");
	(void)snprintf(script, sizeof(script), "/inside call %ld %llu %llu %llu", number, a, b, c);
	return step_run(step, script);
}

static void expect_call(void **state, long number, unsigned long long a, unsigned long long b,
			unsigned long long c, const char *expected)
{
	struct step step;

	step_begin(state, &step);
	const char *answer = call_inside(&step, number, a, b, c);
	if (strncmp(answer, expected, strlen(expected)) != 0)
		fail_msg("call %ld(%llx): %s, expected %s", number, a, answer, expected);
	step_end(&step);
}

/* S-10 */
static void the_kernel_answers_as_the_tables_say(void **state)
{
	const unsigned long long high = 1ULL << 32;

	expect_call(state, SYS_unshare, CLONE_NEWUSER, 0, 0, "EPERM");
	expect_call(state, SYS_clone, CLONE_NEWUSER | 17, 0, 0, "EPERM");
	expect_call(state, SYS_clone, CLONE_NEWNET | high | 17, 0, 0, "EPERM");
	expect_call(state, SYS_clone3, 0, 0, 0, "ENOSYS");
	expect_call(state, SYS_keyctl, 0, 0, 0, "EPERM");
	expect_call(state, SYS_add_key, 0, 0, 0, "EPERM");
	expect_call(state, SYS_bpf, 0, 0, 0, "EPERM");
	expect_call(state, SYS_userfaultfd, 0, 0, 0, "EPERM");
	expect_call(state, SYS_io_uring_setup, 1, 0, 0, "EPERM");
	expect_call(state, SYS_perf_event_open, 0, 0, 0, "EPERM");
	expect_call(state, SYS_open_by_handle_at, 0, 0, 0, "EPERM");
	expect_call(state, SYS_socket, AF_ALG, SOCK_SEQPACKET, 0, "EPERM");
	expect_call(state, SYS_socket, AF_ALG | high, SOCK_SEQPACKET, 0, "EPERM");
	expect_call(state, SYS_socket, AF_VSOCK, SOCK_STREAM, 0, "EPERM");
	expect_call(state, SYS_socket, AF_PACKET, SOCK_RAW, 0, "EPERM");
	expect_call(state, SYS_socket, AF_INET, SOCK_PACKET | SOCK_CLOEXEC, 0, "EPERM");
	expect_call(state, SYS_socket, AF_INET, SOCK_STREAM, 0, "ok");
	expect_call(state, SYS_socket, AF_NETLINK, SOCK_RAW, 0, "ok");
	expect_call(state, SYS_ioctl, 0, TIOCSTI, 0, "EPERM");
	expect_call(state, SYS_ioctl, 0, TIOCSTI | high, 0, "EPERM");
	expect_call(state, SYS_ioctl, 0, TIOCLINUX, 0, "EPERM");
	expect_call(state, SYS_ioctl, 0, TIOCGWINSZ, 0, "ENOTTY");
	expect_call(state, SYS_personality, 0x40000, 0, 0, "EPERM");
	expect_call(state, SYS_personality, 0xffffffff, 0, 0, "ok");
	expect_call(state, 999, 0, 0, 0, "ENOSYS");
#if defined(__x86_64__)
	expect_call(state, SYS_getpid | 0x40000000, 0, 0, 0, "ENOSYS");
#endif
}

static void insecure_has_no_filter(void **state)
{
	struct step step;

	step_begin(state, &step);
	step.spec.security = SANDBOX_INSECURE;
	assert_string_equal(call_inside(&step, SYS_unshare, CLONE_NEWUTS, 0, 0), "ok\n");
	step_end(&step);
}

static int listen_abstract(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	check(fd);
	memcpy(address.sun_path + 1, name, len);
	check(bind(fd, (const struct sockaddr *)&address,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len)));
	check(listen(fd, 1));
	return fd;
}

static const char *connect_inside(struct step *step, const char *name)
{
	char script[96];

	copy_program(INSIDE_PROGRAM, step->extra_fd, "inside");
	(void)snprintf(script, sizeof(script), "/inside connect %s", name);
	return step_run(step, script);
}

/* On the host's network an abstract socket is in reach, but for Landlock. */
static void abstract_sockets_of_the_host_are_out_of_reach(void **state)
{
	struct step step;
	char name[64];

	step_begin(state, &step);
	bool is_hidden = sandbox_hides_abstract_sockets(step.world->kit);
	(void)snprintf(name, sizeof(name), "cbuild-test-%d", getpid());
	int fd = listen_abstract(name);
	assert_string_equal(connect_inside(&step, name), is_hidden ? "EPERM\n" : "ok\n");
	step_end(&step);

	step_begin(state, &step);
	step.spec.network = SANDBOX_NETWORK_NONE;
	assert_string_equal(connect_inside(&step, name), "ECONNREFUSED\n");
	step_end(&step);

	step_begin(state, &step);
	step.spec.security = SANDBOX_INSECURE;
	assert_string_equal(connect_inside(&step, name), "ok\n");
	step_end(&step);
	check(close(fd));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_answers_as_the_tables_say),
		cmocka_unit_test(insecure_has_no_filter),
		cmocka_unit_test(abstract_sockets_of_the_host_are_out_of_reach),
	};

	return cmocka_run_group_tests(tests, world_open, world_close);
}
