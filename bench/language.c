/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parser and planner on large texts, called directly: nanoseconds per byte for 1, 10 and 100 MB of
 * each shape, and how much dearer a byte is in the largest than in the smallest. Linear is about 1;
 * up to 1.7 is the price of memory, since 1 MB and what is made of it nearly fit into the caches
 *and 100 MB do not. Over 2 the program fails.
 *	bench-language [SHAPE [SIZES]]		SIZES: one letter each
 */
#include "base/alloc.h"
#include "base/buf.h"
#include "plan/plan.h"

#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MEGABYTE = 1000 * 1000, SIZES = 3, STAGES = 10000, ROUNDS = 5 };
#define RATIO_MAX 2.0

/*
 * `part` is repeated until the text is large enough; "%d" in it counts. The bulk is in a stage of
 * its own that the target copies from, since an image may have 4096 layers.
 */
struct shape {
	const char *name, *head, *part, *tail;
};

static const struct shape shapes[] = {
	{ "instructions", "", "CMD run number %d with some words\n", "" },
	{ "runs", "", "RUN make target-%d && rm -rf /tmp/build\n", "" },
	{ "one huge RUN", "RUN echo", " some-word-%d", "\n" },
	{ "continued lines", "RUN true", " && \\\n    command --with=%d", "\n" },
	{ "comments between", "RUN true \\\n", "# comment number %d\n", "  x\n" },
	{ "huge heredoc", "RUN <<EOF\n", "line number %d of a script\n", "EOF\n" },
	{ "one huge ENV", "ENV", " NAME_%d=value-%d", "\n" },
	{ "ENV", "", "ENV NAME_%d=value-%d\n", "" },
	{ "one ENV again and again", "", "ENV NAME=value-%d\n", "" },
	{ "expansions", "ARG A=x\n", "LABEL key-%d=${A:-b}-${B:-${A}}\n", "" },
	{ "ARG defaults", "", "ARG NAME_%d=${NAME_0:+$NAME_1}\n", "" },
	{ "COPY --from", "", "COPY --from=first file-%d /to/here/\n", "" },
	{ "COPY of a path", "", "COPY some/file-%d /to/here/\n", "" },
	{ "mounts", "RUN", " --mount=type=cache,target=/cache/%d", " true\n" },
	{ "JSON", "CMD [\"run\"", ", \"word-%d\"", "]\n" },
	{ "ports", "EXPOSE", " 80", "\n" },
	{ "onbuild", "", "ONBUILD RUN make target-%d\n", "" },
};

static void make_text(const struct shape *shape, size_t size, struct buf *text)
{
	buf_clear(text);
	buf_reserve(text, size + 4096);
	buf_printf(text, "FROM scratch AS first\nFROM scratch AS bulk\n%s", shape->head);
	for (int i = 0; text->len < size; i++) {
		const char *c = shape->part;
		for (const char *mark; (mark = strstr(c, "%d")); c = mark + 2) {
			buf_add(text, c, (size_t)(mark - c));
			buf_printf(text, "%d", i);
		}
		buf_add_text(text, c);
	}
	buf_printf(text, "%sFROM scratch\nCOPY --from=bulk / /\n", shape->tail);
}

/* As many stages as there may be, each based on the one before or copying from it. */
static void make_stages(size_t size, struct buf *text)
{
	size_t fill = size / STAGES;

	buf_clear(text);
	buf_add_text(text, "FROM scratch AS s0\n");
	for (int i = 1; i < STAGES; i++) {
		size_t start = text->len;
		buf_printf(text, "FROM %s AS s%d\nCOPY --from=s%d a b\n", i % 9 ? "s0" : "scratch",
			   i, i - 1);
		while (text->len - start + 24 < fill)
			buf_add_text(text, "ENV NAME=some-value\n");
	}
}

static double seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct times {
	double parse, plan;
	char note[120];
};

static int find_nothing(void *context, const char *reference, const struct platform *platform,
			const struct image_config **ret_config)
{
	(void)context;
	(void)reference;
	(void)platform;
	(void)ret_config;
	return 0;
}

static void plan_once(const struct dockerfile *dockerfile, struct times *ret_times)
{
	cleanup(plan_free) struct plan *plan = NULL;
	struct named_context main_context = { .kind = NAMED_DIRECTORY, .value = "." };
	struct plan_options options = { .contexts = &main_context, .n_contexts = 1 };
	struct image_lookup lookup = { .find = find_nothing };
	struct error err = ERROR_INIT;

	if (platform_parse("linux/amd64", &options.build_platform, &err) < 0)
		abort();
	double start = seconds();
	if (plan_make(dockerfile, &options, &lookup, &plan, &err) < 0)
		(void)snprintf(ret_times->note, sizeof(ret_times->note), "%.110s", err.text);
	ret_times->plan = seconds() - start;
}

static void run_once(const struct buf *text, struct times *ret_times)
{
	cleanup(dockerfile_free) struct dockerfile *dockerfile = NULL;
	cleanup(error_list_release) struct error_list errors = ERROR_LIST_INIT;
	struct error err = ERROR_INIT;
	double start = seconds();

	if (dockerfile_parse_all(text->data, text->len, NULL, &errors, &dockerfile, &err) < 0)
		(void)snprintf(ret_times->note, sizeof(ret_times->note), "%.110s", err.text);
	ret_times->parse = seconds() - start;
	if (dockerfile)
		plan_once(dockerfile, ret_times);
}

/* The best of some, since all that comes from outside makes it slower. */
static void run(const struct buf *text, struct times *ret_times)
{
	int rounds = text->len < 20 * (size_t)MEGABYTE ? ROUNDS : 2;

	for (int i = 0; i < rounds; i++) {
		struct times times = { 0 };
		run_once(text, &times);
		if (!i || times.parse < ret_times->parse)
			ret_times->parse = times.parse;
		if (!i || times.plan < ret_times->plan)
			ret_times->plan = times.plan;
		memcpy(ret_times->note, times.note, sizeof(times.note));
	}
}

static bool print_line(const char *shape, const char *what, const double *per_byte, size_t n)
{
	double ratio = per_byte[0] > 0 ? per_byte[n - 1] / per_byte[0] : 0;

	(void)printf("%-26s %-6s", shape, what);
	for (size_t i = 0; i < n; i++)
		(void)printf("%10.2f", per_byte[i]);
	(void)printf("%10.2f%s\n", ratio, ratio > RATIO_MAX ? "  NOT LINEAR" : "");
	(void)fflush(stdout);
	return ratio <= RATIO_MAX;
}

static bool run_shape(const char *name, const struct shape *shape, size_t n_sizes)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	double parse[SIZES] = { 0 }, plan[SIZES] = { 0 };
	struct times times = { 0 };
	size_t size = MEGABYTE;
	bool is_linear;

	for (size_t i = 0; i < n_sizes; i++, size *= 10) {
		times = (struct times){ 0 };
		if (shape)
			make_text(shape, size, &text);
		else
			make_stages(size, &text);
		run(&text, &times);
		parse[i] = times.parse * 1e9 / (double)text.len;
		plan[i] = times.plan * 1e9 / (double)text.len;
	}
	is_linear = print_line(name, "parse", parse, n_sizes);
	is_linear = print_line(name, "plan", plan, n_sizes) && is_linear;
	if (*times.note)
		(void)printf("%26s (%s)\n", "", times.note);
	return is_linear;
}

int main(int argc, char **argv)
{
	/* Memory is used again instead of asked for: what the kernel takes to make pages is not
	 * what is measured. */
	(void)mallopt(M_MMAP_MAX, 0);
	(void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
	size_t n_sizes = argc > 2 ? strlen(argv[2]) : SIZES;
	bool is_linear = true;

	n_sizes = n_sizes > SIZES ? SIZES : n_sizes;
	(void)printf("ns per byte of%19s%10s%10s%10s%10s\n", "", "1 MB", "10 MB", "100 MB",
		     "ratio");
	for (size_t i = 0; i < countof(shapes); i++)
		if (argc < 2 || !*argv[1] || strcmp(argv[1], shapes[i].name) == 0)
			is_linear = run_shape(shapes[i].name, &shapes[i], n_sizes) && is_linear;
	if (argc < 2 || !*argv[1] || strcmp(argv[1], "stages") == 0)
		is_linear = run_shape("stages", NULL, n_sizes) && is_linear;
	return is_linear ? 0 : 1;
}
