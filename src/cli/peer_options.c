/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of docker, buildah, podman and kaniko that have nothing to do here, or that this builder
 * has not got: known by name, so that each is answered with its reason and the way out.
 */
#include "build_options.h"

#define LINE(name, kind, text)	OPTION_ANSWER(name, 0, kind, OPTION_LINE, text)
#define LATER(name, kind, text) OPTION_ANSWER(name, 0, kind, OPTION_LATER, text)
#define NO(name, kind, text)	OPTION_ANSWER(name, 0, kind, OPTION_REFUSED, text)
/* A line for these values, what `status` and `other` say for the rest. */
#define LINE_FOR(name, kind, values, text, status, other)                     \
	OPTION_ANSWER(name, 0, kind, OPTION_LINE, text, .line_for = (values), \
		      .otherwise = (status), .otherwise_text = (other))

static const char no_daemon[] = "there is no daemon to choose; the build runs here";
static const char never_unpacked[] = "nothing is unpacked over '/' here, so there is nothing to do";
static const char own_sandbox[] = "RUN has cbuild's own sandbox, which has no such setting";
static const char cache_later[] = "the store is the cache: keep --root between builds";
static const char kept_in_url[] = "it stands in the URL of a git context: "
				  "?branch=NAME&submodules=false";
static const char off[] = "false 0 f F FALSE False";

static const struct option rows[] = {
	/* inputs */
	NO("git", OPTION_TEXT, kept_in_url),
	LATER("from", OPTION_TEXT, "ARG BASE, FROM $BASE and --build-arg BASE=..."),
	LATER("arch", OPTION_TEXT, "--platform OS/ARCH"),
	LATER("os", OPTION_TEXT, "--platform OS/ARCH"),
	LATER("variant", OPTION_TEXT, "--platform OS/ARCH/VARIANT"),
	LATER("os-version", OPTION_TEXT, "--platform OS/ARCH"),
	LATER("os-feature", OPTION_TEXT, "--platform OS/ARCH"),
	NO("all-platforms", OPTION_BOOL, "name them (--platform linux/amd64,linux/arm64)"),
	NO("cpp-flag", OPTION_TEXT, "there is no preprocessor (cpp Dockerfile.in | cbuild -f - .)"),
	LATER("env", OPTION_TEXT, "ENV in the Dockerfile"),
	LATER("unsetenv", OPTION_TEXT, "ENV in the Dockerfile"),
	LATER("unsetlabel", OPTION_TEXT, "--label KEY= sets it empty"),
	LATER("unsetannotation", OPTION_TEXT, NULL),
	LATER("inherit-labels", OPTION_BOOL, "--label sets one anew"),
	LATER("inherit-annotations", OPTION_BOOL, NULL),
	LATER("layer-label", OPTION_TEXT, "--label"),
	OPTION_ANSWER("volume", 'v', OPTION_TEXT, OPTION_LATER,
		      "--build-context NAME=DIR and RUN --mount=type=bind,from=NAME"),
	LATER("mount", OPTION_TEXT, "--build-context NAME=DIR and RUN --mount=type=bind,from=NAME"),
	NO("device", OPTION_TEXT, "devices are asked for by RUN --device and --allow device"),
	LINE_FOR("ipc", OPTION_TEXT, "private", "always so", OPTION_REFUSED, own_sandbox),
	LINE_FOR("pid", OPTION_TEXT, "private", "always so", OPTION_REFUSED, own_sandbox),
	LINE_FOR("uts", OPTION_TEXT, "private", "always so", OPTION_REFUSED, own_sandbox),
	LINE_FOR("cgroupns", OPTION_TEXT, "private", "always so", OPTION_REFUSED, own_sandbox),
	LINE_FOR("userns", OPTION_TEXT, "private", "taken where it is needed", OPTION_REFUSED,
		 own_sandbox),
	NO("userns-uid-map", OPTION_TEXT, own_sandbox),
	NO("userns-gid-map", OPTION_TEXT, own_sandbox),
	NO("userns-uid-map-user", OPTION_TEXT, own_sandbox),
	NO("userns-gid-map-group", OPTION_TEXT, own_sandbox),
	NO("group-add", OPTION_TEXT, own_sandbox),
	NO("hooks-dir", OPTION_TEXT, own_sandbox),
	NO("runtime", OPTION_TEXT, own_sandbox),
	NO("runtime-flag", OPTION_TEXT, own_sandbox),
	NO("no-hosts", OPTION_BOOL, own_sandbox),
	NO("no-hostname", OPTION_BOOL, own_sandbox),
	NO("stdin", OPTION_BOOL, own_sandbox),
	LATER("step-timeout", OPTION_TEXT, "--timeout for the whole build, timeout(1) in the RUN"),
	LATER("policy", OPTION_TEXT, "pin with FROM NAME@sha256:..."),
	LATER("source-policy-file", OPTION_TEXT, "pin with FROM NAME@sha256:..."),
	NO("compat-volumes", OPTION_BOOL,
	   "what is written below a VOLUME stays in the image, as BuildKit has it"),
	LINE_FOR("http-proxy", OPTION_BOOL, "true 1 t T TRUE True",
		 "the proxy variables are always handed to RUN", OPTION_LATER,
		 "unset the variables"),

	/* cache */
	LINE("layers", OPTION_BOOL, "every instruction is cached, always"),
	LATER("cache-from", OPTION_TEXT, cache_later),
	LATER("cache-to", OPTION_TEXT, cache_later),
	LATER("cache-repo", OPTION_TEXT, cache_later),
	LATER("no-push-cache", OPTION_BOOL, cache_later),
	LATER("cache-ttl", OPTION_TEXT, "cbuild prune --filter until=..."),
	LINE("blob-cache", OPTION_TEXT, "the store does it"),
	LINE("compressed-caching", OPTION_BOOL, never_unpacked),
	NO("single-snapshot", OPTION_BOOL,
	   "layers are not squashed (FROM scratch, COPY --from=STAGE / /)"),
	LINE("snapshot-mode", OPTION_TEXT, never_unpacked),
	LINE("use-new-run", OPTION_BOOL, never_unpacked),
	NO("ignore-path", OPTION_TEXT, "a layer has all that a RUN writes (delete it in the RUN)"),
	LINE("ignore-var-run", OPTION_BOOL, never_unpacked),
	LINE("cleanup", OPTION_BOOL, never_unpacked),
	LINE("pre-cleanup", OPTION_BOOL, never_unpacked),
	LINE("preserve-context", OPTION_BOOL, never_unpacked),
	LINE("materialize", OPTION_BOOL, never_unpacked),
	LINE("force", OPTION_BOOL, never_unpacked),
	LINE("kaniko-dir", OPTION_TEXT, never_unpacked),
	LINE("skip-unused-stages", OPTION_BOOL,
	     "stages that the target does not need are never built"),
	LINE("cache-copy-layers", OPTION_BOOL, "every instruction is cached, always"),
	LINE("cache-run-layers", OPTION_BOOL, "every instruction is cached, always"),
	NO("save-stages", OPTION_BOOL,
	   "stages have no names of their own in the store "
	   "(--target for each; nothing is built twice)"),
	NO("stage-labels", OPTION_BOOL,
	   "stages have no names of their own in the store "
	   "(--target for each; nothing is built twice)"),
	LINE("rm", OPTION_BOOL, "there are no intermediate containers"),
	LINE("force-rm", OPTION_BOOL, "there are no intermediate containers"),

	/* outputs */
	LINE("compress", OPTION_BOOL, "the context is read where it lies"),
	LINE("squash", OPTION_BOOL,
	     "nothing is squashed, as with BuildKit (FROM scratch, COPY --from=STAGE / /)"),
	LATER("squash-all", OPTION_BOOL, "FROM scratch, COPY --from=STAGE / /"),
	LINE_FOR("identity-label", OPTION_BOOL, off, "it is never written", OPTION_LATER, NULL),
	LINE_FOR("created-annotation", OPTION_BOOL, off, "it is never written", OPTION_LATER, NULL),
	LATER("omit-history", OPTION_BOOL, NULL),
	LATER("manifest", OPTION_TEXT, "--platform with several gives one index"),
	LINE_FOR("provenance", OPTION_TEXT, off, "nothing is attached by default", OPTION_LATER,
		 "syft or trivy on -o type=oci,dest=..."),
	LINE_FOR("sbom", OPTION_TEXT, off, "nothing is attached by default", OPTION_LATER,
		 "syft or trivy on -o type=oci,dest=..."),
	LATER("attest", OPTION_TEXT, "syft or trivy on -o type=oci,dest=..."),
	LATER("sign-by", OPTION_TEXT, "cosign on the digest of --digest-file"),
	LATER("cw", OPTION_TEXT, NULL),
	LATER("decryption-key", OPTION_TEXT, NULL),

	/* behaviour, registry */
	LINE("log-timestamp", OPTION_BOOL, "lines of a step carry the seconds since its start"),
	NO("logsplit", OPTION_BOOL, "one log has all, each line with its step"),
	NO("log-rusage", OPTION_BOOL, "what every step took is in --metadata-file"),
	NO("rusage-logfile", OPTION_TEXT, "what every step took is in --metadata-file"),
	NO("dryrun", OPTION_BOOL, "'cbuild plan' shows what would be done"),
	LINE("builder", OPTION_TEXT, no_daemon),
	LINE("image-fs-extract-retry", OPTION_TEXT,
	     "unpacking what was verified does not fail by chance"),
	LATER("credential-helpers", OPTION_TEXT, "credHelpers in config.json"),
	LINE("skip-push-permission-check", OPTION_BOOL, "it is never asked beforehand"),
	LINE("push-ignore-immutable-tag-errors", OPTION_BOOL,
	     "what is there with the same digest is always a success"),
	LINE("disable-content-trust", OPTION_BOOL, "there is no content trust to disable"),
	LATER("signature-policy", OPTION_TEXT, "pin with FROM NAME@sha256:..."),
};

const struct option_table peer_table = { "Of other builders", rows, countof(rows) };
