/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of the form "a|b|c", one row a line; "# " starts a comment line. In the cells "\n" is a
 * newline and "\xNN" a byte, where the reader of a table asks for it.
 */
#ifndef CBUILD_TESTS_TABLE_H
#define CBUILD_TESTS_TABLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_COLUMNS = 3 };

typedef void table_row(const char *const cells[TABLE_COLUMNS]);

/* Calls back for each row; missing cells are "". Returns how many rows there were. */
static inline size_t table_run(const char *path, table_row *row)
{
	char *line = NULL;
	size_t size = 0, n = 0;
	FILE *file = fopen(path, "re");

	if (!file)
		return 0;
	for (ssize_t len; (len = getline(&line, &size, file)) > 0;) {
		const char *cells[TABLE_COLUMNS] = { "", "", "" };
		if (strncmp(line, "# ", 2) == 0)
			continue;
		line[len - 1] = '\0';
		char *rest = line;
		for (size_t i = 0; i < TABLE_COLUMNS && rest; i++)
			cells[i] = strsep(&rest, "|");
		row(cells);
		n++;
	}
	free(line);
	(void)fclose(file);
	return n;
}

/* Owned by the caller. */
static inline char *table_unescape(const char *text)
{
	char *out = malloc(strlen(text) + 1), *to = out;

	while (out && *text) {
		if (text[0] == '\\' && text[1] == 'x' && text[2] && text[3]) {
			const char hex[3] = { text[2], text[3], '\0' };
			*to++ = (char)strtol(hex, NULL, 16);
			text += 4;
		} else if (text[0] == '\\' && text[1] == 'n') {
			*to++ = '\n';
			text += 2;
		} else {
			*to++ = *text++;
		}
	}
	if (out)
		*to = '\0';
	return out;
}

#endif
