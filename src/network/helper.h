/* SPDX-License-Identifier: Apache-2.0 */
/* The programs that connect a network namespace with the outside, without any privilege there. */
#ifndef CBUILD_NETWORK_HELPER_H
#define CBUILD_NETWORK_HELPER_H

#include "base/error.h"
#include "base/strv.h"
#include "network/private_network.h"

struct network_helper {
	const char *name, *package;
	const char *forwarder;	    /* what leads to the first IPv4 resolver of this machine */
	const char *forwarder_word; /* in front of it, where it has to be asked for: then it also
				       needs a route */
	bool has_ready_fd; /* it stays and says when it is ready; else it goes to the background */
	/* Behind its name: what opens the way out, and none in. */
	const char *const *words;
	const char *shuts_host_off; /* the word that keeps it from this machine's loopback */
	const char *path_word;	    /* in front of the namespace's path, or NULL */
	const char *last_word;	    /* behind it, or NULL */
};

/* The best first. */
extern const struct network_helper network_helpers[];
extern const size_t n_network_helpers;

/*
 * Its command line (argv[0] included).
 */
void network_helper_words(const struct network_helper *helper, const char *namespace_path,
			  int ready_fd, const struct network_wishes *wishes,
			  struct strv *ret_words);

/*
 * Starts it and waits until it is ready; what of it still runs after a failure is the caller's to
 * end. *ret_log_fd is what it complains to: to be read until its end.
 */
int network_helper_start(const struct network_helper *helper, const char *namespace_path,
			 const struct network_wishes *wishes, int *ret_log_fd, struct error *err)
	must_check;

#endif
