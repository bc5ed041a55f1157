/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One order being worked on. An order is a chain of steps; each makes a request and looks at its
 * answer. Authorization happens between the two, unseen by the step: it may have to fill in its
 * request more than once.
 */
#ifndef CBUILD_REGISTRY_CALL_H
#define CBUILD_REGISTRY_CALL_H

#include "token.h"
#include "trusts.h"

#include "registry/registry.h"

struct step {
	/* The request: url, method, headers, body; the rest has its usual values. */
	int (*fill)(struct registry_call *call, struct http_request *request, struct error *err);
	void (*on_answer)(struct registry_call *call, const struct http_response *response);
	/* No answer came: true when it was dealt with. NULL: the order fails. */
	bool (*on_failure)(struct registry_call *call, enum http_failure failure,
			   const struct error *err);
	bool mounts; /* wants rights on mount_from too */
};

struct registry {
	struct http *http;
	struct auth *auth;
	struct registry_settings settings;
	struct retry_limits pull_limits, push_limits;
	struct strv http_domains, https_domains; /* of loopback or insecure: what they speak */
	struct trusts trusts;
	VEC(struct registry_call *) calls;
};

struct upload {
	struct url location;
	uint64_t offset;     /* what the registry has */
	uint64_t chunk_size; /* 0 = all that is left at once */
	uint64_t chunk_min;  /* the registry's wish */
	unsigned tries, restarts;
	uint64_t trouble_since, best_offset;
	bool was_sent;
};

struct registry_call {
	struct registry *registry;
	struct registry_order order;
	registry_done_fn done;
	void *context;
	struct endpoint endpoint;
	char *shown;	    /* for errors: "docker.io/library/busybox:latest" */
	struct strv places; /* mirrors, and the repository itself */
	size_t n_asked;	    /* of the places; the last one is what `endpoint` is of */
	bool is_insecure;   /* the endpoint may be anybody, also without TLS */

	/* the request going on */
	const struct step *step;
	char *scope;
	struct loop_timer *timer;
	struct auth_wait *wait;
	struct http_call *http_call;
	char *authorization, *who;
	bool is_fresh;	    /* the authorization was fetched for this very request */
	bool was_refreshed; /* a refused token was replaced once */

	bool is_probing;    /* the request is to show whether http or https is spoken */
	bool guesses_tls;   /* https where http did not work; it may be neither */
	bool is_settled;    /* asked often enough what it speaks */
	bool avoids_caches; /* the second try after a wrong digest */
	struct upload upload;
};

/* Does the step's request; the call may be gone when this returns. */
void call_send(struct registry_call *call, const struct step *step);
/* Later. */
void call_send_after(struct registry_call *call, const struct step *step, uint64_t delay);
/* Both end the call. */
void call_finish(struct registry_call *call, const struct registry_answer *answer);
void call_fail(struct registry_call *call, const struct error *err);
/* Begins with the next place. */
void call_ask_next_place(struct registry_call *call);
/* Fails with what the status means. */
void call_refuse(struct registry_call *call, const struct http_response *response);
/* /v2/PATH/... of the call's repository. */
bool call_pushes(const struct registry_call *call);
int call_url(const struct registry_call *call, const char *tail, struct url *ret_url,
	     struct error *err) must_check;

extern const struct step manifest_get_step, manifest_find_step, manifest_put_step;
extern const struct step blob_get_step, blob_find_step, upload_look_step;

/* Of upload.c and upload_resume.c, for each other. */
extern const struct step upload_open_step, upload_status_step;
int upload_take_location(struct registry_call *call, const struct http_response *response,
			 struct error *err) must_check;
void upload_go_on(struct registry_call *call);
/* Something went wrong: ask the registry what it has, after a while; or fail with err. */
void upload_recover(struct registry_call *call, enum retry_cause cause, unsigned asked,
		    const struct error *err);

#endif
