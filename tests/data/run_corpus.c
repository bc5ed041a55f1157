/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testdata/corpus/: Dockerfiles in the manner of real projects. Each must parse and plan, whatever
 * its base images are (here: one fake image), without a warning of the parser's, and come to the
 * numbers in the file "expected": NAME STAGES STEPS [BUILD-ARG...]. With --print these lines are
 * printed as they are, for new files; they have to be checked by hand.
 */
#include "../unit/cmocka_head.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/vec.h"
#include "plan/plan.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 1024 * 1024 };

static const char fake_config[] =
	"{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Env\":[\"PATH=/usr/bin:/bin\","
	"\"HOME=/root\"],\"Cmd\":[\"sh\"],\"WorkingDir\":\"/\"},\"rootfs\":{\"type\":\"layers\","
	"\"diff_ids\":[\"sha256:"
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"]},"
	"\"history\":[{\"created_by\":\"base\"}]}";

struct counts {
	size_t n_stages, n_steps;
};

static int find_image(void *context, const char *reference, const struct platform *platform,
		      const struct image_config **ret_config)
{
	(void)reference;
	(void)platform;
	*ret_config = context;
	return 1;
}

static int plan_file(const struct buf *text, const struct strv *build_args,
		     struct image_config *config, struct counts *counts, struct error *err)
{
	cleanup(dockerfile_free) struct dockerfile *dockerfile = NULL;
	cleanup(plan_free) struct plan *plan = NULL;
	struct named_context context = { .kind = NAMED_DIRECTORY, .value = "." };
	struct plan_options options = { .contexts = &context, .n_contexts = 1 };
	struct image_lookup lookup = { .find = find_image, .context = config };

	for (size_t i = 0; i < build_args->len; i++)
		strv_add(&options.build_args, build_args->items[i]);
	int result = platform_parse("linux/amd64", &options.build_platform, err);
	if (result == 0)
		result = dockerfile_parse(text->data, text->len, &dockerfile, err);
	if (result == 0)
		result = plan_make(dockerfile, &options, &lookup, &plan, err);
	if (result == 0)
		*counts = (struct counts){ dockerfile->n_stages, plan->n_steps };
	strv_release(&options.build_args);
	return result;
}

/* The line "NAME ..." of the file, without its name; or NULL. The caller's. */
static char *find_line(const struct buf *expected, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = expected->data; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, len) == 0 && line[len] == ' ')
			return xstrndup(line + len + 1, strcspn(line + len + 1, "\n"));
	}
	return NULL;
}

struct corpus {
	int dir_fd;
	struct buf expected;
	struct image_config *config;
};

static struct corpus corpus = { .dir_fd = -1, .expected = BUF_INIT };

static void read_file(const char *name, struct buf *text)
{
	struct error err = ERROR_INIT;

	if (fs_read_whole(corpus.dir_fd, name, FILE_MAX, name, text, &err) != 1)
		fail_msg("%s: %s", name, err.text);
}

static void open_corpus(void)
{
	struct error err = ERROR_INIT;

	assert_int_equal(fs_open_dir(TESTDATA "/corpus", false, &corpus.dir_fd, &err), 0);
	read_file("expected", &corpus.expected);
	assert_int_equal(
		image_config_decode(fake_config, strlen(fake_config), &corpus.config, &err), 0);
}

/* Numbers in front of the line, build arguments behind them. */
static struct counts split_line(char *line, struct strv *build_args)
{
	struct counts counts = { 0 };
	char *rest = line;

	for (size_t i = 0; rest; i++) {
		const char *word = strsep(&rest, " ");
		if (i == 0)
			counts.n_stages = strtoul(word, NULL, 10);
		else if (i == 1)
			counts.n_steps = strtoul(word, NULL, 10);
		else
			strv_add(build_args, word);
	}
	return counts;
}

static struct counts count(const char *name, const struct strv *build_args)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct counts counts = { 0 };
	struct error err = ERROR_INIT;

	read_file(name, &text);
	if (plan_file(&text, build_args, corpus.config, &counts, &err) < 0)
		fail_msg("%s:%u: %s", name, err.at.line, err.text);
	return counts;
}

static void plans_file(void **state)
{
	const char *name = *state;
	cleanup(strv_release) struct strv build_args = STRV_INIT;
	autofree char *line = find_line(&corpus.expected, name);

	if (!line)
		fail_msg("%s is not in the file 'expected'", name);
	struct counts wanted = split_line(line, &build_args);
	struct counts have = count(name, &build_args);
	assert_int_equal(have.n_stages, wanted.n_stages);
	assert_int_equal(have.n_steps, wanted.n_steps);
}

static void prints_file(void **state)
{
	const char *name = *state;
	cleanup(strv_release) struct strv build_args = STRV_INIT;
	autofree char *line = find_line(&corpus.expected, name);

	if (line)
		(void)split_line(line, &build_args);
	struct counts have = count(name, &build_args);
	printf("%s %zu %zu", name, have.n_stages, have.n_steps);
	for (size_t i = 0; i < build_args.len; i++)
		printf(" %s", build_args.items[i]);
	putchar('\n');
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void find_files(struct strv *names)
{
	DIR *dir = opendir(TESTDATA "/corpus");

	assert_non_null(dir);
	for (const struct dirent *entry; (entry = readdir(dir));)
		if (text_has_suffix(entry->d_name, ".Dockerfile"))
			strv_add(names, entry->d_name);
	(void)closedir(dir);
	qsort(names->items, names->len, sizeof(*names->items), compare_names);
}

static size_t count_lines(const struct buf *text)
{
	size_t n = 0;

	for (size_t i = 0; i < text->len; i++)
		n += text->data[i] == '\n';
	return n;
}

int main(int argc, char **argv)
{
	bool prints = argc > 1 && strcmp(argv[1], "--print") == 0;
	struct strv names = STRV_INIT;
	VEC(struct CMUnitTest) tests = VEC_INIT;

	open_corpus();
	find_files(&names);
	for (size_t i = 0; i < names.len; i++)
		vec_push(&tests,
			 (struct CMUnitTest){ .name = names.items[i],
					      .test_func = prints ? prints_file : plans_file,
					      .initial_state = names.items[i] });
	int failed =
		!names.len || _cmocka_run_group_tests("corpus", tests.items, tests.len, NULL, NULL);
	if (!prints && count_lines(&corpus.expected) != names.len) {
		(void)fprintf(stderr, "'expected' names files that are not there\n");
		failed = 1;
	}
	strv_release(&names);
	vec_release(&tests);
	buf_release(&corpus.expected);
	image_config_free(corpus.config);
	(void)close(corpus.dir_fd);
	return failed;
}
