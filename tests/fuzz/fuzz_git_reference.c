/* SPDX-License-Identifier: Apache-2.0 */
/* A git reference: what is accepted could be no option of git or ssh, and shows no password. */
#include "fuzz_target.h"

#include "base/alloc.h"
#include "parser/git_reference.h"

#include <assert.h>
#include <string.h>

static void check_word(const char *word)
{
	assert(!word || *word != '-');
	for (; word && *word; word++)
		assert((unsigned char)*word >= 0x20 && *word != 0x7f);
}

static void check(const struct git_reference *reference)
{
	cleanup(buf_release) struct buf shown = BUF_INIT;

	check_word(reference->url);
	check_word(reference->host);
	check_word(reference->path);
	check_word(reference->user);
	check_word(reference->ref);
	assert(reference->port > 0 && reference->port < 65536);
	assert(!reference->ref || !strstr(reference->ref, ".."));
	assert(strncmp(reference->sub_dir, "..", 3) != 0 && *reference->sub_dir != '/');
	git_reference_add_printable(reference, &shown);
	assert(shown.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = xstrndup((const char *)data, size);
	cleanup(git_reference_release) struct git_reference reference = GIT_REFERENCE_INIT;
	cleanup(git_reference_release) struct git_reference below = GIT_REFERENCE_INIT;
	cleanup(git_reference_release) struct git_reference parent = GIT_REFERENCE_INIT;
	cleanup(buf_release) struct buf shown = BUF_INIT;
	autofree char *address = NULL, *user = NULL;
	struct error err = ERROR_INIT;

	source_add_printable(text, &shown);
	(void)!source_split_user(text, &address, &user, &err);
	if (git_reference_parse(text, &reference, &err) == 0)
		check(&reference);
	else
		assert(err.code == ERROR_SYNTAX && err.text[0]);
	assert(git_reference_parse("https://h/a/b.git", &parent, &err) == 0);
	if (git_reference_resolve(&parent, text, &below, &err) == 0)
		check(&below);
	return 0;
}
