/* SPDX-License-Identifier: Apache-2.0 */
#include "template.h"

#include "../cmocka_head.h"

#include <string.h>

static const char document[] =
	"{\"Id\":\"sha256:1\",\"Size\":42,\"RepoTags\":[\"a:1\",\"b:2\"],\"None\":null,\"Off\":false,"
	"\"Config\":{\"Labels\":{\"b\":\"2\",\"a\":\"1\"},\"Env\":[]}}";

static char *render(const char *text, struct buf *out, struct error *err)
{
	cleanup(value_free) json_t *dot = NULL;

	assert_int_equal(value_read(document, strlen(document), "document", &dot, err), 0);
	buf_clear(out);
	return template_render(text, dot, out, err) == 0 ? out->data : NULL;
}

static void it_prints_as_go_does(void **state)
{
	static const char *const cases[][2] = {
		{ "plain", "plain" },
		{ "{{.Id}}", "sha256:1" },
		{ "{{ .Id }} {{.Size}}", "sha256:1 42" },
		{ "{{.RepoTags}}", "[a:1 b:2]" },
		{ "{{.Config.Labels}}", "map[a:1 b:2]" },
		{ "{{.Config.Labels.a}}{{$.Size}}", "142" },
		{ "{{.Config.Labels.missing}}", "<no value>" },
		{ "{{index .Config.Labels \"missing\"}}", "" },
		{ "{{index .Config.Labels \"b\"}}", "2" },
		{ "{{index .RepoTags 1}}", "b:2" },
		{ "{{json .Config.Labels}}", "{\"b\":\"2\",\"a\":\"1\"}" },
		{ "{{.Id | json}}", "\"sha256:1\"" },
		{ "{{join .RepoTags \", \"}}", "a:1, b:2" },
		{ "{{len .RepoTags}}", "2" },
		{ "{{.Id | upper | lower}}", "sha256:1" },
		{ "{{range .RepoTags}}<{{.}}>{{end}}", "<a:1><b:2>" },
		{ "{{range .Config.Env}}x{{else}}none{{end}}", "none" },
		{ "{{range .RepoTags}}{{println .}}{{end}}", "a:1\nb:2\n" },
		{ "{{if .Off}}yes{{else}}no{{end}}", "no" },
		{ "{{if eq .Size 42}}{{if .None}}x{{end}}y{{end}}", "y" },
		{ "a {{- .Size -}} b", "a42b" },
		{ "{{/* said */}}.", "." },
		{ "{{\"}}\"}}", "}}" },
		{ "{{range .RepoTags}}{{if eq . \"a:1\"}}{{$.Size}}{{end}}{{end}}", "42" },
	};

	(void)state;
	cleanup(buf_release) struct buf out = BUF_INIT;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = ERROR_INIT;
		const char *text = render(cases[i][0], &out, &err);
		if (!text || strcmp(text, cases[i][1]) != 0)
			fail_msg("%s: %s %s", cases[i][0], text ? text : "-", err.text);
	}
}

static void what_it_has_not_is_named(void **state)
{
	static const char *const cases[][2] = {
		{ "{{.Missing}}", ".RepoTags" },
		{ "{{printf \"%s\" .Id}}", "printf" },
		{ "{{with .Id}}{{.}}{{end}}", "with" },
		{ "{{.Id", "}}" },
		{ "{{end}}", "{{end}}" },
		{ "{{if .Id}}", "{{end}}" },
		{ "{{range .Id}}{{end}}", "range" },
		{ "{{join .Id \",\"}}", "join" },
		{ "{{index .RepoTags 7}}", "index" },
		{ "{{$x := .Id}}", "$x" },
		{ "{{.Id.Deeper}}", "Deeper" },
		{ "{{\"open}}", "}}" },
		{ "{{}}", "nothing" },
	};

	(void)state;
	cleanup(buf_release) struct buf out = BUF_INIT;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = ERROR_INIT;
		if (render(cases[i][0], &out, &err) || err.code != ERROR_USAGE ||
		    !strstr(err.text, cases[i][1]))
			fail_msg("%s: %s", cases[i][0], err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_prints_as_go_does),
		cmocka_unit_test(what_it_has_not_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
