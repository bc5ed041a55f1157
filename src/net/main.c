/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cbuild-net: the only process that speaks to the network and holds credentials. cbuild starts it
 * at the first need, with one socket as descriptor 3; it ends when nobody can ask any more. It
 * prints nothing: its errors travel in its answers.
 */
#include "server.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/trace.h"
#include "transfer/access.h"

#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKET_FD = 3, ACCESS_FD, EXIT_USAGE = 2, LANE_WIDTH = 4 };

/* Memory full of tokens is nobody else's to look at: no core file, no debugger of the same user. */
static int hide_memory(struct error *err)
{
	struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_DUMPABLE, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return error_sys(err, "keep credentials out of core files");
	return 0;
}

/*
 * INT and TERM of a terminal or a CI system reach the whole process group, and what they mean is
 * decided by cbuild; dying before it would be taken for an error of the network.
 */
static void ignore_signals(void)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };

	for (size_t i = 0; i < countof(ignored); i++)
		(void)signal(ignored[i], SIG_IGN);
}

static void read_environment(struct strv *environment)
{
	for (char **entry = environ; *entry; entry++)
		strv_add(environment, *entry);
}

static void read_program_dir(struct buf *dir)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[len > 0 ? len : 0] = '\0';
	char *slash = strrchr(path, '/');
	buf_add(dir, path, slash ? (size_t)(slash - path) : 0);
}

/* An empty file says nothing. It is closed: nobody who is started here shall have it. */
static int read_access(struct registry_access *access, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (lseek(ACCESS_FD, 0, SEEK_SET) < 0)
		return error_sys(err, "read how registries are reached");
	int result =
		fs_read_fd(ACCESS_FD, REGISTRY_ACCESS_SIZE_MAX, "registry options", &text, err);
	(void)close(ACCESS_FD);
	if (result == 0 && text.len)
		result = registry_access_decode(text.data, text.len, access, err);
	if (text.len)
		explicit_bzero(text.data, text.len);
	return result;
}

static int serve(const struct strv *environment, const struct registry_access *access,
		 struct error *err)
{
	cleanup(buf_release) struct buf program_dir = BUF_INIT;
	cleanup(http_curl_free) struct http_curl *curl = NULL;
	struct strv trusted_realms = STRV_INIT;

	read_program_dir(&program_dir);
	cleanup(trust_release) struct trust trust = trust_find(environment, program_dir.data);
	if (http_curl_new(&trust, &curl, err) < 0)
		return -1;
	struct loop_backend backend = http_curl_backend(curl);
	struct http_transport transport = http_curl_transport(curl);
	struct http_settings http_settings = { .limits = RETRY_LIMITS_DEFAULT,
					       .lane_width = LANE_WIDTH,
					       .environment = environment };
	struct registry_settings registry_settings = { .environment = environment,
						       .trusted_realms = &trusted_realms,
						       .access = access,
						       .limits = RETRY_LIMITS_DEFAULT };
	retry_limits_set(&http_settings.limits, access->retries, access->retry_delay_ns);
	cleanup(loop_free) struct loop *loop = loop_new(&backend);
	cleanup(http_free) struct http *http = http_new(loop, &transport, &http_settings);
	cleanup(registry_free) struct registry *registry = registry_new(http, &registry_settings);
	cleanup(server_free) struct server *server = server_new(loop, http, registry, SOCKET_FD);
	while (!server_is_done(server))
		if (loop_step(loop, err) < 0)
			return -1;
	return 0;
}

int main(void)
{
	static const char usage[] = "cbuild-net is started by cbuild, when it needs the network\n";
	cleanup(strv_release) struct strv environment = STRV_INIT;
	cleanup(registry_access_release) struct registry_access access = REGISTRY_ACCESS_INIT;
	struct error err = ERROR_INIT;
	int type = 0;
	socklen_t len = sizeof(type);

	if (getsockopt(SOCKET_FD, SOL_SOCKET, SO_TYPE, &type, &len) < 0 || type != SOCK_SEQPACKET) {
		(void)!write(STDERR_FILENO, usage, sizeof(usage) - 1);
		return EXIT_USAGE;
	}
	trace_init();
	ignore_signals();
	read_environment(&environment);
	int result = hide_memory(&err);
	if (result == 0)
		result = read_access(&access, &err);
	if (result == 0)
		result = serve(&environment, &access, &err);
	if (result < 0)
		trace("net", "%s", err.text);
	/* nothing is left to write, and libcurl's thirty libraries take their time to say goodbye
	 */
	_exit(result < 0);
}
