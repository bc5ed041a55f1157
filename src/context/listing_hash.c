/* SPDX-License-Identifier: Apache-2.0 */
#include "listing_hash.h"

#include "plain_open.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

enum {
	ATTEMPTS_MAX = 3, /* for a file that is written to meanwhile */
	/* What one thread does faster than two are started. */
	ONE_THREAD_FILES = 64,
	ONE_THREAD_BYTES = 1024 * 1024
};

struct work {
	int context_fd;
	const struct listing_draft *draft;
	struct unread_file *files;
	size_t n_files;
	atomic_size_t next;
	atomic_bool has_failed;
};

struct worker {
	struct work *work;
	pthread_t thread;
	bool has_failed;
	struct error err;
};

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static int changed(const char *path, struct error *err)
{
	return error_set(err, ERROR_CHANGED, "'%s' in the build context changes while it is read",
			 path);
}

/* 1 read, 0 it was written to meanwhile. A pipe that took its place is opened, but not read. */
static int hash_once(int context_fd, const char *path, struct unread_file *file, struct error *err)
{
	struct stat after;
	uint64_t size = 0;
	autoclose int fd = plain_open(context_fd, path, O_RDONLY | O_NONBLOCK);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENXIO))
		return changed(path, err);
	if (fd < 0)
		return error_sys(err, "open '%s' in the build context", path);
	if (fstat(fd, &file->st) < 0)
		return error_sys(err, "'%s' in the build context", path);
	if (!S_ISREG(file->st.st_mode))
		return changed(path, err);
	if (content_hash_fd(fd, &file->digest, &size, err) < 0)
		return error_wrap(err, "'%s' in the build context", path);
	if (fstat(fd, &after) < 0)
		return error_sys(err, "'%s' in the build context", path);
	return is_same(&file->st, &after) && size == (uint64_t)after.st_size;
}

static int hash_file(int context_fd, const char *path, struct unread_file *file, struct error *err)
{
	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		int done = hash_once(context_fd, path, file, err);
		if (done)
			return done < 0 ? -1 : 0;
	}
	return changed(path, err);
}

static void *run_worker(void *data)
{
	struct worker *worker = data;
	struct work *work = worker->work;

	while (!atomic_load(&work->has_failed)) {
		size_t i = atomic_fetch_add(&work->next, 1);
		if (i >= work->n_files)
			break;
		struct unread_file *file = &work->files[i];
		const char *path = listing_draft_path(work->draft, file->record);
		if (hash_file(work->context_fd, path, file, &worker->err) < 0) {
			worker->has_failed = true;
			atomic_store(&work->has_failed, true);
		}
	}
	return NULL;
}

static unsigned useful_threads(const struct unread_file *files, size_t n_files, unsigned threads)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < n_files; i++)
		bytes += (uint64_t)files[i].st.st_size;
	if (n_files < 2 || (n_files < ONE_THREAD_FILES && bytes < ONE_THREAD_BYTES))
		return 1;
	if (threads > n_files)
		threads = (unsigned)n_files;
	return threads < 1 ? 1 : threads > LISTING_THREADS_MAX ? LISTING_THREADS_MAX : threads;
}

/* Signals are for the thread that started the others. */
static void start_workers(struct worker *workers, unsigned n)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	for (unsigned i = 1; i < n; i++)
		/* A thread that cannot be had is one that has nothing to do. */
		if (pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]) != 0)
			workers[i].work = NULL;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int listing_hash(int context_fd, const struct listing_draft *draft, struct unread_file *files,
		 size_t n_files, unsigned threads, struct error *err)
{
	struct work work = {
		.context_fd = context_fd, .draft = draft, .files = files, .n_files = n_files
	};
	unsigned n = useful_threads(files, n_files, threads);
	autofree struct worker *workers = xcalloc(n, sizeof(*workers));
	int result = 0;

	for (unsigned i = 0; i < n; i++)
		workers[i].work = &work;
	/* OpenSSL is loaded here, not by all at once. */
	digest_init();
	start_workers(workers, n);
	(void)run_worker(&workers[0]);
	for (unsigned i = 0; i < n; i++) {
		if (i && workers[i].work)
			(void)pthread_join(workers[i].thread, NULL);
		if (workers[i].has_failed && result == 0) {
			*err = workers[i].err;
			result = -1;
		}
	}
	return result;
}
