/* SPDX-License-Identifier: Apache-2.0 */
#include "id_map.h"

#include "base/fs.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { ACCOUNTS_SIZE_MAX = 10 * 1024 * 1024 };

struct id_map id_map_single(uint32_t id)
{
	return (struct id_map){ .ranges = { { 0, id, 1 } }, .n = 1 };
}

static void add_range(struct id_map *map, uint32_t inside, uint32_t outside, uint32_t count)
{
	if (map->n < ID_RANGES_MAX && count)
		map->ranges[map->n++] = (struct id_range){ inside, outside, count };
}

static uint32_t first_free(const struct id_map *map)
{
	uint32_t next = 0;

	for (size_t i = 0; i < map->n; i++)
		if (map->ranges[i].inside + map->ranges[i].count > next)
			next = map->ranges[i].inside + map->ranges[i].count;
	return next;
}

/* The number up to `end`; false where it is none. */
static bool read_number(const char **text, char end, uint32_t *ret_number)
{
	uint64_t number = 0;
	const char *c = *text;

	for (; text_is_digit(*c) && number <= UINT32_MAX; c++)
		number = number * 10 + (uint64_t)(*c - '0');
	if (c == *text || number > UINT32_MAX || (*c != end && !(end == '\n' && !*c)))
		return false;
	*text = *c ? c + 1 : c;
	*ret_number = (uint32_t)number;
	return true;
}

static bool is_of_user(const char *line, size_t len, const char *name, const char *number)
{
	return (*name && strlen(name) == len && memcmp(line, name, len) == 0) ||
	       (strlen(number) == len && memcmp(line, number, len) == 0);
}

/* A file without NSS, which a static program had better not load. */
static bool read_accounts(const char *file, struct buf *text)
{
	struct error ignored;

	return fs_read_whole(AT_FDCWD, file, ACCOUNTS_SIZE_MAX, file, text, &ignored) > 0 &&
	       text->len;
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : NULL;
}

/* The same range is often there twice, by name and by number: the kernel refuses such a map. */
static bool overlaps(const struct id_map *map, uint32_t first, uint32_t count)
{
	for (size_t i = 0; i < map->n; i++) {
		const struct id_range *range = &map->ranges[i];
		if (first < (uint64_t)range->outside + range->count &&
		    range->outside < (uint64_t)first + count)
			return true;
	}
	return false;
}

uint64_t id_map_add_sub_ids(struct id_map *map, const char *file, const char *name, uid_t uid)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	char number[16];
	uint64_t n = 0;

	(void)snprintf(number, sizeof(number), "%u", (unsigned)uid);
	if (!read_accounts(file, &text))
		return 0;
	for (const char *line = text.data; line && *line; line = next_line(line)) {
		size_t len = strcspn(line, ":\n");
		const char *rest = line + len + 1;
		uint32_t first, count;
		if (line[len] != ':' || !is_of_user(line, len, name, number) ||
		    !read_number(&rest, ':', &first) || !read_number(&rest, '\n', &count))
			continue;
		uint32_t inside = first_free(map);
		if (count > UINT32_MAX - inside || overlaps(map, first, count))
			continue;
		add_range(map, inside, first, count);
		n += count;
	}
	return n;
}

struct id_map id_map_own(const char *file)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct id_map map = { .n = 0 };

	if (!read_accounts(file, &text))
		return map;
	for (const char *line = text.data; line && *line; line = next_line(line)) {
		unsigned inside, outside, count;
		if (sscanf(line, "%u %u %u", &inside, &outside, &count) == 3)
			add_range(&map, inside, inside, count);
	}
	return map;
}

void id_map_format(const struct id_map *map, struct buf *text)
{
	for (size_t i = 0; i < map->n; i++)
		buf_printf(text, "%s%u %u %u", i ? ", " : "", map->ranges[i].inside,
			   map->ranges[i].outside, map->ranges[i].count);
}

void id_map_user_name(uid_t uid, char *ret_name, size_t size)
{
	cleanup(buf_release) struct buf text = BUF_INIT;

	*ret_name = '\0';
	if (!read_accounts("/etc/passwd", &text))
		return;
	for (const char *line = text.data; line && *line; line = next_line(line)) {
		char name[256];
		unsigned number;
		if (sscanf(line, "%255[^:\n]:%*[^:\n]:%u:", name, &number) != 2 || number != uid)
			continue;
		(void)snprintf(ret_name, size, "%s", name);
		return;
	}
}
