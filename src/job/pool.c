/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { BLOCK_SIZE = 64 * 1024 };

/* Behind the signals and the extra one, each job has its place in the list for poll. */
enum { FDS_SIGNAL, FDS_EXTRA, FDS_JOBS };
enum { FDS_OF_JOB = POOL_STREAMS + 1 };

void pool_init(struct pool *pool, const struct job_options *options,
	       const struct pool_listener *listener)
{
	*pool = (struct pool){ .options = options,
			       .listener = *listener,
			       .jobs = VEC_INIT,
			       .fds = VEC_INIT,
			       .extra_fd = options->extra ? options->extra_fd : -1,
			       .pid = getpid() };
}

static void close_at(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void job_free(struct pool_job *job)
{
	for (size_t i = 0; i < POOL_STREAMS; i++)
		close_at(&job->fds[i]);
	close_at(&job->pidfd);
	close_at(&job->confined_fd);
	channel_reader_release(&job->reader);
	free(job);
}
DEFINE_CLEANUP(struct pool_job *, job_free);

/* --- starting -----------------------------------------------------------------------------------
 */

struct child_ends {
	int fds[POOL_STREAMS];
};

static void child_ends_close(struct child_ends *ends)
{
	for (size_t i = 0; i < POOL_STREAMS; i++)
		close_at(&ends->fds[i]);
}
DEFINE_RELEASE(struct child_ends, child_ends_close);

static int make_streams(struct pool_job *job, struct child_ends *ends)
{
	for (size_t i = POOL_STDOUT; i <= POOL_STDERR; i++) {
		int pipe_fds[2];
		if (pipe2(pipe_fds, O_CLOEXEC) < 0)
			return -1;
		job->fds[i] = pipe_fds[0];
		ends->fds[i] = pipe_fds[1];
	}
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	job->fds[POOL_MESSAGES] = pair[0];
	ends->fds[POOL_MESSAGES] = pair[1];
	return 0;
}

/* Blocked signals that came since fork went to the group of the parent, who heard them too. */
static void drop_pending(int number)
{
	struct sigaction ignored = { .sa_handler = SIG_IGN };
	struct sigaction before;

	if (sigaction(number, &ignored, &before) == 0)
		(void)sigaction(number, &before, NULL);
}

void job_child_begin(pid_t parent)
{
	sigset_t none;

	/* The parent may have died before the kernel knew what to do then. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(125);
	drop_pending(SIGINT);
	drop_pending(SIGTERM);
	drop_pending(SIGHUP);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* What the other jobs' pipes and the coordinator's own would keep open here. */
static void close_inherited(struct pool *pool, struct pool_job *own)
{
	for (size_t i = 0; i < pool->jobs.len; i++)
		job_free(pool->jobs.items[i]);
	job_free(own);
	if (pool->options->signal_fd >= 0)
		(void)close(pool->options->signal_fd);
	vec_release(&pool->jobs);
	vec_release(&pool->fds);
	free(pool->block);
}

static _Noreturn void run_child(struct pool *pool, const struct work *work, struct pool_job *own,
				struct child_ends *ends)
{
	struct job_channel channel = { .message_fd = ends->fds[POOL_MESSAGES],
				       .stdout_fd = ends->fds[POOL_STDOUT],
				       .stderr_fd = ends->fds[POOL_STDERR] };
	struct buf record = BUF_INIT;
	struct error err = ERROR_INIT;

	/* ^C at a terminal is the coordinator's to handle: it is not sent to a group of our own. */
	(void)setpgid(0, 0);
	job_child_begin(pool->pid);
	close_inherited(pool, own);
	if (dup2(channel.stdout_fd, STDOUT_FILENO) < 0 ||
	    dup2(channel.stderr_fd, STDERR_FILENO) < 0)
		_exit(125);
	if (work->run(work->arg, &channel, &record, &err) < 0)
		channel_send_error(&channel, &err);
	else
		channel_send_record(&channel, &record);
	_exit(0);
}

static bool is_shortage(int sys)
{
	return sys == EAGAIN || sys == ENOMEM || sys == EMFILE || sys == ENFILE;
}

static int start_job(struct pool *pool, const struct work *work, struct pool_job *job)
{
	cleanup(child_ends_close) struct child_ends ends = { { -1, -1, -1 } };

	if (make_streams(job, &ends) < 0)
		return -1;
	job->pid = fork();
	if (job->pid < 0)
		return -1;
	if (job->pid == 0)
		run_child(pool, work, job, &ends);
	job->pidfd = pidfd_open(job->pid, 0);
	if (job->pidfd >= 0)
		return 0;
	/* Without it nobody would learn of its end. */
	int sys = errno;
	(void)kill(job->pid, SIGKILL);
	(void)waitpid(job->pid, NULL, 0);
	errno = sys;
	return -1;
}

int pool_start(struct pool *pool, const struct work *work, uint32_t index, struct error *err)
{
	if (pool->jobs.len >= POOL_JOBS_MAX && pool->jobs.len >= pool->options->jobs)
		return 0;
	/* What a job leaves behind becomes a child of this process, which then can reap it. */
	if (!pool->block && prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return error_sys(err, "become the reaper of the jobs' children");
	if (!pool->block)
		pool->block = xmalloc(BLOCK_SIZE);

	cleanup(job_free) struct pool_job *job = xcalloc(1, sizeof(*job));
	*job = (struct pool_job){ .work = index,
				  .pidfd = -1,
				  .confined_fd = -1,
				  .fds = { -1, -1, -1 },
				  .reader = CHANNEL_READER_INIT };
	if (start_job(pool, work, job) < 0) {
		if (pool->jobs.len && is_shortage(errno))
			return 0;
		return error_sys(err, "start a process");
	}
	vec_push(&pool->jobs, take_ptr(&job));
	return 1;
}

/* --- ending -------------------------------------------------------------------------------------
 */

void pool_kill(struct pool_job *job)
{
	if (!job->is_reaped)
		(void)pidfd_send_signal(job->pidfd, SIGKILL, NULL, 0);
	job->is_killed = true;
}

void pool_signal_confined(const struct pool_job *job, int signal)
{
	if (job->confined_fd >= 0)
		(void)pidfd_send_signal(job->confined_fd, signal, NULL, 0);
}

void pool_kill_confined(const struct pool_job *job)
{
	pool_signal_confined(job, job->confined_kill);
}

static struct pool_job *find_job(const struct pool *pool, pid_t pid)
{
	for (size_t i = 0; i < pool->jobs.len; i++)
		if (pool->jobs.items[i]->pid == pid && !pool->jobs.items[i]->is_reaped)
			return pool->jobs.items[i];
	return NULL;
}

/* Everything that is dead: jobs, what they left behind, and whoever else was started here. */
static void reap(struct pool *pool)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct pool_job *job = find_job(pool, pid);
		if (job) {
			job->is_reaped = true;
			job->wait_status = status;
		} else if (pool->options->ended) {
			pool->options->ended(pool->options->ended_context, pid, status);
		}
	}
}

void pool_release(struct pool *pool)
{
	for (size_t i = 0; i < pool->jobs.len; i++) {
		struct pool_job *job = pool->jobs.items[i];
		pool_kill(job);
		pool_kill_confined(job);
		if (!job->is_reaped)
			(void)waitpid(job->pid, NULL, 0);
		job_free(job);
	}
	vec_release(&pool->jobs);
	if (pool->block)
		reap(pool);
	vec_release(&pool->fds);
	free(pool->block);
}

/* --- one turn -----------------------------------------------------------------------------------
 */

static void add_fd(struct pool *pool, int fd)
{
	vec_push(&pool->fds, (struct pollfd){ .fd = fd, .events = POLLIN });
}

static void list_fds(struct pool *pool)
{
	pool->fds.len = 0;
	add_fd(pool, pool->options->signal_fd);
	add_fd(pool, pool->extra_fd);
	for (size_t i = 0; i < pool->jobs.len; i++) {
		const struct pool_job *job = pool->jobs.items[i];
		for (size_t k = 0; k < POOL_STREAMS; k++)
			add_fd(pool, job->fds[k]);
		add_fd(pool, job->is_reaped ? job->confined_fd : job->pidfd);
	}
}

/* One read, at most `max` bytes: a job that floods its pipe must not keep the others waiting. */
static size_t read_output(struct pool *pool, struct pool_job *job, int stream, size_t max)
{
	ssize_t n = read(job->fds[stream], pool->block, max < BLOCK_SIZE ? max : BLOCK_SIZE);

	if (n > 0)
		pool->listener.output(pool->listener.context, job, stream + 1, pool->block,
				      (size_t)n);
	else if (n == 0 || errno != EINTR)
		close_at(&job->fds[stream]);
	return n > 0 ? (size_t)n : 0;
}

static void take_confined(struct pool_job *job, const struct frame *frame)
{
	close_at(&job->confined_fd);
	memcpy(&job->confined_kill, frame->data, sizeof(job->confined_kill));
	if (frame->fd >= 0)
		job->confined_fd = fcntl(frame->fd, F_DUPFD_CLOEXEC, 3);
}

/* 1 something came. */
static int read_messages(struct pool *pool, struct pool_job *job)
{
	struct error err = ERROR_INIT;
	struct frame frame;

	int received = channel_receive(&job->reader, job->fds[POOL_MESSAGES], &err);
	int found = received;
	while (found > 0 && (found = channel_next(&job->reader, &frame, &err)) > 0) {
		if (frame.kind == FRAME_CONFINED)
			take_confined(job, &frame);
		pool->listener.frame(pool->listener.context, job, &frame);
	}
	if (found < 0) {
		pool_kill(job);
		pool->listener.broken(pool->listener.context, job, &err);
	}
	if (received <= 0 || found < 0)
		close_at(&job->fds[POOL_MESSAGES]);
	return received > 0 && found >= 0;
}

/*
 * What lay in the pipes when the job died, and no more: something that it left behind may hold
 * them open and write for ever.
 */
static void drain(struct pool *pool, struct pool_job *job)
{
	for (int i = POOL_STDOUT; i <= POOL_STDERR; i++) {
		int left = 0;
		if (job->fds[i] >= 0 && ioctl(job->fds[i], FIONREAD, &left) < 0)
			left = 0;
		while (left > 0 && job->fds[i] >= 0)
			left -= (int)read_output(pool, job, i, (size_t)left);
		close_at(&job->fds[i]);
	}
	while (job->fds[POOL_MESSAGES] >= 0 && read_messages(pool, job))
		;
	close_at(&job->fds[POOL_MESSAGES]);
}

static void serve_job(struct pool *pool, struct pool_job *job, const struct pollfd *fds)
{
	for (int i = POOL_STDOUT; i <= POOL_STDERR; i++)
		if (fds[i].revents && job->fds[i] >= 0)
			(void)read_output(pool, job, i, BLOCK_SIZE);
	if (fds[POOL_MESSAGES].revents && job->fds[POOL_MESSAGES] >= 0)
		(void)read_messages(pool, job);
}

/* The init of a run that outlived its job is dead when its name space is empty; not before. */
static bool is_over(struct pool_job *job, bool is_confined_dead)
{
	if (!job->is_reaped)
		return false;
	if (is_confined_dead)
		close_at(&job->confined_fd);
	pool_kill_confined(job);
	return job->confined_fd < 0;
}

static void serve_jobs(struct pool *pool)
{
	size_t kept = 0;
	bool somebody_died = false;

	for (size_t i = 0; i < pool->jobs.len; i++) {
		const struct pollfd *fds = &pool->fds.items[FDS_JOBS + i * FDS_OF_JOB];
		serve_job(pool, pool->jobs.items[i], fds);
		somebody_died |= fds[POOL_STREAMS].revents != 0;
	}
	if (somebody_died)
		reap(pool);
	for (size_t i = 0; i < pool->jobs.len; i++) {
		struct pool_job *job = pool->jobs.items[i];
		const struct pollfd *fds = &pool->fds.items[FDS_JOBS + i * FDS_OF_JOB];
		bool was_waited_for = fds[POOL_STREAMS].fd == job->confined_fd;
		if (job->is_reaped)
			drain(pool, job);
		if (is_over(job, was_waited_for && fds[POOL_STREAMS].revents)) {
			pool->listener.ended(pool->listener.context, job);
			job_free(job);
		} else {
			pool->jobs.items[kept++] = job;
		}
	}
	pool->jobs.len = kept;
}

static void read_signals(struct pool *pool)
{
	struct signalfd_siginfo infos[8];
	ssize_t n = read(pool->options->signal_fd, infos, sizeof(infos));

	/* What is found together is one: how long ago each of them came cannot be told. */
	if (n >= (ssize_t)sizeof(infos[0]))
		pool->listener.signalled(pool->listener.context, (int)infos[0].ssi_signo);
}

int pool_turn(struct pool *pool, int milliseconds, struct error *err)
{
	list_fds(pool);
	int n = poll(pool->fds.items, pool->fds.len, milliseconds);
	if (n < 0 && errno != EINTR)
		return error_sys(err, "wait for the jobs");
	if (n <= 0)
		return 0;
	serve_jobs(pool);
	if (pool->fds.items[FDS_EXTRA].revents) {
		pool->extra_fd = -1;
		pool->options->extra(pool->options->extra_context);
	}
	/* Last, so that a run that was announced before the signal gets its TERM. */
	if (pool->fds.items[FDS_SIGNAL].revents)
		read_signals(pool);
	return 0;
}
