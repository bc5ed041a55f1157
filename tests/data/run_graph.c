/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testdata/graph/<case>/: Dockerfile; target, the name of a stage, where it is not the last one;
 * and the pictures: stages.dot, stages.mmd, stages.svg. With a case's name and one of these endings
 * as arguments that picture is printed instead, for a new case; it has to be looked at.
 */
#include "case_names.h"

#include "../unit/cmocka_head.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/vec.h"
#include "graph/graph.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 16 * 1024 * 1024, MANY_STAGES = 10000 };

static const struct picture {
	const char *ending;
	void (*add)(const struct stage_view *view, struct buf *buf);
} pictures[] = {
	{ "dot", graph_add_dot },
	{ "mmd", graph_add_mermaid },
	{ "svg", graph_add_svg },
};

static int read_case_file(const char *name, const char *file, struct buf *text)
{
	cleanup(buf_release) struct buf path = BUF_INIT;
	struct error err = ERROR_INIT;

	buf_printf(&path, TESTDATA "/graph/%s/%s", name, file);
	int found = fs_read_whole(AT_FDCWD, path.data, FILE_MAX, path.data, text, &err);
	if (found < 0)
		fail_msg("%s", err.text);
	return found;
}

static void make_view(const struct buf *text, const char *target, struct stage_view *ret_view)
{
	cleanup(dockerfile_free) struct dockerfile *dockerfile = NULL;
	struct plan_options options = { .target = target };
	struct error err = ERROR_INIT;

	assert_int_equal(platform_parse("linux/amd64", &options.build_platform, &err), 0);
	if (dockerfile_parse(text->data, text->len, &dockerfile, &err) < 0 ||
	    stage_view_make(dockerfile, &options, ret_view, &err) < 0)
		fail_msg("%s", err.text);
}

static void draw_case(const char *name, const struct picture *picture, struct buf *drawn)
{
	cleanup(stage_view_release) struct stage_view view = { 0 };
	cleanup(buf_release) struct buf text = BUF_INIT;
	cleanup(buf_release) struct buf target = BUF_INIT;

	assert_int_equal(read_case_file(name, "Dockerfile", &text), 1);
	if (read_case_file(name, "target", &target) && target.len)
		buf_truncate(&target, strcspn(target.data, "\n"));
	make_view(&text, target.len ? target.data : NULL, &view);
	picture->add(&view, drawn);
}

static void runs_case(void **state)
{
	const char *name = *state;

	for (size_t i = 0; i < countof(pictures); i++) {
		cleanup(buf_release) struct buf drawn = BUF_INIT;
		cleanup(buf_release) struct buf wanted = BUF_INIT;
		cleanup(buf_release) struct buf file = BUF_INIT;
		buf_printf(&file, "stages.%s", pictures[i].ending);
		assert_int_equal(read_case_file(name, file.data, &wanted), 1);
		draw_case(name, &pictures[i], &drawn);
		assert_string_equal(drawn.data, wanted.data);
	}
}

/* Chains, and one stage that all others copy from: as deep and as wide as it gets. */
static void draws_as_many_stages_as_there_may_be(void **state)
{
	cleanup(stage_view_release) struct stage_view view = { 0 };
	cleanup(buf_release) struct buf text = BUF_INIT;

	(void)state;
	buf_add_text(&text, "FROM scratch AS s0\n");
	for (int i = 1; i < MANY_STAGES; i++)
		buf_printf(&text, "FROM s%d AS s%d\nCOPY --from=s0 a b\n", i % 100 ? i - 1 : 0, i);
	make_view(&text, NULL, &view);
	assert_int_equal(view.n_nodes, MANY_STAGES);
	for (size_t i = 0; i < countof(pictures); i++) {
		cleanup(buf_release) struct buf drawn = BUF_INIT;
		pictures[i].add(&view, &drawn);
		assert_true(drawn.len > (size_t)MANY_STAGES * 10);
	}
}

static int print_case(const char *name, const char *ending)
{
	cleanup(buf_release) struct buf drawn = BUF_INIT;

	for (size_t i = 0; i < countof(pictures); i++)
		if (strcmp(pictures[i].ending, ending) == 0)
			draw_case(name, &pictures[i], &drawn);
	return fputs(drawn.len ? drawn.data : "", stdout) < 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest also = cmocka_unit_test(draws_as_many_stages_as_there_may_be);
	struct case_names names = VEC_INIT;

	if (argc == 3)
		return print_case(argv[1], argv[2]);
	case_names_find(TESTDATA "/graph", &names);
	int failed = case_names_run("graph", &names, runs_case, &also);
	case_names_release(&names);
	return failed;
}
