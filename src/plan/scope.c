/* SPDX-License-Identifier: Apache-2.0 */
#include "scope.h"

#include "plan/plan.h"

#include <string.h>

static const char DEFAULT_PATH[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

void scope_release(struct scope *scope)
{
	name_table_release(&scope->vars);
	name_table_release(&scope->env);
	name_table_release(&scope->declared);
	vec_release(&scope->shadowed);
}

void scope_copy(struct scope *scope, const struct scope *from)
{
	*scope = *from;
	/* what lies behind the words is the original's to write to */
	scope->words_size = from->n_words;
	scope->vars = scope->env = scope->declared = (struct name_table)NAME_TABLE_INIT;
	name_table_copy(&scope->vars, &from->vars);
	name_table_copy(&scope->env, &from->env);
	name_table_copy(&scope->declared, &from->declared);
	scope->shadowed.items = NULL;
	scope->shadowed.len = scope->shadowed.size = 0;
	for (size_t i = 0; i < from->shadowed.len; i++)
		vec_push(&scope->shadowed, from->shadowed.items[i]);
}

static void set_var(struct scope *scope, struct arena *arena, const char *name, const char *value)
{
	const char *before = name_table_get(&scope->vars, name);

	if (before && strcmp(before, value) == 0)
		return;
	size_t place = name_table_set(&scope->vars, arena, name, value, NULL);
	if (place < scope->n_words) {
		scope->words = NULL;
		scope->n_words = scope->words_size = 0;
	}
	scope->has_digest = false;
}

void scope_set_image_env(struct scope *scope, struct arena *arena, const struct strv *env,
			 bool adds_path)
{
	name_table_add_all(&scope->env, arena, env);
	if (adds_path && !name_table_find(&scope->env, "PATH"))
		(void)name_table_set(&scope->env, arena, "PATH", DEFAULT_PATH, NULL);
	for (size_t i = 0; i < scope->env.entries.len; i++) {
		const struct name_entry *entry = &scope->env.entries.items[i];
		set_var(scope, arena, entry->name, entry->value ? entry->value : "");
	}
}

void scope_unshadow(struct scope *scope, struct arena *arena)
{
	for (size_t i = 0; i < scope->shadowed.len; i++) {
		const char *name = scope->shadowed.items[i];
		const char *value = name_table_get(&scope->env, name);
		set_var(scope, arena, name, value ? value : "");
	}
	scope->shadowed.len = 0;
}

void scope_forget_args(struct scope *scope, struct arena *arena)
{
	name_table_release(&scope->vars);
	name_table_release(&scope->declared);
	scope->vars = scope->declared = (struct name_table)NAME_TABLE_INIT;
	scope->shadowed.len = 0;
	scope->words = NULL;
	scope->n_words = scope->words_size = 0;
	scope->has_digest = false;
	for (size_t i = 0; i < scope->env.entries.len; i++) {
		const struct name_entry *entry = &scope->env.entries.items[i];
		set_var(scope, arena, entry->name, entry->value ? entry->value : "");
	}
}

void scope_set(struct scope *scope, struct arena *arena, const char *name, const char *value)
{
	const struct name_entry *env = name_table_find(&scope->env, name);

	set_var(scope, arena, name, value);
	if (env)
		vec_push(&scope->shadowed, env->name);
}

void scope_set_env(struct scope *scope, struct arena *arena, const char *name, const char *value)
{
	set_var(scope, arena, name, value);
	(void)name_table_set(&scope->env, arena, name, value, NULL);
}

void scope_declare(struct scope *scope, struct arena *arena, const char *name, const char *value)
{
	(void)name_table_set(&scope->declared, arena, name, value, NULL);
}

struct words scope_words(struct scope *scope, struct arena *arena)
{
	size_t n = scope->vars.entries.len;

	if (n > scope->words_size) {
		const char **words = arena_array(arena, 2 * n, sizeof(*words));
		if (scope->n_words)
			memcpy(words, scope->words, scope->n_words * sizeof(*words));
		scope->words = words;
		scope->words_size = 2 * n;
	}
	for (; scope->n_words < n; scope->n_words++)
		scope->words[scope->n_words] = scope->vars.entries.items[scope->n_words].text;
	return (struct words){ .items = scope->words, .len = n };
}

const struct digest *scope_digest(struct scope *scope, struct arena *arena)
{
	if (scope->has_digest)
		return &scope->digest;
	cleanup(hasher_release) struct hasher hasher = HASHER_INIT;
	struct words words = scope_words(scope, arena);
	hasher_start(&hasher);
	for (size_t i = 0; i < words.len; i++)
		hasher_add(&hasher, words.items[i], strlen(words.items[i]) + 1);
	scope->digest = hasher_finish(&hasher);
	scope->has_digest = true;
	return &scope->digest;
}

const char *table_lookup(void *table, const char *name)
{
	return name_table_get(table, name);
}

int table_expand(const struct name_table *vars, struct arena *arena, char escape, const char *word,
		 const char **ret_text, struct error *err)
{
	cleanup(buf_release) struct buf text = BUF_INIT;
	struct name_table view = *vars; /* the look-up's context is not const */
	struct expand_scope scope = { .lookup = table_lookup, .context = &view, .escape = escape };

	if (expand_word(&scope, word, &text, err) < 0)
		return -1;
	*ret_text = arena_strndup(arena, text.data, text.len);
	return 0;
}

int plan_fail(const struct plan_options *options, struct error *err)
{
	if (!options->errors || err->code == ERROR_NONE)
		return options->errors ? error_list_end(options->errors, err) : -1;
	(void)error_list_add(options->errors, err);
	return error_list_end(options->errors, err);
}
