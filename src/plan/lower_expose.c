/* SPDX-License-Identifier: Apache-2.0 */
#include "go_format.h"
#include "lower.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

enum { PORT_MAX = 65535 };

struct port_range {
	unsigned first, last;
};

/* "+80" is a number to docker */
static bool parse_port(const char *text, unsigned *ret_port)
{
	struct error ignored = ERROR_INIT;
	uint64_t number = 0;

	if (text_parse_unsigned(text + (*text == '+'), PORT_MAX, &number, &ignored) < 0)
		return false;
	*ret_port = (unsigned)number;
	return true;
}

/* "80" or "80-90" */
static bool parse_range(const char *text, struct port_range *ret_range)
{
	autofree char *first = xstrdup(text);
	char *dash = strchr(first, '-');

	if (dash)
		*dash = '\0';
	return parse_port(first, &ret_range->first) &&
	       parse_port(dash ? dash + 1 : first, &ret_range->last) &&
	       ret_range->first <= ret_range->last;
}

/* [1.2.3.4:][8080:]80[-90][/tcp], cut into its parts in place; parts that are missing are "". */
struct port_spec {
	char *ip, *host, *container, *protocol;
};

static void split_spec(char *text, struct port_spec *spec)
{
	static char nothing[1];
	char *colon = strrchr(text, ':');

	*spec = (struct port_spec){ .ip = nothing, .host = nothing, .container = text };
	if (colon) {
		*colon = '\0';
		spec->container = colon + 1;
		spec->host = text;
		colon = strrchr(text, ':');
		if (colon) {
			*colon = '\0';
			spec->host = colon + 1;
			spec->ip = text;
		}
	}
	spec->protocol = strchr(spec->container, '/');
	if (spec->protocol)
		*spec->protocol++ = '\0';
	else
		spec->protocol = nothing;
}

static int check_ip(char *ip, struct error *err)
{
	unsigned char address[sizeof(struct in6_addr)];
	size_t len = strlen(ip);
	bool is_bracketed = len > 2 && ip[0] == '[' && ip[len - 1] == ']';

	if (!len)
		return 0;
	if (is_bracketed)
		ip[len - 1] = '\0';
	if (inet_pton(AF_INET6, ip + is_bracketed, address) == 1 ||
	    inet_pton(AF_INET, ip + is_bracketed, address) == 1)
		return 0;
	return error_set(err, ERROR_SYNTAX,
			 "invalid IP address: %.100s (as in: EXPOSE 127.0.0.1:8080:80)",
			 ip + is_bracketed);
}

static int read_spec(const struct lowering *lowering, const char *written, struct port_spec *spec,
		     struct port_range *ret_range, struct error *err)
{
	struct port_range host = { 0, 0 };
	const char *protocol = arena_strdup(lowering->arena, spec->protocol);

	if (!*spec->container)
		return error_set(err, ERROR_SYNTAX,
				 "invalid port: %.200s: no port specified (as in: EXPOSE 80/tcp)",
				 go_quoted(lowering->arena, written));
	if (!*spec->protocol)
		spec->protocol = arena_strdup(lowering->arena, "tcp");
	text_make_lower(spec->protocol);
	if (strcmp(spec->protocol, "tcp") != 0 && strcmp(spec->protocol, "udp") != 0 &&
	    strcmp(spec->protocol, "sctp") != 0)
		return error_set(
			err, ERROR_SYNTAX,
			"invalid port: %.200s: invalid proto: %.40s: it is tcp, udp or sctp",
			go_quoted(lowering->arena, written), spec->protocol);
	lower_note_port(lowering, written, *spec->ip || *spec->host, protocol);
	if (check_ip(spec->ip, err) < 0)
		return -1;
	if (!parse_range(spec->container, ret_range))
		return error_set(
			err, ERROR_SYNTAX,
			"invalid containerPort: %.100s (as in: EXPOSE 80, EXPOSE 8000-8010/udp)",
			spec->container);
	if (!*spec->host)
		return 0;
	if (!parse_range(spec->host, &host))
		return error_set(err, ERROR_SYNTAX,
				 "invalid hostPort: %.100s (as in: EXPOSE 8080:80)", spec->host);
	if (ret_range->first != ret_range->last &&
	    ret_range->last - ret_range->first != host.last - host.first)
		return error_set(err, ERROR_SYNTAX,
				 "invalid ranges specified for container and host Ports: %.100s "
				 "and %.100s",
				 spec->container, spec->host);
	return 0;
}

static int add_ports(const struct lowering *lowering, const char *written, struct strv *ports,
		     struct error *err)
{
	struct port_spec spec;
	struct port_range range = { 0, 0 };

	split_spec(arena_strdup(lowering->arena, written), &spec);
	if (read_spec(lowering, written, &spec, &range, err) < 0)
		return -1;
	for (unsigned port = range.first; port <= range.last; port++)
		strv_printf(ports, "%u/%s", port, spec.protocol);
	return 0;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted as they are written, before variables are filled in (BuildKit, parseExpose). */
static int expand_ports(struct lowering *lowering, const struct words *written, struct strv *specs,
			struct error *err)
{
	struct expand_scope scope = {
		.lookup = table_lookup,
		.context = &lowering->state->scope.vars,
		.escape = lowering->graph->dockerfile->escape,
	};
	const char **sorted = arena_array(lowering->arena, written->len, sizeof(*sorted));

	memcpy(sorted, written->items, written->len * sizeof(*sorted));
	qsort(sorted, written->len, sizeof(*sorted), compare_texts);
	for (size_t i = 0; i < written->len; i++) {
		lowering->culprit = sorted[i];
		if (expand_words(&scope, sorted[i], specs, err) < 0)
			return -1;
	}
	return 0;
}

int lower_expose(struct lowering *lowering, const struct graph_command *command, struct error *err)
{
	cleanup(strv_release) struct strv specs = STRV_INIT, ports = STRV_INIT;
	cleanup(buf_release) struct buf text = BUF_INIT;

	if (expand_ports(lowering, &command->instruction->words, &specs, err) < 0)
		return -1;
	for (size_t i = 0; i < specs.len; i++) {
		lowering->culprit = arena_strdup(lowering->arena, specs.items[i]);
		if (add_ports(lowering, specs.items[i], &ports, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < ports.len; i++)
		(void)name_table_set(&lowering->state->ports, lowering->arena, ports.items[i], NULL,
				     NULL);
	if (!lower_keeps_history(lowering))
		return 0;
	buf_add_text(&text, "EXPOSE ");
	go_add_list(&text, &ports);
	return lower_add_history(lowering, arena_strndup(lowering->arena, text.data, text.len),
				 NO_STEP, err);
}
