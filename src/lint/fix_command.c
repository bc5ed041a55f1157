/* SPDX-License-Identifier: Apache-2.0 */
/* A shell command of nothing but plain words, as the list of words that a shell would make of it.
 */
#include "fix_edit.h"

#include "base/json.h"
#include "base/text.h"

#include <string.h>

/* Words that only a shell knows, or that may mean a function of it. */
static const char *const SHELL_WORDS[] = {
	".",	  ":",	    "[",       "[[",	   "alias",   "bg",	"break",  "builtin",
	"case",	  "cd",	    "command", "continue", "declare", "do",	"done",	  "echo",
	"elif",	  "else",   "esac",    "eval",	   "exec",    "exit",	"export", "false",
	"fg",	  "fi",	    "for",     "function", "getopts", "hash",	"if",	  "in",
	"jobs",	  "kill",   "let",     "local",	   "printf",  "pwd",	"read",	  "readonly",
	"return", "select", "set",     "shift",	   "source",  "test",	"then",	  "time",
	"times",  "trap",   "true",    "type",	   "typeset", "ulimit", "umask",  "unalias",
	"unset",  "until",  "wait",    "while",
};

static bool is_plain(char c)
{
	return text_is_alpha(c) || text_is_digit(c) || (c && strchr("_@%+=:,./-", c) != NULL);
}

static bool is_shell_word(const char *word)
{
	for (size_t i = 0; i < countof(SHELL_WORDS); i++)
		if (strcmp(SHELL_WORDS[i], word) == 0)
			return true;
	return false;
}

/* One word with quotes taken off; 0 at the end, -1 where a shell would do more. */
static int read_word(const char **text, struct buf *word)
{
	const char *c = *text;
	bool has_any = false;

	while (*c == ' ' || *c == '\t')
		c++;
	buf_clear(word);
	for (; *c && *c != ' ' && *c != '\t'; c++) {
		char quote = *c;
		has_any = true;
		if (is_plain(*c)) {
			buf_add_char(word, *c);
			continue;
		}
		if (quote != '"' && quote != '\'')
			return -1;
		for (c++; *c != quote; c++) {
			if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e ||
			    (quote == '"' && strchr("$`\\!", *c)))
				return -1;
			buf_add_char(word, *c);
		}
	}
	*text = c;
	return has_any;
}

bool fix_json_form(const char *text, struct buf *ret_json)
{
	cleanup(buf_release) struct buf word = BUF_INIT;
	cleanup(value_free) json_t *list = json_array();
	int found;

	while ((found = read_word(&text, &word)) > 0) {
		/* "exec" is what a JSON form does anyway */
		bool is_first = !json_array_size(list);
		if (is_first && strcmp(word.data, "exec") == 0 && *text)
			continue;
		if (is_first && (strchr(word.data, '=') || is_shell_word(word.data) ||
				 !*word.data || *word.data == '-'))
			return false;
		json_array_append_new(list, value_of_text(word.data));
	}
	if (found < 0 || !json_array_size(list))
		return false;
	buf_add_char(ret_json, '[');
	for (size_t i = 0; i < json_array_size(list); i++) {
		autofree char *item = json_dumps(json_array_get(list, i), JSON_ENCODE_ANY);
		buf_printf(ret_json, "%s%s", i ? ", " : "", item);
	}
	buf_add_char(ret_json, ']');
	return true;
}
