/* SPDX-License-Identifier: Apache-2.0 */
#include "mode.h"

#include <string.h>

enum { MODE_MAX = 07777, WHO_USER = 0700, WHO_GROUP = 0070, WHO_OTHER = 0007 };

static bool parse_octal(const char *text, uint32_t *ret_mode)
{
	uint32_t mode = 0;

	if (!*text)
		return false;
	for (const char *c = text; *c; c++) {
		if (*c < '0' || *c > '7')
			return false;
		mode = mode * 8 + (uint32_t)(*c - '0');
		if (mode > MODE_MAX)
			return false;
	}
	*ret_mode = mode;
	return true;
}

/* The classes that a clause speaks of, as a mask of the nine permission bits. */
static uint32_t parse_who(const char **c)
{
	uint32_t who = 0;

	for (;; (*c)++) {
		if (**c == 'u')
			who |= WHO_USER;
		else if (**c == 'g')
			who |= WHO_GROUP;
		else if (**c == 'o')
			who |= WHO_OTHER;
		else if (**c == 'a')
			who |= WHO_USER | WHO_GROUP | WHO_OTHER;
		else
			return who ? who : WHO_USER | WHO_GROUP | WHO_OTHER;
	}
}

static uint32_t spread(uint32_t three_bits)
{
	return three_bits << 6 | three_bits << 3 | three_bits;
}

/* "g=u": the bits that a class has now. */
static bool copied_bits(char class, uint32_t mode, uint32_t *ret_bits)
{
	switch (class) {
	case 'u':
		*ret_bits = spread(mode >> 6 & 7);
		return true;
	case 'g':
		*ret_bits = spread(mode >> 3 & 7);
		return true;
	case 'o':
		*ret_bits = spread(mode & 7);
		return true;
	default:
		return false;
	}
}

/* "X" asks what the file was like before any clause (as Go's mode package has it). */
static bool permission_bits(char permission, uint32_t who, uint32_t before, bool is_dir,
			    uint32_t *ret_bits)
{
	switch (permission) {
	case 'r':
		*ret_bits = who & spread(4);
		return true;
	case 'w':
		*ret_bits = who & spread(2);
		return true;
	case 'x':
		*ret_bits = who & spread(1);
		return true;
	case 'X':
		*ret_bits = is_dir || (before & spread(1)) ? who & spread(1) : 0;
		return true;
	case 's':
		*ret_bits = (who & WHO_USER ? 04000u : 0) | (who & WHO_GROUP ? 02000u : 0);
		return true;
	case 't':
		/* of the others alone there is none (as chmod of the BSDs has it) */
		*ret_bits = who == WHO_OTHER ? 0 : 01000u;
		return true;
	default:
		return false;
	}
}

/* "g=rx" takes the set-id bit away, "g=u" leaves it. */
static uint32_t apply_operator(char operator, uint32_t who, uint32_t bits, bool is_copy,
			       uint32_t mode)
{
	uint32_t set_ids = (who & WHO_USER ? 04000u : 0) | (who & WHO_GROUP ? 02000u : 0);
	uint32_t cleared = who | (is_copy ? 0 : set_ids);

	switch (operator) {
	case '+':
		return mode | bits;
	case '-':
		return mode & ~bits;
	default:
		return (mode & ~cleared) | bits;
	}
}

/* One "[who]op[perms]..." clause; false where it is none. */
static bool apply_clause(const char **c, bool is_dir, uint32_t before, uint32_t *mode)
{
	uint32_t who = parse_who(c);
	bool has_operator = false;

	while (**c == '+' || **c == '-' || **c == '=') {
		char operator= *(*c)++;
		uint32_t bits = 0, more;
		has_operator = true;
		bool is_copy = copied_bits(**c, *mode, &more);
		if (is_copy) {
			bits = more & who;
			(*c)++;
		} else {
			for (; permission_bits(**c, who, before, is_dir, &more); (*c)++)
				bits |= more;
		}
		*mode = apply_operator(operator, who, bits, is_copy, *mode);
	}
	return has_operator;
}

static bool apply_symbolic(const char *text, bool is_dir, uint32_t *mode)
{
	const char *c = text;
	uint32_t before = *mode;

	for (;;) {
		if (!apply_clause(&c, is_dir, before, mode))
			return false;
		if (!*c)
			return true;
		if (*c++ != ',')
			return false;
	}
}

int mode_change_parse(const char *text, struct mode_change *ret_change, struct error *err)
{
	uint32_t mode = 0, probe = 0;

	if (parse_octal(text, &mode)) {
		*ret_change = (struct mode_change){ .is_octal = true, .mode = mode };
		return 0;
	}
	if (!apply_symbolic(text, false, &probe))
		return error_set(err, ERROR_SYNTAX,
				 "invalid chmod parameter: '%s'. it should be octal string and "
				 "between 0 and 07777, or symbolic as in u=rwX,go=rX",
				 text);
	*ret_change = (struct mode_change){ .text = text };
	return 0;
}

uint32_t mode_change_apply(const struct mode_change *change, uint32_t mode, bool is_dir)
{
	uint32_t changed = mode;

	if (change->is_octal)
		return change->mode;
	(void)apply_symbolic(change->text, is_dir, &changed);
	return changed;
}
