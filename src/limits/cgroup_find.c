/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of the kernel to the path of a control group. */
#include "base/text.h"
#include "limits/cgroup.h"

#include <string.h>

enum {
	/* mountinfo: id, parent, device, root, mount point, options, ..., "-", type, source,
	   options */
	FIELD_ROOT = 3,
	FIELD_MOUNT_POINT = 4,
	FIELDS_MAX = 32
};

struct word {
	const char *text;
	size_t len;
};

struct mount_line {
	struct word root, mount_point, type, options;
};

/* Fields of one line; their number. */
static size_t split(const char *line, size_t len, struct word fields[FIELDS_MAX])
{
	size_t n = 0;

	for (size_t at = 0; at < len && n < FIELDS_MAX;) {
		size_t end = at;
		while (end < len && line[end] != ' ')
			end++;
		fields[n++] = (struct word){ line + at, end - at };
		at = end + 1;
	}
	return n;
}

static bool is_word(struct word word, const char *text)
{
	return strlen(text) == word.len && memcmp(word.text, text, word.len) == 0;
}

static bool read_mount(const char *line, size_t len, struct mount_line *ret_mount)
{
	struct word fields[FIELDS_MAX];
	size_t n = split(line, len, fields), dash = 0;

	for (size_t i = FIELD_MOUNT_POINT + 1; i < n && !dash; i++)
		if (is_word(fields[i], "-"))
			dash = i;
	if (!dash || dash + 3 >= n)
		return false;
	*ret_mount = (struct mount_line){ fields[FIELD_ROOT], fields[FIELD_MOUNT_POINT],
					  fields[dash + 1], fields[dash + 3] };
	return true;
}

/* In a list with commas. */
static bool has_item(struct word list, const char *item)
{
	for (size_t at = 0; at <= list.len;) {
		size_t end = at;
		while (end < list.len && list.text[end] != ',')
			end++;
		if (is_word((struct word){ list.text + at, end - at }, item))
			return true;
		at = end + 1;
	}
	return false;
}

/* The kernel writes blanks and their like as \ooo. */
static void add_unescaped(struct buf *buf, struct word word)
{
	for (size_t i = 0; i < word.len; i++) {
		const char *c = word.text + i;
		if (*c == '\\' && word.len - i > 3) {
			int byte = (c[1] - '0') * 64 + (c[2] - '0') * 8 + (c[3] - '0');
			buf_add_char(buf, (char)byte);
			i += 3;
		} else {
			buf_add_char(buf, *c);
		}
	}
}

/* Lines "number:controllers:path"; v2's has number 0 and no controllers. */
static bool find_own(const char *own, bool is_v2, const char *controller, struct word *ret_path)
{
	for (const char *line = own; *line;) {
		size_t len = strcspn(line, "\n");
		const char *colon = memchr(line, ':', len);
		size_t before = colon ? (size_t)(colon - line) + 1 : len;
		const char *second = memchr(line + before, ':', len - before);
		if (colon && second) {
			struct word list = { line + before, (size_t)(second - line) - before };
			bool is_it = is_v2 ? list.len == 0 : has_item(list, controller);
			if (is_it) {
				*ret_path = (struct word){ second + 1,
							   len - (size_t)(second + 1 - line) };
				return true;
			}
		}
		line += len;
		line += *line == '\n';
	}
	return false;
}

/* A group's path below what is mounted; false where the mount shows another part. */
static bool add_below(struct buf *buf, struct word path, struct word root)
{
	bool is_whole = is_word(root, "/");

	if (!is_whole && (path.len < root.len || memcmp(path.text, root.text, root.len) != 0 ||
			  (path.len > root.len && path.text[root.len] != '/')))
		return false;
	size_t skipped = is_whole ? 0 : root.len;
	if (path.len - skipped > 1)
		buf_add(buf, path.text + skipped, path.len - skipped);
	return true;
}

static bool make_path(const struct mount_line *mount, struct word own, const char *parent,
		      struct buf *path)
{
	buf_clear(path);
	add_unescaped(path, mount->mount_point);
	/* as it is seen from here */
	if (parent && *parent == '/' && text_has_prefix(parent, path->data) &&
	    (parent[path->len] == '/' || !parent[path->len])) {
		buf_clear(path);
		buf_add_text(path, parent);
		return true;
	}
	if (parent && *parent == '/')
		return add_below(path, (struct word){ parent, strlen(parent) }, mount->root);
	if (!add_below(path, own, mount->root))
		return false;
	if (parent)
		buf_printf(path, "/%s", parent);
	return true;
}

int cgroup_find(const char *mountinfo, const char *own, bool is_v2, const char *controller,
		const char *parent, struct buf *ret_path)
{
	cleanup(buf_release) struct buf path = BUF_INIT;
	struct word own_path;
	int found = 0;

	if (!find_own(own, is_v2, controller, &own_path))
		return 0;
	for (const char *line = mountinfo; *line;) {
		struct mount_line mount;
		size_t len = strcspn(line, "\n");
		bool is_it = read_mount(line, len, &mount) &&
			     is_word(mount.type, is_v2 ? "cgroup2" : "cgroup") &&
			     (is_v2 || has_item(mount.options, controller));
		if (is_it && make_path(&mount, own_path, parent, &path)) {
			buf_clear(ret_path);
			buf_add_text(ret_path, path.data);
			found = 1;
		}
		line += len;
		line += *line == '\n';
	}
	return found;
}
