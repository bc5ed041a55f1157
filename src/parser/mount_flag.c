/* SPDX-License-Identifier: Apache-2.0 */
#include "mount_flag.h"

#include "quote.h"
#include "words.h"

#include "base/text.h"

#include <string.h>

struct mount_parse {
	struct mount_flag *mount;
	struct arena *arena;
	const char *field; /* "key=value" as it stands */
	const char *key;   /* lower case */
	const char *value; /* expanded; NULL = the key alone */
	bool has_access, has_sharing;
};

static const char *const type_names[] = { [MOUNT_BIND] = "bind",
					  [MOUNT_CACHE] = "cache",
					  [MOUNT_TMPFS] = "tmpfs",
					  [MOUNT_SECRET] = "secret",
					  [MOUNT_SSH] = "ssh" };

static int invalid_value(const struct mount_parse *p, struct error *err)
{
	return error_set(err, ERROR_SYNTAX, "invalid value for %s: %s", p->key,
			 unquoted(p->value).text);
}

static int unexpected_for_type(const struct mount_parse *p, struct error *err)
{
	return error_set(err, ERROR_SYNTAX, "unexpected key '%s' for mount type '%s'", p->key,
			 type_names[p->mount->type]);
}

static int set_type(struct mount_parse *p, struct error *err)
{
	char *lower = arena_strdup(p->arena, p->value);

	text_make_lower(lower);
	for (size_t i = MOUNT_BIND; i < countof(type_names); i++) {
		if (strcmp(lower, type_names[i]) == 0) {
			p->mount->type = (enum mount_type)i;
			return 0;
		}
	}
	return error_set(
		err, ERROR_SYNTAX, "unsupported mount type %s%s", quote(p->value).text,
		suggestion(p->value, type_names + MOUNT_BIND, countof(type_names) - MOUNT_BIND)
			.text);
}

static int set_sharing(struct mount_parse *p, struct error *err)
{
	static const char *const names[] = { [SHARING_SHARED] = "shared",
					     [SHARING_PRIVATE] = "private",
					     [SHARING_LOCKED] = "locked" };
	char *lower = arena_strdup(p->arena, p->value);

	text_make_lower(lower);
	for (size_t i = 0; i < countof(names); i++) {
		if (strcmp(lower, names[i]) == 0) {
			p->mount->sharing = (enum mount_sharing)i;
			p->has_sharing = true;
			return 0;
		}
	}
	return error_set(err, ERROR_SYNTAX, "unsupported sharing value %s%s", quote(p->value).text,
			 suggestion(p->value, names, countof(names)).text);
}

static int set_from(struct mount_parse *p, struct error *err)
{
	(void)err;
	p->mount->from = p->value;
	return 0;
}

static int set_source(struct mount_parse *p, struct error *err)
{
	(void)err;
	p->mount->source = p->value;
	return 0;
}

static int set_target(struct mount_parse *p, struct error *err)
{
	(void)err;
	p->mount->target = p->value;
	return 0;
}

static int set_id(struct mount_parse *p, struct error *err)
{
	(void)err;
	p->mount->id = p->value;
	return 0;
}

static int set_env(struct mount_parse *p, struct error *err)
{
	if (!*p->value)
		return error_set(err, ERROR_SYNTAX, "env needs the name of a variable");
	p->mount->env = p->value;
	return 0;
}

/* A switch: the key alone, or with a bool. */
static int read_switch(const struct mount_parse *p, bool *ret_on, struct error *err)
{
	if (!p->value)
		*ret_on = true;
	else if (text_parse_bool(p->value, ret_on, err) < 0)
		return invalid_value(p, err);
	return 0;
}

static int set_readonly(struct mount_parse *p, struct error *err)
{
	p->has_access = true;
	return read_switch(p, &p->mount->is_readonly, err);
}

static int set_readwrite(struct mount_parse *p, struct error *err)
{
	bool is_writable = false;

	if (read_switch(p, &is_writable, err) < 0)
		return -1;
	p->has_access = true;
	p->mount->is_readonly = !is_writable;
	return 0;
}

static int set_required(struct mount_parse *p, struct error *err)
{
	/* so the type has to stand in front of it */
	if (p->mount->type != MOUNT_SECRET && p->mount->type != MOUNT_SSH)
		return unexpected_for_type(p, err);
	return read_switch(p, &p->mount->is_required, err);
}

static int set_size(struct mount_parse *p, struct error *err)
{
	if (p->mount->type != MOUNT_TMPFS)
		return unexpected_for_type(p, err);
	if (text_parse_size(p->value, &p->mount->size, err) < 0)
		return invalid_value(p, err);
	return 0;
}

static int invalid_number(const struct mount_parse *p, struct error *err)
{
	return error_set(err, ERROR_SYNTAX, "invalid value %s for %s", unquoted(p->value).text,
			 p->key);
}

static int set_mode(struct mount_parse *p, struct error *err)
{
	uint64_t mode = 0;

	for (const char *c = p->value; *c; c++) {
		if (*c < '0' || *c > '7' || mode > UINT32_MAX >> 3)
			return invalid_number(p, err);
		mode = mode << 3 | (uint64_t)(*c - '0');
	}
	if (!*p->value)
		return invalid_number(p, err);
	p->mount->has_mode = true;
	p->mount->mode = (uint32_t)mode;
	return 0;
}

static int set_uid(struct mount_parse *p, struct error *err)
{
	uint64_t uid;

	if (text_parse_unsigned(p->value, UINT32_MAX, &uid, err) < 0)
		return invalid_number(p, err);
	p->mount->has_uid = true;
	p->mount->uid = (uint32_t)uid;
	return 0;
}

static int set_gid(struct mount_parse *p, struct error *err)
{
	uint64_t gid;

	if (text_parse_unsigned(p->value, UINT32_MAX, &gid, err) < 0)
		return invalid_number(p, err);
	p->mount->has_gid = true;
	p->mount->gid = (uint32_t)gid;
	return 0;
}

static const struct mount_key {
	const char *name;
	bool stands_alone; /* may come without a value */
	int (*set)(struct mount_parse *p, struct error *err);
} keys[] = {
	{ "type", false, set_type },
	{ "from", false, set_from },
	{ "source", false, set_source },
	{ "target", false, set_target },
	{ "readonly", true, set_readonly },
	{ "id", false, set_id },
	{ "sharing", false, set_sharing },
	{ "required", true, set_required },
	{ "mode", false, set_mode },
	{ "uid", false, set_uid },
	{ "gid", false, set_gid },
	{ "src", false, set_source },
	{ "dst", false, set_target },
	{ "destination", false, set_target },
	{ "ro", true, set_readonly },
	{ "rw", true, set_readwrite },
	{ "readwrite", true, set_readwrite },
	{ "size", false, set_size },
	{ "env", false, set_env },
};

static int unexpected_key(const struct mount_parse *p, struct error *err)
{
	const char *names[countof(keys)];

	for (size_t i = 0; i < countof(keys); i++)
		names[i] = keys[i].name;
	return error_set(err, ERROR_SYNTAX, "unexpected key '%s' in '%s'%s", unquoted(p->key).text,
			 unquoted(p->field).text, suggestion(p->key, names, countof(names)).text);
}

static int set_field(struct mount_parse *p, struct error *err)
{
	const struct mount_key *key = NULL;

	for (size_t i = 0; i < countof(keys) && !key; i++)
		if (strcmp(keys[i].name, p->key) == 0)
			key = &keys[i];
	if (!p->value && (!key || !key->stands_alone))
		return error_set(err, ERROR_SYNTAX, "invalid field '%s' must be a key=value pair",
				 unquoted(p->field).text);
	return key ? key->set(p, err) : unexpected_key(p, err);
}

/* A "$" with anything behind it. */
static bool has_variable(const char *value)
{
	const char *dollar = strchr(value, '$');

	return dollar && dollar[1];
}

/* Cuts the field at "=". */
static void split_field(struct mount_parse *p, const char *field)
{
	const char *equals = strchr(field, '=');
	char *key =
		arena_strndup(p->arena, field, equals ? (size_t)(equals - field) : strlen(field));

	text_make_lower(key);
	p->field = field;
	p->key = key;
	p->value = equals ? equals + 1 : NULL;
}

static int check_secret(const struct mount_parse *p, struct error *err)
{
	const struct mount_flag *mount = p->mount;
	bool has_source = mount->source && *mount->source, has_id = mount->id && *mount->id;
	bool has_target = mount->target && *mount->target;

	if (mount->from && *mount->from)
		return error_set(err, ERROR_SYNTAX, "secret mount should not have a from");
	if (p->has_sharing)
		return error_set(err, ERROR_SYNTAX, "secret mount should not define sharing");
	if (!has_source && !has_target && !has_id)
		return error_set(err, ERROR_SYNTAX,
				 "invalid secret mount. one of source, target required");
	if (has_source && has_id)
		return error_set(err, ERROR_SYNTAX, "both source and id can't be set");
	return 0;
}

static int not_allowed(const struct mount_parse *p, const char *what, struct error *err)
{
	return error_set(err, ERROR_SYNTAX, "%s not allowed for \"%s\" type mounts", what,
			 type_names[p->mount->type]);
}

static int check_mount(struct mount_parse *p, struct error *err)
{
	struct mount_flag *mount = p->mount;
	enum mount_type type = mount->type;
	bool makes_file = type == MOUNT_SECRET || type == MOUNT_SSH || type == MOUNT_CACHE;

	if (!makes_file && mount->has_mode)
		return not_allowed(p, "mode", err);
	if (!makes_file && mount->has_uid)
		return not_allowed(p, "uid", err);
	if (!makes_file && mount->has_gid)
		return not_allowed(p, "gid", err);
	if (mount->env && type != MOUNT_SECRET)
		return not_allowed(p, "env", err);
	if (!p->has_access)
		mount->is_readonly = type != MOUNT_CACHE && type != MOUNT_TMPFS;
	if (type == MOUNT_SECRET && check_secret(p, err) < 0)
		return -1;
	if (p->has_sharing && type != MOUNT_CACHE)
		return error_set(err, ERROR_SYNTAX, "invalid cache sharing set for %s mount",
				 type_names[type]);
	if (type == MOUNT_SSH && mount->source && *mount->source)
		return error_set(err, ERROR_SYNTAX, "ssh does not support source");
	return 0;
}

static int read_field(struct mount_parse *p, mount_flag_expand *expand, void *context,
		      struct error *err)
{
	bool is_from = strcmp(p->key, "from") == 0;

	if (is_from && p->value && has_variable(p->value))
		return error_set(err, ERROR_SYNTAX,
				 "'from' doesn't support variable expansion, define alias stage "
				 "instead");
	if (!expand)
		return is_from && p->value ? set_from(p, err) : 0;
	if (p->value && !is_from && expand(context, p->value, &p->value, err) < 0)
		return -1;
	return set_field(p, err);
}

int mount_flag_parse(const char *value, mount_flag_expand *expand, void *context,
		     struct arena *arena, struct mount_flag *ret_mount, struct error *err)
{
	struct mount_flag mount = { .type = MOUNT_BIND };
	struct mount_parse p = { .mount = &mount, .arena = arena };
	struct words fields;

	if (words_split_csv(value, arena, &fields, err) < 0)
		return error_wrap(err, "failed to parse csv mounts");
	for (size_t i = 0; i < fields.len; i++) {
		split_field(&p, fields.items[i]);
		if (read_field(&p, expand, context, err) < 0)
			return -1;
	}
	if (expand && check_mount(&p, err) < 0)
		return -1;
	*ret_mount = mount;
	return 0;
}
