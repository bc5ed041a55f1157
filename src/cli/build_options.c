/* SPDX-License-Identifier: Apache-2.0 */
/* A row each; what other builders have and this one has not stands in peer_options.c. */
#include "build_options.h"

#include "confinement_options.h"

#include "build/request.h"

#include <stddef.h>

#define AT(field) offsetof(struct build_values, field)

_Static_assert(AT(access) == offsetof(struct access_command_values, access), "access_table");

static const struct option_choice pull_choices[] = {
	{ "always", PULL_ALWAYS },
	{ "missing", PULL_MISSING },
	{ "newer", PULL_NEWER },
	{ "never", PULL_NEVER },
	{ "true", PULL_ALWAYS },
	{ "false", PULL_MISSING },
	{ NULL, 0 },
};

static const struct option_choice network_choices[] = {
	{ "default", NETWORK_DEFAULT }, { "none", NETWORK_NONE },	{ "host", NETWORK_HOST },
	{ "bridge", NETWORK_DEFAULT },	{ "private", NETWORK_DEFAULT }, { NULL, 0 },
};

static const struct option_choice isolation_choices[] = {
	{ "auto", ISOLATION_AUTO },
	{ "root", ISOLATION_NS_ROOT },
	{ "rootless", ISOLATION_NS_ROOTLESS },
	{ "single-id", ISOLATION_NS_SINGLE },
	{ "chroot", ISOLATION_CHROOT },
	{ "none", ISOLATION_NONE },
	{ "default", ISOLATION_AUTO },
	{ "oci", ISOLATION_AUTO },
	{ NULL, 0 },
};

static const struct option_choice format_choices[] = {
	{ "oci", IMAGE_FORMAT_OCI },
	{ "docker", IMAGE_FORMAT_DOCKER },
	{ "v2s2", IMAGE_FORMAT_DOCKER },
	{ NULL, 0 },
};

static const struct option_choice compression_choices[] = {
	{ "gzip", LAYER_GZIP },
	{ "zstd", LAYER_ZSTD },
	{ "uncompressed", LAYER_UNCOMPRESSED },
	{ NULL, 0 },
};

static const struct option_choice rewrite_choices[] = {
	{ "true", 1 },
	{ "false", 0 },
	{ NULL, 0 },
};

static const struct option_choice progress_choices[] = {
	{ "auto", PROGRESS_AUTO },
	{ "plain", PROGRESS_PLAIN },
	{ "tty", PROGRESS_TTY },
	{ "rawjson", PROGRESS_JSON },
	{ "quiet", PROGRESS_QUIET },
	{ "none", PROGRESS_NONE },
	{ NULL, 0 },
};

static const struct option_choice on_error_choices[] = {
	{ "end", ON_ERROR_END },
	{ "shell", ON_ERROR_SHELL },
	{ NULL, 0 },
};

static const struct option_choice log_format_choices[] = {
	{ "text", PROGRESS_PLAIN },
	{ "color", PROGRESS_PLAIN },
	{ "json", PROGRESS_JSON },
	{ NULL, 0 },
};

/* 0 nothing but errors, 1 as ever, 2 tracing */
static const struct option_choice verbosity_choices[] = {
	{ "panic", 0 }, { "fatal", 0 }, { "error", 1 }, { "warn", 1 },
	{ "info", 1 },	{ "debug", 2 }, { "trace", 2 }, { NULL, 0 },
};

static const struct option inputs[] = {
	OPTION_ROW("file", 'f', OPTION_TEXT, AT(dockerfile), "PATH",
		   "Dockerfile: a path, a URL, or - for stdin; 'Dockerfile' of the context",
		   .once = "one build reads one file (put the stages into one)"),
	OPTION_ROW("dockerfile", 0, OPTION_TEXT, AT(dockerfile), "PATH", "as --file",
		   .once = "one build reads one file (put the stages into one)"),
	OPTION_ROW("context", 0, OPTION_TEXT, AT(context), "dir://PATH|git://URL",
		   "the context, as kaniko names it"),
	OPTION_ROW("context-sub-path", 0, OPTION_TEXT, AT(context_sub_path), "DIR",
		   "use this directory within the context"),
	OPTION_ROW("ignorefile", 0, OPTION_TEXT, AT(ignore_file), "PATH", "another .dockerignore"),
	OPTION_ROW("build-arg", 0, OPTION_LIST, AT(build_args), "NAME[=VALUE]",
		   "value of an ARG; without a value, the one of the environment"),
	OPTION_ROW("build-arg-file", 0, OPTION_LIST, AT(build_arg_files), "PATH",
		   "NAME=VALUE lines; --build-arg wins"),
	OPTION_ROW(
		"build-context", 0, OPTION_LIST, AT(build_contexts), "NAME=VALUE",
		"further context: a directory, docker-image://, oci-layout://, URL, target:STAGE"),
	OPTION_ROW(
		"target", 0, OPTION_TEXT, AT(target), "STAGE", "build this stage; the last one",
		.once = "one stage is built (one call per target; what they share is built once)"),
	OPTION_ROW("platform", 0, OPTION_LIST, AT(platforms), "OS/ARCH[/VARIANT]",
		   "platforms of the image, also with commas; 'local' is this machine's",
		   .peer_variable = "DOCKER_DEFAULT_PLATFORM"),
	OPTION_ROW("custom-platform", 0, OPTION_LIST, AT(platforms), "OS/ARCH[/VARIANT]",
		   "as --platform"),
	OPTION_ROW("secret", 0, OPTION_LIST, AT(secrets), "id=NAME[,src=PATH|,env=NAME]",
		   "a secret for RUN --mount=type=secret"),
	OPTION_ROW("ssh", 0, OPTION_LIST, AT(ssh), "default|ID[=SOCKET|=KEY[,KEY]]",
		   "an agent, or private keys in one, for RUN --mount=type=ssh and git over ssh; "
		   "the agent of $SSH_AUTH_SOCK"),
	OPTION_ROW("pull", 0, OPTION_MAYBE, AT(pull), "always|missing|newer|never",
		   "when to ask the registry for a base image: missing; a bare --pull is always",
		   .choices = pull_choices),
	OPTION_ROW("pull-always", 0, OPTION_BOOL, AT(pull_always), NULL, "as --pull=always"),
	OPTION_ROW("pull-never", 0, OPTION_BOOL, AT(pull_never), NULL, "as --pull=never"),
	OPTION_ROW("network", 0, OPTION_CHOICE, AT(network), "default|none|host",
		   "network of every RUN; host reaches what this machine reaches",
		   .choices = network_choices),
	OPTION_ROW("add-host", 0, OPTION_LIST, AT(add_hosts), "NAME:ADDRESS",
		   "a line of every RUN's /etc/hosts; host-gateway is this machine's address"),
	OPTION_ROW("dns", 0, OPTION_LIST, AT(dns), "ADDRESS",
		   "resolvers of every RUN, also with commas, instead of this machine's; none: the "
		   "image's own resolv.conf"),
	OPTION_ROW("dns-search", 0, OPTION_LIST, AT(dns_searches), "DOMAIN",
		   "domains that a RUN searches, also with commas; '.' is none"),
	OPTION_ROW("dns-option", 0, OPTION_LIST, AT(dns_options), "OPTION",
		   "options of a RUN's resolv.conf, also with commas"),
	OPTION_ROW("isolation", 0, OPTION_CHOICE, AT(isolation),
		   "auto|root|rootless|single-id|chroot|none",
		   "how a RUN is kept apart: auto is the strongest that works ('cbuild doctor')",
		   .choices = isolation_choices),
	OPTION_ROW("allow", 0, OPTION_LIST, AT(allow), "ENTITLEMENT",
		   "allow network.host, security.insecure or device[=NAME] to the Dockerfile; "
		   "secret-leak lets a layer hold a secret's value, secret-on-disk the store one "
		   "while a step runs in a chroot"),
};

static const struct option cache[] = {
	OPTION_ROW("no-cache", 0, OPTION_BOOL, AT(no_cache), NULL,
		   "run every step; the results are stored all the same"),
	OPTION_ROW("no-cache-filter", 0, OPTION_LIST, AT(no_cache_filter), "STAGE[,STAGE]",
		   "the same for these stages"),
	OPTION_ROW("cache", 0, OPTION_BOOL, AT(uses_cache), NULL,
		   "kaniko's: true is always so here, false is --no-cache"),
	OPTION_ROW("verify-cache", 0, OPTION_BOOL, AT(verify_cache), NULL,
		   "check what the cache gives before it is used"),
	OPTION_ROW("cache-dir", 0, OPTION_TEXT, AT(common.root), "DIR", "as --root"),
};

static const struct option outputs[] = {
	OPTION_ROW("tag", 't', OPTION_LIST, AT(tags), "NAME[:TAG]", "name of the image"),
	OPTION_ROW("destination", 0, OPTION_LIST, AT(destinations), "NAME[:TAG]",
		   "kaniko's: as --tag, and pushed unless --no-push"),
	OPTION_ROW("push", 0, OPTION_BOOL, AT(push), NULL, "push every name to its registry"),
	OPTION_ROW("no-push", 0, OPTION_BOOL, AT(no_push), NULL, "do not push --destination"),
	OPTION_ROW("load", 0, OPTION_BOOL, AT(load), NULL,
		   "docker's; the image is in cbuild's store in any case"),
	OPTION_ROW(
		"output", 'o', OPTION_LIST, AT(outputs), "DIR|-|type=TYPE,...",
		"local, tar, oci, docker, image, registry, cacheonly; without dest= tar and oci go "
		"to stdout, and docker is --load"),
	OPTION_ROW("tar-path", 0, OPTION_TEXT, AT(tar_path), "PATH", "as -o type=docker,dest=PATH"),
	OPTION_ROW("oci-layout-path", 0, OPTION_TEXT, AT(oci_layout_path), "DIR",
		   "as -o type=oci,tar=false,dest=DIR"),
	OPTION_ROW("iidfile", 0, OPTION_TEXT, AT(iid_file), "PATH",
		   "write the image id (config digest) here, without a newline"),
	OPTION_ROW("iidfile-raw", 0, OPTION_TEXT, AT(raw_iid_file), "PATH",
		   "the same without 'sha256:'"),
	OPTION_ROW("raw-iidfile", 0, OPTION_TEXT, AT(raw_iid_file), "PATH", "as --iidfile-raw"),
	OPTION_ROW("metadata-file", 0, OPTION_TEXT, AT(metadata_file), "PATH",
		   "write digests, names and steps here, as JSON"),
	OPTION_ROW("digest-file", 0, OPTION_TEXT, AT(digest_file), "PATH",
		   "write the manifest digest here"),
	OPTION_ROW("digestfile", 0, OPTION_TEXT, AT(digest_file), "PATH", "as --digest-file"),
	OPTION_ROW("image-name-with-digest-file", 0, OPTION_TEXT, AT(name_digest_file), "PATH",
		   "write NAME@DIGEST of each name here"),
	OPTION_ROW("image-name-tag-with-digest-file", 0, OPTION_TEXT, AT(name_tag_digest_file),
		   "PATH", "write NAME:TAG@DIGEST of each name here"),
	OPTION_ROW("label", 0, OPTION_LIST, AT(labels), "KEY[=VALUE]", "label of the image"),
	OPTION_ROW("annotation", 0, OPTION_LIST, AT(annotations), "[TYPE:]KEY=VALUE",
		   "annotation of the manifest; TYPE: index, manifest, index-descriptor, "
		   "manifest-descriptor"),
	OPTION_ROW("format", 0, OPTION_CHOICE, AT(format), "oci|docker", "media types of the image",
		   .choices = format_choices, .peer_variable = "BUILDAH_FORMAT"),
	OPTION_ROW("image-format", 0, OPTION_CHOICE, AT(format), "oci|docker", "as --format",
		   .choices = format_choices),
	OPTION_ROW("compression", 0, OPTION_CHOICE, AT(compression), "gzip|zstd|uncompressed",
		   "of layers that are made here", .choices = compression_choices),
	OPTION_ROW("compression-format", 0, OPTION_CHOICE, AT(compression),
		   "gzip|zstd|uncompressed", "as --compression", .choices = compression_choices),
	OPTION_ROW("compression-level", 0, OPTION_TEXT, AT(compression_level), "N",
		   "gzip 0 to 9, zstd 0 to 22"),
	OPTION_ROW("force-compression", 0, OPTION_BOOL, AT(force_compression), NULL,
		   "compress base layers anew too"),
	OPTION_ROW("disable-compression", 0, OPTION_BOOL, AT(disable_compression), NULL,
		   "as --compression=uncompressed"),
	OPTION_ROW("source-date-epoch", 0, OPTION_TEXT, AT(epoch), "SECONDS",
		   "the time that everything new in the image gets; else $SOURCE_DATE_EPOCH"),
	OPTION_ROW("timestamp", 0, OPTION_TEXT, AT(epoch), "SECONDS", "as --source-date-epoch"),
	OPTION_ROW("reproducible", 0, OPTION_BOOL, AT(reproducible), NULL,
		   "as --source-date-epoch=0"),
	OPTION_ROW("rewrite-timestamp", 0, OPTION_MAYBE, AT(rewrite_timestamp), "true|false",
		   "give files in layers that time too: true where there is an epoch",
		   .choices = rewrite_choices),
};

static const struct option behaviour[] = {
	OPTION_ROW("check", 0, OPTION_BOOL, AT(checks), NULL, "as --call=check"),
	OPTION_ROW("call", 0, OPTION_TEXT, AT(call), "METHOD[,format=json][,ignorestatus=true]",
		   "build nothing: check, outline, targets, subrequests.describe"),
	OPTION_ROW("progress", 0, OPTION_CHOICE, AT(progress), "auto|plain|quiet|rawjson|none",
		   "form of the log on stderr", .choices = progress_choices,
		   .peer_variable = "BUILDKIT_PROGRESS"),
	OPTION_ROW("log-format", 0, OPTION_CHOICE, AT(log_format), "text|color|json",
		   "kaniko's: json is --progress=rawjson", .choices = log_format_choices),
	OPTION_ROW("quiet", 'q', OPTION_BOOL, AT(quiet), NULL, "only the image id, on stdout"),
	OPTION_ROW("debug", 'D', OPTION_BOOL, AT(debug), NULL, "trace what is done"),
	OPTION_ROW("verbosity", 0, OPTION_CHOICE, AT(verbosity), "LEVEL",
		   "panic, fatal: errors only; error, warn, info; debug, trace",
		   .choices = verbosity_choices),
	OPTION_ROW("log-level", 0, OPTION_CHOICE, AT(verbosity), "LEVEL", "as --verbosity",
		   .choices = verbosity_choices),
	OPTION_ROW("logfile", 0, OPTION_TEXT, AT(log_file), "PATH", "the log goes here"),
	OPTION_ROW("jobs", 0, OPTION_UNSIGNED, AT(jobs), "N", "steps at once; the processors"),
	OPTION_ROW("timeout", 0, OPTION_DURATION, AT(timeout), "DURATION",
		   "end with status 124 after this time (90s, 1h30m)"),
	OPTION_ROW("stop-grace", 0, OPTION_DURATION, AT(stop_grace), "DURATION",
		   "time between TERM and KILL for a RUN; 10s"),
	OPTION_ROW(
		"on-error", 0, OPTION_CHOICE, AT(on_error), "end|shell",
		"what a RUN that fails gives: the end, or a shell in its file system first (at a "
		"terminal)",
		.choices = on_error_choices),
	OPTION_ROW("export-on-failure", 0, OPTION_LIST, AT(export_on_failure), "STAGE:/PATH=DEST",
		   "where a RUN of the stage fails, copy this file or directory of its file system "
		   "to DEST"),
	OPTION_ROW("version", 0, OPTION_BOOL, AT(wants_version), NULL, "print the version",
		   .command_line_only = true),
};

const struct option_table build_input_table = { "Inputs", inputs, countof(inputs) };
static const struct option_table cache_table = { "Cache", cache, countof(cache) };
static const struct option_table output_table = { "Outputs", outputs, countof(outputs) };
static const struct option_table behaviour_table = { "Behaviour", behaviour, countof(behaviour) };

const struct option_table *const build_tables[] = {
	&build_input_table, &confinement_table, &limit_table,  &cache_table,
	&output_table,	    &behaviour_table,	&access_table, &root_table,
	&help_table,	    &peer_table,	NULL,
};
