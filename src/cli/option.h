/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options as tables: a row says how an option is written, where its value goes (an offset into the
 * command's struct), and what is said of it. Parsing, settings from the environment and from a
 * file, --help, the man page and docs/options.md all read the same rows, so no option is known in
 * one place and missing in another.
 *
 * Nothing is dropped in silence: an option of another builder that has no meaning here is a row
 * too.
 */
#ifndef CBUILD_CLI_OPTION_H
#define CBUILD_CLI_OPTION_H

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"

#include <stdbool.h>
#include <stddef.h>

enum option_kind {
	OPTION_BOOL = 1, /* bool: --x, --x=false */
	OPTION_TEXT,	 /* char *: the last one counts */
	OPTION_LIST,	 /* struct strv: each adds one */
	OPTION_UNSIGNED, /* unsigned, at least 1 */
	OPTION_DURATION, /* int64_t nanoseconds: 90s, 1h30m */
	OPTION_CHOICE,	 /* int: one of `choices` */
	OPTION_MAYBE	 /* as a choice, but a bare --x is the first of them; a value wants "=" */
};

enum option_status {
	OPTION_WORKS = 0,
	OPTION_LINE,	/* accepted; there is nothing to do, and one line says so */
	OPTION_REFUSED, /* text: the reason, and the way out in brackets */
	OPTION_LATER	/* refused with "not supported yet"; text: the way out, or NULL */
};

struct option_choice {
	const char *word;
	int value;
};

struct option {
	const char *name; /* without the dashes */
	char letter;	  /* or 0 */
	enum option_kind kind;
	enum option_status status;
	size_t offset;
	const char *metavar;
	const char *text;		     /* help, or what is said of it */
	const struct option_choice *choices; /* the last one has word NULL */
	const char *peer_variable;	     /* of another builder, honoured after CBUILD_... */
	const char *once;	      /* why it cannot be given twice, and the way out; or NULL */
	const char *line_for;	      /* OPTION_LINE: only for these values, "a b c"; */
	enum option_status otherwise; /* ... what happens with all others */
	const char *otherwise_text;
	bool command_line_only; /* no setting: --help, --version */
};

/* A row that works; behind the text: .choices = ..., .once = ... */
#define OPTION_ROW(name_, letter_, kind_, offset_, metavar_, text_, ...)                    \
	{                                                                                   \
		.name = (name_), .letter = (letter_), .kind = (kind_), .offset = (offset_), \
		.metavar = (metavar_), .text = (text_), __VA_ARGS__                         \
	}
/* One that is only answered: OPTION_LINE, OPTION_REFUSED, OPTION_LATER. */
#define OPTION_ANSWER(name_, letter_, kind_, status_, text_, ...)                           \
	{                                                                                   \
		.name = (name_), .letter = (letter_), .kind = (kind_), .status = (status_), \
		.text = (text_), __VA_ARGS__                                                \
	}

/* Several tables make up the options of a command: a list of pointers, ended by NULL. */
struct option_table {
	const char *title; /* of its section in the help */
	const struct option *rows;
	size_t len;
};

/* What parsing gives besides the values. */
struct option_result {
	struct strv operands;
	struct strv lines; /* to be said on stderr */
	/* Offsets that a source of higher rank has set already; kept by the functions below. */
	struct {
		size_t *items;
		size_t len, size;
	} settled, current;
};

void option_result_release(struct option_result *result);
DEFINE_RELEASE(struct option_result, option_result_release);

/*
 * The three sources, to be read in this order: what one of them says of an option (aliases are one
 * option) is the whole of it, the later ones are not asked for it.
 */
int options_parse(const struct option_table *const *tables, char *const *args, void *values,
		  struct option_result *result, struct error *err) must_check;
/* CBUILD_STOP_GRACE for --stop-grace, and the peers' own. An OPTION_LIST: one item a line. */
int options_read_environment(const struct option_table *const *tables, char *const *environment,
			     void *values, struct option_result *result, struct error *err)
	must_check;
/*
 * Lines "option = value", "#" comments. What only other commands have is left to them: `all` holds
 * the tables of every command, ended by NULL.
 */
int options_read_file(const struct option_table *const *tables,
		      const struct option_table *const *const *all, const char *text, size_t len,
		      const char *file_name, void *values, struct option_result *result,
		      struct error *err) must_check;

const struct option *option_find(const struct option_table *const *tables, const char *name);
/* CBUILD_STOP_GRACE */
void option_variable(const struct option *option, struct buf *buf);
bool option_takes_value(const struct option *option);

#endif
