/* SPDX-License-Identifier: Apache-2.0 */
/* Values as written -> request: all that depends on other options, the environment, the clock. */
#include "build_options.h"
#include "confinement_options.h"
#include "output_option.h"
#include "settle_inputs.h"

#include "base/alloc.h"
#include "base/text.h"
#include "build/request.h"
#include "event/event.h"

#include <ctype.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The last second of the year 9999. */
static const uint64_t epoch_max = 253402300799;

void build_values_init(struct build_values *values)
{
	*values = (struct build_values){
		.pull = PULL_MISSING,
		.uses_cache = true,
		.compression = LAYER_GZIP,
		.rewrite_timestamp = -1,
		.verbosity = 1,
		.stop_grace = 10000000000,
	};
	access_values_init(&values->access);
}

void build_values_release(struct build_values *values)
{
	char *texts[] = {
		values->common.root,	   values->dockerfile,
		values->context,	   values->context_sub_path,
		values->ignore_file,	   values->target,
		values->tar_path,	   values->oci_layout_path,
		values->iid_file,	   values->raw_iid_file,
		values->metadata_file,	   values->digest_file,
		values->name_digest_file,  values->name_tag_digest_file,
		values->compression_level, values->epoch,
		values->log_file,	   values->call,
	};
	struct strv *lists[] = {
		&values->build_args,
		&values->build_arg_files,
		&values->build_contexts,
		&values->platforms,
		&values->secrets,
		&values->ssh,
		&values->export_on_failure,
		&values->allow,
		&values->no_cache_filter,
		&values->tags,
		&values->destinations,
		&values->outputs,
		&values->labels,
		&values->annotations,
		&values->add_hosts,
		&values->dns,
		&values->dns_searches,
		&values->dns_options,
		&values->security_opts,
		&values->added_capabilities,
		&values->dropped_capabilities,
	};

	access_values_release(&values->access);
	limit_values_release(&values->limits);
	for (size_t i = 0; i < countof(texts); i++)
		free(texts[i]);
	for (size_t i = 0; i < countof(lists); i++)
		strv_release(lists[i]);
}

/* --- outputs ------------------------------------------------------------------------------------
 */

/* The option, else the build argument, else the variable; and a RUN sees it as an argument. */
static int settle_epoch(const struct build_values *values, struct build_request *request,
			struct error *err)
{
	static const char name[] = "SOURCE_DATE_EPOCH";
	const char *text = values->reproducible ? "0" : values->epoch;
	uint64_t seconds;

	if (!text)
		settle_add_variable(name, &request->build_args);
	else
		strv_env_set(&request->build_args, name, text);
	text = strv_env_get(&request->build_args, name);
	if (!text || !*text)
		return 0;
	/* "context", a context's or a stage's name: for the plan to find out */
	if (!values->epoch && !isdigit((unsigned char)*text) && *text != '-')
		return 0;
	if (text_parse_unsigned(text, epoch_max, &seconds, err) < 0) {
		err->code = ERROR_USAGE;
		return error_wrap(err, "SOURCE_DATE_EPOCH '%s'", text);
	}
	request->has_epoch = true;
	request->epoch = (int64_t)seconds;
	return 0;
}

static int settle_labels(const struct build_values *values, struct build_request *request,
			 struct error *err)
{
	for (size_t i = 0; i < values->labels.len; i++) {
		const char *label = values->labels.items[i];
		if (settle_check_name("--label", label, err) < 0)
			return -1;
		strv_printf(&request->labels, "%s%s", label, strchr(label, '=') ? "" : "=");
	}
	for (size_t i = 0; i < values->annotations.len; i++) {
		const char *annotation = values->annotations.items[i];
		if (!strchr(annotation, '='))
			return error_set(err, ERROR_USAGE,
					 "invalid annotation '%s', expected key=value", annotation);
		strv_add(&request->annotations, annotation);
	}
	return 0;
}

static int settle_names(const struct build_values *values, struct build_request *request,
			struct error *err)
{
	for (size_t i = 0; i < values->tags.len; i++)
		if (names_add(values->tags.items[i], &request->tags, err) < 0)
			return -1;
	for (size_t i = 0; i < values->destinations.len; i++)
		if (names_add(values->destinations.items[i], &request->tags, err) < 0)
			return -1;
	request->push = values->push || (values->destinations.len && !values->no_push);
	if (request->push && !request->tags.len)
		return error_set(err, ERROR_USAGE, "tag is needed when pushing to registry");
	return 0;
}

static int settle_compression(const struct build_values *values, struct build_request *request,
			      struct error *err)
{
	request->compression = (struct compression_request){
		.kind = values->disable_compression ? LAYER_UNCOMPRESSED
						    : (enum layer_compression)values->compression,
		.level = -1,
		.is_forced = values->force_compression,
	};
	if (!values->compression_level)
		return 0;
	return compression_level_parse(values->compression_level, request->compression.kind,
				       &request->compression.level, err);
}

static int check_stdout(const struct build_values *values, const struct build_request *request,
			struct error *err)
{
	size_t n = 0;

	for (size_t i = 0; i < request->n_outputs; i++)
		n += request->outputs[i].dest && strcmp(request->outputs[i].dest, "-") == 0;
	if (n && values->quiet)
		return error_set(err, ERROR_USAGE,
				 "only one thing can go to stdout, where -q prints the image id "
				 "(--progress=none is silent)");
	if (n > 1)
		return error_set(err, ERROR_USAGE, "only one thing can go to stdout");
	if (n && isatty(STDOUT_FILENO))
		return error_set(err, ERROR_USAGE,
				 "an archive is not written to a terminal (dest=FILE)");
	return 0;
}

static int settle_outputs(const struct build_values *values, struct build_request *request,
			  struct strv *lines, struct error *err)
{
	cleanup(strv_release) struct strv texts = STRV_INIT;

	if (settle_labels(values, request, err) < 0 || settle_names(values, request, err) < 0 ||
	    settle_epoch(values, request, err) < 0 || settle_compression(values, request, err) < 0)
		return -1;
	request->rewrites_times =
		values->rewrite_timestamp < 0 ? request->has_epoch : values->rewrite_timestamp > 0;
	request->format = (enum image_format)values->format;
	request->load = values->load;
	strv_add_all(&texts, &values->outputs);
	if (values->tar_path)
		strv_printf(&texts, "type=docker,\"dest=%s\"", values->tar_path);
	if (values->oci_layout_path)
		strv_printf(&texts, "type=oci,tar=false,\"dest=%s\"", values->oci_layout_path);
	for (size_t i = 0; i < texts.len; i++)
		if (output_option_add(request, texts.items[i], lines, err) < 0)
			return -1;
	return check_stdout(values, request, err);
}

/* --- behaviour ----------------------------------------------------------------------------------
 */

static unsigned count_processors(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return n > 0 ? (unsigned)n : 1;
}

static void say_environment(const struct build_request *request, struct strv *lines)
{
	const char *buildkit = getenv("DOCKER_BUILDKIT");
	const char *host = getenv("DOCKER_HOST");

	if (buildkit && strcmp(buildkit, "0") == 0)
		strv_add(lines, "DOCKER_BUILDKIT=0: there is one builder here, and it is this one");
	if (host && *host && !request->load)
		strv_add(lines, "DOCKER_HOST: nothing is sent there; the build runs here");
	for (size_t i = 0; i < request->n_secrets; i++)
		if (request->secrets[i].kind == SECRET_ENV && !getenv(request->secrets[i].source))
			strv_printf(lines,
				    "--secret %s: the variable %s is not set: the secret is empty",
				    request->secrets[i].id, request->secrets[i].source);
}

int build_settle(const struct build_values *values, const struct strv *operands, struct strv *lines,
		 struct build_request *ret_request, struct error *err)
{
	cleanup(build_request_release) struct build_request request = { .signal_fd = -1 };

	if (settle_inputs(values, operands, &request, err) < 0 ||
	    settle_outputs(values, &request, lines, err) < 0 ||
	    settle_confinement(values, &request, lines, err) < 0 ||
	    access_settle(&values->access, &request.access, err) < 0 ||
	    limits_settle(&values->limits, &request.limits, err) < 0)
		return -1;
	say_environment(&request, lines);
	/* a variable that was set for another builder is no reason to build nothing */
	if (values->progress == PROGRESS_TTY)
		strv_add(lines, "progress tty is not supported yet: lines are printed, as with "
				"--progress=plain");
	request.root = values->common.root ? xstrdup(values->common.root) : NULL;
	request.jobs = values->jobs ? values->jobs : count_processors();
	request.deadline = values->timeout ? event_now() + (uint64_t)values->timeout : 0;
	request.stop_grace_ns = values->stop_grace;
	*ret_request = request;
	request = (struct build_request){ .signal_fd = -1 };
	return 0;
}

enum progress_style build_progress_style(const struct build_values *values)
{
	enum progress_style style = (enum progress_style)values->progress;

	if (values->quiet || values->verbosity == 0)
		return PROGRESS_QUIET;
	if (style == PROGRESS_AUTO && values->log_format)
		style = (enum progress_style)values->log_format;
	return style == PROGRESS_AUTO || style == PROGRESS_TTY ? PROGRESS_PLAIN : style;
}
