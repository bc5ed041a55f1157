/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few words that C lacks here: release at the end of a scope, results that must be looked at,
 * and handing out what a cleanup variable holds.
 *
 *	cleanup(buf_release) struct buf path = BUF_INIT;   contents released at the end of the scope
 *	cleanup(plan_free) struct plan *plan = NULL;       freed, unless take_ptr(&plan) took it out
 *	autoclose int fd = -1;                             closed, unless take_fd(&fd) took it out
 *
 * A type brings its own cleanup beside its prototypes: DEFINE_CLEANUP for a pointer that a
 * function frees, DEFINE_RELEASE for a value whose contents a function releases.
 */
#ifndef CBUILD_BASE_MACROS_H
#define CBUILD_BASE_MACROS_H

#include <stdlib.h>
#include <unistd.h>

#define cleanup(function) __attribute__((__cleanup__(function##_cleanup)))
#define must_check	  __attribute__((warn_unused_result))
#define printf_like(f, a) __attribute__((format(printf, f, a)))
#define countof(array)	  (sizeof(array) / sizeof((array)[0]))

#define DEFINE_CLEANUP(pointer_type, function)                        \
	static inline void function##_cleanup(pointer_type *variable) \
	{                                                             \
		if (*variable)                                        \
			function(*variable);                          \
	}                                                             \
	struct cleanup_of_##function

#define DEFINE_RELEASE(type, function)                        \
	static inline void function##_cleanup(type *variable) \
	{                                                     \
		function(variable);                           \
	}                                                     \
	struct cleanup_of_##function

#define take_ptr(variable)                                \
	({                                                \
		typeof(*(variable)) taken_ = *(variable); \
		*(variable) = NULL;                       \
		taken_;                                   \
	})

static inline int take_fd(int *variable)
{
	int fd = *variable;
	*variable = -1;
	return fd;
}

static inline void free_pointer_at(void *pointer_to_pointer)
{
	free(*(void **)pointer_to_pointer);
}

static inline void close_fd_at(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

#define autofree  __attribute__((__cleanup__(free_pointer_at)))
#define autoclose __attribute__((__cleanup__(close_fd_at)))

#endif
