/* SPDX-License-Identifier: Apache-2.0 */
#include "user.h"

#include "base/alloc.h"
#include "base/strv.h"
#include "base/text.h"

#include <string.h>

enum {
	ACCOUNT_LINE_MAX = 64 * 1024, /* a longer line is no account */
	PASSWD_FIELDS = 7,
	GROUP_FIELDS = 4,
	NAME_SHOWN_MAX = 256,
	SUGGESTIONS_MAX = 10000
};

/* (uid_t)-1 means "no change" to the kernel, so it is nobody's number. */
static const uint64_t ID_MAX = UINT32_MAX - 1;

/* A piece of somebody else's text; it may hold NULs, which then match nothing. */
struct piece {
	const char *text;
	size_t len;
};

struct account {
	struct piece name, home;
	uint32_t uid, gid;
};

enum id_kind { ID_NAME, ID_NUMBER, ID_TOO_LARGE };

/* All digits means a number, whatever names there are; signs, blanks and 0x make it a name. */
static enum id_kind read_id(struct piece piece, uint32_t *ret_id)
{
	uint64_t number = 0;

	if (!piece.len)
		return ID_NAME;
	for (size_t i = 0; i < piece.len; i++) {
		if (piece.text[i] < '0' || piece.text[i] > '9')
			return ID_NAME;
		if (number <= ID_MAX)
			number = number * 10 + (uint64_t)(piece.text[i] - '0');
	}
	if (number > ID_MAX)
		return ID_TOO_LARGE;
	*ret_id = (uint32_t)number;
	return ID_NUMBER;
}

/* BuildKit reads the numbers of --chown by itself, and takes "+5" for 5. */
static struct piece without_plus(struct piece piece)
{
	uint32_t id = 0;

	if (piece.len < 2 || piece.text[0] != '+')
		return piece;
	struct piece number = { piece.text + 1, piece.len - 1 };
	return read_id(number, &id) == ID_NAME ? piece : number;
}

static bool piece_equal(struct piece a, struct piece b)
{
	return a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
}

static bool piece_is(struct piece piece, const char *text)
{
	return piece_equal(piece, (struct piece){ text, strlen(text) });
}

/* Cuts off what stands before the separator; false when nothing is left. */
static bool next_piece(struct piece *rest, char separator, struct piece *ret_piece)
{
	if (!rest->text)
		return false;
	const char *end = memchr(rest->text, separator, rest->len);
	size_t len = end ? (size_t)(end - rest->text) : rest->len;
	*ret_piece = (struct piece){ rest->text, len };
	rest->text = end ? end + 1 : NULL;
	rest->len -= end ? len + 1 : len;
	return true;
}

static struct piece piece_trim(struct piece piece)
{
	while (piece.len && text_is_space(piece.text[0]))
		piece = (struct piece){ piece.text + 1, piece.len - 1 };
	while (piece.len && text_is_space(piece.text[piece.len - 1]))
		piece.len--;
	return piece;
}

/* The fields of the next line that has at least `wanted` of them; blanks around it do not count. */
static bool next_line(struct piece *rest, size_t wanted, struct piece *fields, size_t n_fields)
{
	struct piece line;

	while (next_piece(rest, '\n', &line)) {
		size_t n = 0;
		if (line.len > ACCOUNT_LINE_MAX)
			continue;
		line = piece_trim(line);
		while (n < n_fields && next_piece(&line, ':', &fields[n]))
			n++;
		for (size_t i = n; i < n_fields; i++)
			fields[i] = (struct piece){ "", 0 };
		if (n >= wanted)
			return true;
	}
	return false;
}

/*
 * Lines whose numbers are not numbers are no accounts (others read them as 0, which is root). A
 * group that is not there is root's, as everywhere else.
 */
static bool next_account(struct piece *rest, struct account *ret_account)
{
	struct piece fields[PASSWD_FIELDS];

	while (next_line(rest, 3, fields, PASSWD_FIELDS)) {
		struct account account = { .name = fields[0], .home = fields[5] };
		if (read_id(fields[2], &account.uid) != ID_NUMBER ||
		    (fields[3].len && read_id(fields[3], &account.gid) != ID_NUMBER))
			continue;
		*ret_account = account;
		return true;
	}
	return false;
}

static bool find_uid(const struct buf *passwd, uint32_t uid, struct account *ret_account)
{
	struct piece rest = { passwd->data, passwd->len };

	while (next_account(&rest, ret_account))
		if (ret_account->uid == uid)
			return true;
	return false;
}

static bool find_name(const struct buf *passwd, struct piece name, struct account *ret_account)
{
	struct piece rest = { passwd->data, passwd->len };

	while (next_account(&rest, ret_account))
		if (piece_equal(ret_account->name, name))
			return true;
	return false;
}

static bool find_group(const struct buf *group, struct piece name, uint32_t *ret_gid)
{
	struct piece rest = { group->data, group->len }, fields[GROUP_FIELDS];

	while (next_line(&rest, 3, fields, GROUP_FIELDS))
		if (piece_equal(fields[0], name) && read_id(fields[2], ret_gid) == ID_NUMBER)
			return true;
	return false;
}

/* The file as text; one that is not there reads as empty. */
static int read_accounts(user_read_file *read_file, void *context, const char *root_path,
			 struct buf *ret_text, struct error *err)
{
	if (read_file(context, root_path, ret_text, err) < 0)
		return -1;
	if (ret_text->len > PASSWD_SIZE_MAX)
		return error_set(err, ERROR_CORRUPT, "'/%s' of the image is larger than %d bytes",
				 root_path, (int)PASSWD_SIZE_MAX);
	return 0;
}

static int refuse_large(struct piece piece, struct error *err)
{
	return error_set(err, ERROR_USAGE, "'%.*s' is larger than any user or group number",
			 (int)(piece.len < 64 ? piece.len : 64), piece.text);
}

/* The names of the accounts, or of the groups, for a suggestion. */
static void read_names(const struct buf *accounts, size_t n_fields, struct strv *names)
{
	struct piece rest = { accounts->data, accounts->len }, fields[PASSWD_FIELDS];

	while (names->len < SUGGESTIONS_MAX && next_line(&rest, n_fields, fields, n_fields))
		if (fields[0].len && fields[0].len < NAME_SHOWN_MAX &&
		    !text_is_digit(*fields[0].text))
			strv_printf(names, "%.*s", (int)fields[0].len, fields[0].text);
}

static int refuse_unknown(const char *what, struct piece name, const char *root_path,
			  const struct buf *accounts, struct error *err)
{
	cleanup(strv_release) struct strv names = STRV_INIT;
	autofree char *word =
		xstrndup(name.text, name.len < NAME_SHOWN_MAX ? name.len : NAME_SHOWN_MAX);

	read_names(accounts, 3, &names);
	const char *near = text_nearest(word, (const char *const *)names.items, names.len);
	return error_set(err, ERROR_NOT_FOUND, "%s '%s' is not in '/%s' of the image%s%s%s", what,
			 word, root_path, near ? " (did you mean " : "", near ? near : "",
			 near ? "?)" : "");
}

static void split_owner(const char *text, struct piece *ret_user, struct piece *ret_group)
{
	const char *colon = strchr(text, ':');

	*ret_user = (struct piece){ text, colon ? (size_t)(colon - text) : strlen(text) };
	*ret_group = (struct piece){ "", 0 };
	if (colon)
		*ret_group = (struct piece){ colon + 1, strlen(colon + 1) };
}

void user_release(struct user *user)
{
	free(user->groups);
	free(user->home);
	*user = (struct user){ 0 };
}

static void add_group(struct user *user, uint32_t gid)
{
	size_t n = user->n_groups;

	if ((n & (n - 1)) == 0) /* full: room is for a power of two */
		user->groups = xrealloc(user->groups, n ? 2 * n : 1, sizeof(*user->groups));
	user->groups[user->n_groups++] = gid;
}

static bool has_member(struct piece members, struct piece name)
{
	struct piece member;

	while (next_piece(&members, ',', &member))
		if (piece_equal(member, name))
			return true;
	return false;
}

static int add_groups_of(struct user *user, const struct buf *group, struct piece name,
			 struct error *err)
{
	struct piece rest = { group->data, group->len }, fields[GROUP_FIELDS];
	uint32_t gid;

	while (next_line(&rest, GROUP_FIELDS, fields, GROUP_FIELDS)) {
		if (!name.len || !has_member(fields[3], name) ||
		    read_id(fields[2], &gid) != ID_NUMBER || gid == user->gid)
			continue;
		if (user->n_groups == GROUPS_MAX)
			return error_set(err, ERROR_USAGE, "user '%.*s' is in more than %d groups",
					 (int)(name.len < 256 ? name.len : 256), name.text,
					 (int)GROUPS_MAX);
		add_group(user, gid);
	}
	return 0;
}

/* "root" counts as a number in a pair, so that a pair never needs the files (BuildKit's rule). */
static enum id_kind read_pair_id(struct piece piece, uint32_t *ret_id)
{
	if (piece_is(piece, "root")) {
		*ret_id = 0;
		return ID_NUMBER;
	}
	return read_id(piece, ret_id);
}

/* The account that the first half names; *ret_account.name is empty where a number has none. */
static int resolve_account(struct piece name, const struct buf *passwd, struct account *ret_account,
			   struct error *err)
{
	struct account account = { .name = { "", 0 }, .home = { "", 0 } };
	uint32_t uid = 0;
	enum id_kind kind = name.len ? read_id(name, &uid) : ID_NUMBER;

	if (kind == ID_TOO_LARGE)
		return refuse_large(name, err);
	if (kind == ID_NUMBER && !find_uid(passwd, uid, &account))
		account = (struct account){ .name = { "", 0 }, .home = { "", 0 }, .uid = uid };
	if (kind == ID_NAME && !find_name(passwd, name, &account))
		return refuse_unknown("user", name, "etc/passwd", passwd, err);
	*ret_account = account;
	return 0;
}

static int resolve_group(struct piece name, user_read_file *read_file, void *context,
			 uint32_t *ret_gid, struct error *err)
{
	cleanup(buf_release) struct buf group = BUF_INIT;
	enum id_kind kind = read_id(name, ret_gid);

	if (kind == ID_TOO_LARGE)
		return refuse_large(name, err);
	if (kind == ID_NUMBER)
		return 0;
	if (read_accounts(read_file, context, "etc/group", &group, err) < 0)
		return -1;
	if (!find_group(&group, name, ret_gid))
		return refuse_unknown("group", name, "etc/group", &group, err);
	return 0;
}

/* The runtime sets HOME by number: of several names of one uid the first in the file, empty if its
 * home is; "/" is for a number without an account. */
static char *home_of(const struct buf *passwd, uint32_t uid)
{
	struct account account = { 0 };

	if (!find_uid(passwd, uid, &account) || memchr(account.home.text, '\0', account.home.len))
		return xstrdup("/");
	return xstrndup(account.home.text, account.home.len);
}

static int resolve_named(struct piece name, struct piece group_name, const struct buf *passwd,
			 user_read_file *read_file, void *context, struct user *user,
			 struct error *err)
{
	cleanup(buf_release) struct buf group = BUF_INIT;
	struct account account = { 0 };

	if (resolve_account(name, passwd, &account, err) < 0)
		return -1;
	user->uid = account.uid;
	user->gid = account.gid;
	if (group_name.len) {
		if (resolve_group(group_name, read_file, context, &user->gid, err) < 0)
			return -1;
		add_group(user, user->gid);
		return 0;
	}
	add_group(user, user->gid);
	if (read_accounts(read_file, context, "etc/group", &group, err) < 0)
		return -1;
	return add_groups_of(user, &group, account.name, err);
}

int user_resolve(const char *text, user_read_file *read_file, void *context, struct user *ret_user,
		 struct error *err)
{
	cleanup(user_release) struct user user = { 0 };
	cleanup(buf_release) struct buf passwd = BUF_INIT;
	struct piece name, group_name;

	split_owner(text, &name, &group_name);
	if (read_accounts(read_file, context, "etc/passwd", &passwd, err) < 0)
		return -1;
	if (read_pair_id(name, &user.uid) == ID_NUMBER &&
	    read_pair_id(group_name, &user.gid) == ID_NUMBER)
		add_group(&user, user.gid);
	else if (resolve_named(name, group_name, &passwd, read_file, context, &user, err) < 0)
		return -1;
	user.home = home_of(&passwd, user.uid);
	*ret_user = user;
	user = (struct user){ 0 };
	return 0;
}

/* The user's half of an owner; *ret_gid is the group that goes with it where none is named. */
static int resolve_owner_user(struct piece name, user_read_file *read_file, void *context,
			      uint32_t *ret_uid, uint32_t *ret_gid, bool *ret_is_unknown,
			      struct error *err)
{
	cleanup(buf_release) struct buf passwd = BUF_INIT;
	struct account account = { 0 };
	enum id_kind kind = read_id(name, ret_uid);

	*ret_gid = *ret_uid;
	if (kind == ID_TOO_LARGE)
		return refuse_large(name, err);
	if (kind == ID_NUMBER)
		return 0;
	if (read_accounts(read_file, context, "etc/passwd", &passwd, err) < 0)
		return -1;
	bool is_known = name.len == 0 || find_name(&passwd, name, &account);
	*ret_uid = is_known ? account.uid : 0;
	*ret_gid = is_known ? account.gid : 0;
	*ret_is_unknown = *ret_is_unknown || (!is_known && !piece_is(name, "root"));
	return 0;
}

int owner_resolve(const char *text, user_read_file *read_file, void *context, uint32_t *ret_uid,
		  uint32_t *ret_gid, bool *ret_is_unknown, struct error *err)
{
	struct piece name, group_name;
	uint32_t uid = 0, gid = 0;
	bool is_unknown = false;

	split_owner(text, &name, &group_name);
	name = without_plus(name);
	group_name = without_plus(group_name);
	if (resolve_owner_user(name, read_file, context, &uid, &gid, &is_unknown, err) < 0)
		return -1;
	if (group_name.len && resolve_group(group_name, read_file, context, &gid, err) < 0) {
		if (err->code != ERROR_NOT_FOUND)
			return -1;
		/* "root" needs no group file; for another name that is not there the user's own
		 * group stands (BuildKit says nothing then) */
		if (piece_is(group_name, "root"))
			gid = 0;
		else
			is_unknown = true;
	}
	/* a colon with nothing behind it is group 0, whatever the user's own */
	if (!group_name.len && strchr(text, ':'))
		gid = 0;
	*ret_uid = uid;
	*ret_gid = gid;
	*ret_is_unknown = is_unknown;
	return 0;
}
