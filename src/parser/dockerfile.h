/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Dockerfile as an AST: text in, one immutable value out, everything in the arena of the
 * struct, every instruction with its position. The parser knows the language and nothing else: no
 * files, no images, no variables' values. What is expanded later (plan/) is kept as written here.
 *
 * Reference: BuildKit's frontend/dockerfile (dockerfile 1.26), whose quirks are kept where files
 * in the wild meet them. Syntax is checked for every instruction, also in stages nobody builds.
 */
#ifndef CBUILD_PARSER_DOCKERFILE_H
#define CBUILD_PARSER_DOCKERFILE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/error_list.h"
#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>

/* What the program accepts as a file; the parser itself takes any length. */
enum { DOCKERFILE_SIZE_MAX = 16 * 1024 * 1024 };
enum { DOCKERFILE_STAGES_MAX = 10000, COPY_SOURCES_MAX = 65536 };

enum instruction_kind {
	INSTRUCTION_ADD = 1,
	INSTRUCTION_ARG,
	INSTRUCTION_CMD,
	INSTRUCTION_COPY,
	INSTRUCTION_ENTRYPOINT,
	INSTRUCTION_ENV,
	INSTRUCTION_EXPOSE,
	INSTRUCTION_FROM,
	INSTRUCTION_HEALTHCHECK,
	INSTRUCTION_LABEL,
	INSTRUCTION_MAINTAINER,
	INSTRUCTION_ONBUILD,
	INSTRUCTION_RUN,
	INSTRUCTION_SHELL,
	INSTRUCTION_STOPSIGNAL,
	INSTRUCTION_USER,
	INSTRUCTION_VOLUME,
	INSTRUCTION_WORKDIR
};

/* A list of strings in the arena. */
struct words {
	const char **items;
	size_t len;
};

/* <<NAME ... NAME. `body` is verbatim; tabs are chomped at use (heredoc_text). */
struct heredoc {
	const char *name;
	const char *body;
	size_t body_len;
	uint32_t fd;
	bool is_expanded; /* no part of the name was quoted */
	bool chomps_tabs; /* <<- */
};

struct heredocs {
	struct heredoc *items;
	size_t len;
};

/* CMD, ENTRYPOINT, RUN, SHELL, HEALTHCHECK CMD: JSON form, or the text for the shell. */
struct command_line {
	bool is_shell; /* then words.items[0] is the text (words.len 0 where there is none) */
	struct words words;
};

/* NAME=value of ENV, LABEL, ARG; both unexpanded, quotes still there. */
struct key_value {
	const char *key;
	const char *value;
	bool has_value; /* ARG only: "ARG x" has none */
};

struct key_values {
	struct key_value *items;
	size_t len;
	bool is_legacy; /* ENV k v */
};

struct from_instruction {
	const char *base;	/* unexpanded */
	const char *stage_name; /* lower case, or NULL */
	const char *stage_name_as_written;
	const char *as_keyword; /* "AS" as written, or NULL */
	const char *platform;	/* unexpanded, or NULL */
	/* Text of the comment lines right above, for descriptions; NULL where none. */
	const char *comment;
};

enum mount_type { MOUNT_BIND = 1, MOUNT_CACHE, MOUNT_TMPFS, MOUNT_SECRET, MOUNT_SSH };

/* --mount=..., as the raw value; its fields are expanded one by one and read by mount_flag.h. */
struct run_instruction {
	struct command_line command;
	struct heredocs heredocs;
	/* The text is one heredoc word and nothing else: its body is what the shell gets. */
	bool is_lone_heredoc;
	struct words mounts;
	const char *network;  /* NULL = not given; otherwise checked: default, none, host */
	const char *security; /* NULL; sandbox, insecure */
	struct words devices;
};

/* COPY and ADD; all texts unexpanded. A source that is a heredoc stands in `heredocs` instead. */
struct copy_instruction {
	struct words sources;
	struct heredocs heredocs;
	const char *destination;
	const char *from; /* COPY --from, as written; NULL where it names nothing */
	const char *chown, *chmod;
	const char *checksum; /* ADD */
	struct words excludes;
	bool link, parents;
	bool keep_git_dir, has_keep_git_dir;
	bool unpack, has_unpack; /* ADD --unpack */
};

struct healthcheck_instruction {
	bool is_none;
	struct command_line command;
	int64_t interval, timeout, start_period, start_interval; /* nanoseconds, 0 = unset */
	int64_t retries;
};

struct onbuild_instruction {
	const char *trigger;	    /* the text that is stored, heredoc bodies included */
	enum instruction_kind kind; /* 0 = unknown; it fails when somebody builds on it */
};

/* Where a part of a logical line came from: the lines that its continuations join. */
struct line_segment {
	size_t offset; /* in the logical line */
	size_t start;  /* in the text */
	uint32_t line, column;
};

struct instruction {
	enum instruction_kind kind;
	struct position at;
	const char *name;     /* the word as written ("copy") */
	const char *original; /* the logical line, continuation resolved, trimmed */
	/* Of `original`; none for a trigger, all of which is at `at`. */
	const struct line_segment *segments;
	size_t n_segments;
	struct words flags; /* as written, "--from=x" */
	bool had_empty_continuation;
	uint32_t last_own_line; /* at.last_line without the bodies of heredocs */
	const char *comment;	/* lines right above, or NULL */
	union {
		struct from_instruction from;
		struct run_instruction run;
		struct copy_instruction copy; /* ADD too */
		struct key_values pairs;      /* ENV, LABEL, ARG */
		struct words words;	      /* EXPOSE, VOLUME */
		const char *text;	      /* USER, WORKDIR, STOPSIGNAL, MAINTAINER */
		struct command_line command;  /* CMD, ENTRYPOINT, SHELL */
		struct healthcheck_instruction healthcheck;
		struct onbuild_instruction onbuild;
	};
};

struct stage {
	struct instruction from; /* kind INSTRUCTION_FROM */
	struct instruction *instructions;
	size_t n_instructions;
	uint32_t index;
};

struct parser_warning {
	struct position at;
	const char *text;
};

struct dockerfile {
	struct arena arena;
	char escape;
	const char *syntax;		 /* value of "# syntax=", or NULL */
	const char *check;		 /* value of "# check=", or NULL */
	struct position check_at;	 /* of the value */
	struct instruction *global_args; /* ARGs before the first FROM */
	size_t n_global_args;
	struct stage *stages;
	size_t n_stages;
	struct parser_warning *warnings; /* flags that BuildKit drops silently, and their like */
	size_t n_warnings;
};

/*
 * Parses. The text need not be UTF-8 nor NUL-terminated and is not kept. Errors carry the position;
 * ERROR_SYNTAX, or ERROR_UNSUPPORTED for what is understood but not there.
 */
int dockerfile_parse(const char *text, size_t len, struct dockerfile **ret_dockerfile,
		     struct error *err) must_check;
/*
 * The same with a frontend that takes the place of the file's "# syntax=" (the build argument
 * BUILDKIT_SYNTAX); NULL = none. Anything but this language itself is ERROR_UNSUPPORTED.
 */
int dockerfile_parse_as(const char *text, size_t len, const char *syntax,
			struct dockerfile **ret_dockerfile, struct error *err) must_check;
/*
 * The same, going on after an error as long as what follows can be understood without it: *errors
 * then holds them all, in the order of the file, and *err the first. NULL = the first is enough.
 */
int dockerfile_parse_all(const char *text, size_t len, const char *syntax,
			 struct error_list *errors, struct dockerfile **ret_dockerfile,
			 struct error *err) must_check;
void dockerfile_free(struct dockerfile *dockerfile);
DEFINE_CLEANUP(struct dockerfile *, dockerfile_free);

/*
 * One ONBUILD trigger, parsed anew with default directives. Memory comes from `arena`. Exactly one
 * instruction, none of FROM, MAINTAINER, ONBUILD. Positions are those of `at`.
 */
int dockerfile_parse_trigger(const char *trigger, struct position at, struct arena *arena,
			     struct instruction *ret_instruction, struct error *err) must_check;

/* The body as it is used: leading tabs chomped for <<-. Allocated in arena. */
const char *heredoc_text(const struct heredoc *heredoc, struct arena *arena);

/* The AST as JSON, for `cbuild parse` and the test data. The caller's. */
json_t *dockerfile_dump(const struct dockerfile *dockerfile);

/*
 * Appends the lines around `at` with their numbers, ">>>" before the failing ones and, where there
 * is a column, a caret below it; the form that docker prints.
 */
void dockerfile_excerpt(const char *text, size_t len, const char *file_name, struct position at,
			struct buf *buf);

/*
 * Where a part of the instruction stands: the text of a word, flag or value as it was read. The
 * instruction's own place where it is not found as it stands (it was in quotes, say).
 */
struct position instruction_find(const struct instruction *instruction, const char *part);

/*
 * The same for words that are asked for in the order in which they stand: together they cost one
 * look through the instruction.
 */
struct word_finder {
	const struct instruction *instruction;
	size_t offset;	   /* in `original`; what lies before it was found */
	unsigned n_misses; /* after some of them nothing is looked for any more */
};

struct position word_finder_next(struct word_finder *finder, const char *part);

/* "COPY"; upper case. */
const char *instruction_name(enum instruction_kind kind);

#endif
