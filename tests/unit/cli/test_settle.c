/* SPDX-License-Identifier: Apache-2.0 */
/* A command line, through the build's own tables, to what is asked. */
#include "build_options.h"

#include "../cmocka_head.h"
#include "build/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run {
	struct build_values values;
	struct option_result result;
	struct build_request request;
	struct error err;
};

static void run_release(struct run *run)
{
	build_values_release(&run->values);
	option_result_release(&run->result);
	build_request_release(&run->request);
}
DEFINE_RELEASE(struct run, run_release);

/* Words split at blanks. */
static int settle(struct run *run, const char *line)
{
	cleanup(strv_release) struct strv words = STRV_INIT;

	*run = (struct run){ .request.signal_fd = -1 };
	build_values_init(&run->values);
	for (const char *at = line; *at;) {
		size_t len = strcspn(at, " ");
		strv_addn(&words, at, len);
		at += len;
		at += *at == ' ';
	}
	if (options_parse(build_tables, strv_items(&words), &run->values, &run->result, &run->err) <
	    0)
		return -1;
	return build_settle(&run->values, &run->result.operands, &run->result.lines, &run->request,
			    &run->err);
}

static int clear_environment(void **state)
{
	(void)state;
	clearenv();
	return 0;
}

static void a_plain_build_has_its_defaults(void **state)
{
	(void)state;
	cleanup(run_release) struct run run;

	assert_int_equal(settle(&run, "."), 0);
	assert_string_equal(run.request.context, ".");
	assert_null(run.request.dockerfile);
	assert_null(run.request.target);
	assert_null(run.request.root);
	assert_int_equal(run.request.pull, PULL_MISSING);
	assert_int_equal(run.request.network, NETWORK_DEFAULT);
	assert_int_equal(run.request.n_platforms, 0);
	assert_int_equal(run.request.n_outputs, 0);
	assert_int_equal(run.request.compression.kind, LAYER_GZIP);
	assert_int_equal(run.request.compression.level, -1);
	assert_int_equal(run.request.format, IMAGE_FORMAT_OCI);
	assert_int_equal(run.request.stop_grace_ns, 10000000000);
	assert_int_equal(run.request.deadline, 0);
	assert_int_equal(run.request.signal_fd, -1);
	assert_true(run.request.jobs >= 1);
	assert_false(run.request.push || run.request.load || run.request.no_cache);
	assert_false(run.request.has_epoch || run.request.rewrites_times);
	assert_int_equal(run.request.build_args.len, 0);
}

static void dockers_command_lines_are_understood(void **state)
{
	(void)state;
	cleanup(run_release) struct run run;

	assert_int_equal(settle(&run, "-qf docker/Dockerfile -t app -t reg.io:5000/a/b:v2 --target "
				      "builder --build-arg A=1 --build-arg=B=x=y --build-arg A=2 "
				      "--label K --label L=m --pull --no-cache --network=host "
				      "--platform linux/amd64,linux/arm64 --platform linux/amd64 "
				      "--no-cache-filter a,b --build-context n=dir --push dir "
				      "--timeout 1m --jobs 7 --root /store"),
			 0);
	const struct build_request *request = &run.request;
	assert_string_equal(request->context, "dir");
	assert_string_equal(request->dockerfile, "docker/Dockerfile");
	assert_string_equal(request->tags.items[0], "docker.io/library/app:latest");
	assert_string_equal(request->tags.items[1], "reg.io:5000/a/b:v2");
	assert_string_equal(request->target, "builder");
	assert_int_equal(request->build_args.len, 2);
	assert_string_equal(request->build_args.items[0], "A=2");
	assert_string_equal(request->build_args.items[1], "B=x=y");
	assert_string_equal(request->labels.items[0], "K=");
	assert_string_equal(request->labels.items[1], "L=m");
	assert_int_equal(request->pull, PULL_ALWAYS);
	assert_int_equal(request->network, NETWORK_HOST);
	assert_int_equal(request->n_platforms, 2);
	assert_string_equal(request->platforms[1].architecture, "arm64");
	assert_int_equal(request->no_cache_filter.len, 2);
	assert_true(request->no_cache && request->push);
	assert_true(request->deadline > 0);
	assert_int_equal(request->jobs, 7);
	assert_string_equal(request->root, "/store");
	assert_true(run.values.quiet);
}

static void kanikos_command_lines_are_understood(void **state)
{
	(void)state;
	cleanup(run_release) struct run run;

	assert_int_equal(settle(&run, "--context dir:///src --dockerfile /src/D --destination a:1 "
				      "--cache=false --reproducible --cleanup --tar-path x,y.tar"),
			 0);
	assert_string_equal(run.request.context, "/src");
	assert_string_equal(run.request.tags.items[0], "docker.io/library/a:1");
	assert_true(run.request.push && run.request.no_cache);
	assert_true(run.request.has_epoch && run.request.rewrites_times);
	assert_int_equal(run.request.epoch, 0);
	assert_int_equal(run.result.lines.len, 1);
	assert_int_equal(run.request.outputs[0].type, OUTPUT_DOCKER);
	assert_string_equal(run.request.outputs[0].dest, "x,y.tar");
	cleanup(run_release) struct run quiet;
	assert_int_equal(settle(&quiet, ". --destination a --no-push"), 0);
	assert_false(quiet.request.push);
}

static void arguments_take_the_environments_value(void **state)
{
	(void)state;
	cleanup(run_release) struct run run;

	setenv("SET", "value", 1);
	setenv("https_proxy", "http://proxy", 1);
	setenv("HTTP_PROXY", "unused", 1);
	setenv("SOURCE_DATE_EPOCH", "5", 1);
	assert_int_equal(
		settle(&run, ". --build-arg SET --build-arg UNSET --build-arg HTTP_PROXY="), 0);
	const struct strv *args = &run.request.build_args;
	assert_string_equal(strv_env_get(args, "SET"), "value");
	assert_null(strv_env_get(args, "UNSET"));
	assert_string_equal(strv_env_get(args, "https_proxy"), "http://proxy");
	assert_string_equal(strv_env_get(args, "HTTP_PROXY"), "");
	assert_string_equal(strv_env_get(args, "SOURCE_DATE_EPOCH"), "5");
	assert_true(run.request.has_epoch);
	assert_int_equal(run.request.epoch, 5);
}

static void the_epoch_is_the_options_then_the_arguments_then_the_environments(void **state)
{
	(void)state;
	cleanup(run_release) struct run first;
	cleanup(run_release) struct run second;
	cleanup(run_release) struct run third;

	setenv("SOURCE_DATE_EPOCH", "5", 1);
	assert_int_equal(settle(&first, ". --build-arg SOURCE_DATE_EPOCH=6 --timestamp 7 "
					"--rewrite-timestamp=false"),
			 0);
	assert_int_equal(first.request.epoch, 7);
	assert_false(first.request.rewrites_times);
	assert_int_equal(settle(&second, ". --build-arg SOURCE_DATE_EPOCH=6"), 0);
	assert_int_equal(second.request.epoch, 6);
	assert_int_equal(settle(&third, ". --build-arg SOURCE_DATE_EPOCH="), 0);
	assert_false(third.request.has_epoch);
}

static void argument_files_come_before_arguments(void **state)
{
	(void)state;
	cleanup(run_release) struct run run;
	char host_path[] = "/tmp/cbuild-test-args.XXXXXX", line[128];
	int fd = mkstemp(host_path);

	assert_true(fd >= 0);
	assert_true(dprintf(fd, "# comment\nA=file\r\n\nB=two words\n") > 0);
	close(fd);
	(void)snprintf(line, sizeof(line), ". --build-arg A=line --build-arg-file %s", host_path);
	assert_int_equal(settle(&run, line), 0);
	assert_string_equal(strv_env_get(&run.request.build_args, "A"), "line");
	assert_string_equal(strv_env_get(&run.request.build_args, "B"), "two words");
	unlink(host_path);
}

static void secrets_know_their_source(void **state)
{
	(void)state;
	cleanup(run_release) struct run run;

	setenv("TOKEN", "x", 1);
	assert_int_equal(settle(&run,
				". --secret id=a,src=/f --secret id=b,env=B --secret id=TOKEN "
				"--secret id=d --secret type=env,id=e,src=V "
				"--secret type=file,id=TOKEN"),
			 0);
	static const struct secret_request expected[] = {
		{ (char *)(uintptr_t) "a", SECRET_FILE, (char *)(uintptr_t) "/f" },
		{ (char *)(uintptr_t) "b", SECRET_ENV, (char *)(uintptr_t) "B" },
		{ (char *)(uintptr_t) "TOKEN", SECRET_ENV, (char *)(uintptr_t) "TOKEN" },
		{ (char *)(uintptr_t) "d", SECRET_FILE, (char *)(uintptr_t) "d" },
		{ (char *)(uintptr_t) "e", SECRET_ENV, (char *)(uintptr_t) "V" },
		{ (char *)(uintptr_t) "TOKEN", SECRET_FILE, (char *)(uintptr_t) "TOKEN" },
	};
	assert_int_equal(run.request.n_secrets, countof(expected));
	for (size_t i = 0; i < countof(expected); i++) {
		assert_string_equal(run.request.secrets[i].id, expected[i].id);
		assert_int_equal(run.request.secrets[i].kind, expected[i].kind);
		assert_string_equal(run.request.secrets[i].source, expected[i].source);
	}
}

static void check_refused(const char *line, const char *part)
{
	cleanup(run_release) struct run run;

	assert_int_equal(settle(&run, line), -1);
	assert_int_equal(run.err.code, ERROR_USAGE);
	if (!strstr(run.err.text, part))
		fail_msg("%s: '%s' is not in '%s'", line, part, run.err.text);
}

static void what_cannot_be_asked_is_refused(void **state)
{
	(void)state;
	check_refused("-t a", "a context is missing");
	check_refused("a b", "one context");
	check_refused("a --context b", "given twice");
	check_refused("- -f -", "both come from stdin");
	check_refused(". -f a -f b", "given twice");
	check_refused(". --target a,b", "not supported yet");
	check_refused(". -t UPPER", "invalid tag 'UPPER'");
	check_refused(
		". -t a@sha256:0123456789012345678901234567890123456789012345678901234567890123",
		"digest");
	check_refused(". --push", "tag is needed");
	check_refused(". --build-arg =x", "has no name");
	check_refused(". --build-context n", "NAME=VALUE");
	check_refused(". --platform linux/", "--platform");
	check_refused(". --secret src=x", "id is missing");
	check_refused(". --secret id=a,foo=b", "unknown key 'foo'");
	check_refused(". --allow everything", "unknown entitlement");
	check_refused(". --allow devices", "unknown entitlement");
	check_refused(". --timestamp yesterday", "SOURCE_DATE_EPOCH");
	check_refused(". --compression-level 10", "0 to 9");
	check_refused(". --network foo", "is none of");
	check_refused(". --annotation x", "expected key=value");
	check_refused(". -o type=oci,dest=- -q", "one thing");
	check_refused("-D images", "cbuild images ...");
	check_refused("-D build .", "cbuild build ...");
	check_refused("--context s3://b/k", "not supported yet");
	check_refused(". --cache-from x", "not supported yet");
	check_refused(". --squash-all", "not supported yet");
	check_refused(". --provenance=mode=max", "not supported yet");
	check_refused(". -v /a:/b", "not supported yet");
}

static void progress_style_is_settled(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		enum progress_style style;
	} cases[] = {
		{ ".", PROGRESS_PLAIN },
		{ ". --progress=plain", PROGRESS_PLAIN },
		{ ". --progress=rawjson", PROGRESS_JSON },
		{ ". --log-format json", PROGRESS_JSON },
		{ ". -q", PROGRESS_QUIET },
		{ ". --progress=none", PROGRESS_NONE },
		{ ". --verbosity panic", PROGRESS_QUIET },
		{ ". --progress=tty", PROGRESS_PLAIN },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		cleanup(run_release) struct run run;
		assert_int_equal(settle(&run, cases[i].line), 0);
		assert_int_equal(build_progress_style(&run.values), cases[i].style);
	}
}

/* What is listed for docker, buildah and kaniko is known, and no name or letter stands twice. */
static void every_option_is_there_once(void **state)
{
	(void)state;
	static const char *const names[] = {
		"add-host",
		"allow",
		"annotation",
		"attest",
		"build-arg",
		"build-context",
		"cache-from",
		"cache-to",
		"call",
		"cgroup-parent",
		"check",
		"iidfile",
		"label",
		"load",
		"metadata-file",
		"network",
		"no-cache",
		"no-cache-filter",
		"platform",
		"policy",
		"progress",
		"provenance",
		"pull",
		"push",
		"resource",
		"sbom",
		"secret",
		"shm-size",
		"ssh",
		"target",
		"ulimit",
		"compress",
		"rm",
		"force-rm",
		"squash",
		"isolation",
		"memory",
		"cpu-shares",
		"layers",
		"cap-add",
		"security-opt",
		"volume",
		"jobs",
		"logfile",
		"tls-verify",
		"authfile",
		"creds",
		"destination",
		"context-sub-path",
		"snapshot-mode",
		"single-snapshot",
		"cleanup",
		"digest-file",
		"registry-mirror",
		"verbosity",
		"timeout",
		"stop-grace",
		"root",
		"help",
		"version",
	};

	for (size_t i = 0; i < countof(names); i++)
		if (!option_find(build_tables, names[i]))
			fail_msg("--%s is not known", names[i]);
	bool letters[128] = { false };
	for (const struct option_table *const *table = build_tables; *table; table++) {
		for (size_t i = 0; i < (*table)->len; i++) {
			const struct option *option = &(*table)->rows[i];
			assert_ptr_equal(option_find(build_tables, option->name), option);
			assert_false(option->letter && letters[(unsigned char)option->letter]);
			letters[(unsigned char)option->letter] = true;
			if (option->status == OPTION_LINE || option->status == OPTION_REFUSED)
				assert_non_null(option->text);
			if (option->kind == OPTION_CHOICE && option->status == OPTION_WORKS)
				assert_non_null(option->choices);
		}
	}
}

static void limits_are_read_as_docker_writes_them(void **state)
{
	(void)state;
	cleanup(run_release) struct run run;
	const struct limits *limits = &run.request.limits;

	assert_int_equal(settle(&run, "-m 512m --memory-swap -1 --cpus 1.5 --pids-limit 99 "
				      "--ulimit nofile=1024:2048 --ulimit core=-1 "
				      "--ulimit nofile=5 --shm-size 1g -c 512 ."),
			 0);
	assert_int_equal(limits->memory, 512 << 20);
	assert_true(limits->memory_swap == LIMITS_UNLIMITED);
	assert_int_equal(limits->cpu_quota, 150000);
	assert_int_equal(limits->cpu_period, 100000);
	assert_int_equal(limits->cpu_shares, 512);
	assert_int_equal(limits->pids, 99);
	assert_int_equal(limits->shm_size, 1 << 30);
	assert_int_equal(limits->n_rlimits, 2);
	assert_int_equal(limits->rlimits[0].soft, 5);
	assert_int_equal(limits->rlimits[0].hard, 5);
	assert_true(limits->rlimits[1].hard == LIMITS_UNLIMITED);
}

static void resources_are_the_options_of_their_names(void **state)
{
	(void)state;
	cleanup(run_release) struct run run;

	assert_int_equal(settle(&run, "--resource memory=1g,cpuset-cpus=0-1,3 "
				      "--resource cpu-quota=5000 --memory 2g ."),
			 0);
	assert_true(run.request.limits.memory == UINT64_C(2) << 30);
	assert_string_equal(run.request.limits.cpuset_cpus, "0-1,3");
	assert_int_equal(run.request.limits.cpu_quota, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_are_read_as_docker_writes_them),
		cmocka_unit_test(resources_are_the_options_of_their_names),
		cmocka_unit_test_setup(a_plain_build_has_its_defaults, clear_environment),
		cmocka_unit_test_setup(dockers_command_lines_are_understood, clear_environment),
		cmocka_unit_test_setup(kanikos_command_lines_are_understood, clear_environment),
		cmocka_unit_test_setup(arguments_take_the_environments_value, clear_environment),
		cmocka_unit_test_setup(
			the_epoch_is_the_options_then_the_arguments_then_the_environments,
			clear_environment),
		cmocka_unit_test_setup(argument_files_come_before_arguments, clear_environment),
		cmocka_unit_test_setup(secrets_know_their_source, clear_environment),
		cmocka_unit_test_setup(what_cannot_be_asked_is_refused, clear_environment),
		cmocka_unit_test_setup(progress_style_is_settled, clear_environment),
		cmocka_unit_test(every_option_is_there_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
