/* SPDX-License-Identifier: Apache-2.0 */
#include "literal_set.h"

#include "base/alloc.h"

#include <string.h>

enum { ROOT = 0, NONE = UINT32_MAX };

/* A node is a prefix of some literal. */
struct node {
	uint32_t fail;	  /* the longest other prefix that this one ends with */
	uint32_t shorter; /* the nearest such prefix that is a whole literal, or NONE */
	uint32_t first;	  /* the first literal that ends here, or NONE */
	uint32_t parent;
	unsigned char byte;
};

struct edge {
	uint32_t from; /* NONE = free */
	uint32_t to;
	unsigned char byte;
};

struct literal_set {
	struct node *nodes;
	size_t n_nodes;
	struct edge *edges; /* open addressing */
	size_t n_slots;
	uint32_t *next; /* of literals that end at the same node */
	uint32_t from_root[256];
};

void literal_set_free(struct literal_set *set)
{
	if (!set)
		return;
	free(set->nodes);
	free(set->edges);
	free(set->next);
	free(set);
}

static struct edge *find_slot(const struct literal_set *set, uint32_t from, unsigned char byte)
{
	uint64_t hash = ((uint64_t)from << 8 | byte) * 0x9e3779b97f4a7c15u;
	size_t i = (size_t)(hash >> 32) & (set->n_slots - 1);

	while (set->edges[i].from != NONE &&
	       (set->edges[i].from != from || set->edges[i].byte != byte))
		i = (i + 1) & (set->n_slots - 1);
	return &set->edges[i];
}

static uint32_t follow(const struct literal_set *set, uint32_t from, unsigned char byte)
{
	if (from == ROOT)
		return set->from_root[byte];
	const struct edge *edge = find_slot(set, from, byte);
	return edge->from == NONE ? NONE : edge->to;
}

static void add_literal(struct literal_set *set, const char *literal, uint32_t number)
{
	uint32_t at = ROOT;

	for (; *literal; literal++) {
		unsigned char byte = (unsigned char)*literal;
		uint32_t to = follow(set, at, byte);
		if (to == NONE) {
			to = (uint32_t)set->n_nodes++;
			set->nodes[to] = (struct node){
				.shorter = NONE, .first = NONE, .parent = at, .byte = byte
			};
			if (at == ROOT)
				set->from_root[byte] = to;
			else
				*find_slot(set, at, byte) = (struct edge){ at, to, byte };
		}
		at = to;
	}
	if (at == ROOT)
		return;
	set->next[number] = set->nodes[at].first;
	set->nodes[at].first = number;
}

/* From a state over a byte, falling back to shorter prefixes until one has that edge. */
static uint32_t step(const struct literal_set *set, uint32_t at, unsigned char byte)
{
	for (;;) {
		uint32_t to = follow(set, at, byte);
		if (to != NONE)
			return to;
		if (at == ROOT)
			return ROOT;
		at = set->nodes[at].fail;
	}
}

static void link_node(struct literal_set *set, uint32_t number)
{
	struct node *node = &set->nodes[number];

	if (node->parent != ROOT)
		node->fail = step(set, set->nodes[node->parent].fail, node->byte);
	const struct node *fail = &set->nodes[node->fail];
	node->shorter = fail->first != NONE ? node->fail : fail->shorter;
}

/* A node's fail is shorter than itself, so nodes are linked by length. */
static void link_nodes(struct literal_set *set)
{
	autofree uint32_t *depth = xcalloc(set->n_nodes, sizeof(*depth));
	autofree uint32_t *order = xcalloc(set->n_nodes, sizeof(*order));
	uint32_t deepest = 0;

	/* A parent is made before its children. */
	for (size_t i = 1; i < set->n_nodes; i++) {
		depth[i] = depth[set->nodes[i].parent] + 1;
		deepest = depth[i] > deepest ? depth[i] : deepest;
	}
	autofree uint32_t *start = xcalloc((size_t)deepest + 2, sizeof(*start));
	for (size_t i = 0; i < set->n_nodes; i++)
		start[depth[i] + 1]++;
	for (size_t i = 1; i < (size_t)deepest + 2; i++)
		start[i] += start[i - 1];
	for (size_t i = 0; i < set->n_nodes; i++)
		order[start[depth[i]]++] = (uint32_t)i;
	for (size_t i = 1; i < set->n_nodes; i++)
		link_node(set, order[i]);
}

struct literal_set *literal_set_new(const char *const *literals, size_t n)
{
	struct literal_set *set = xcalloc(1, sizeof(*set));
	size_t n_bytes = 1;

	for (size_t i = 0; i < n; i++)
		n_bytes += strlen(literals[i]);
	set->nodes = xcalloc(n_bytes, sizeof(*set->nodes));
	set->nodes[ROOT] = (struct node){ .shorter = NONE, .first = NONE };
	set->n_nodes = 1;
	set->next = xcalloc(n + 1, sizeof(*set->next));
	for (set->n_slots = 16; set->n_slots < 2 * n_bytes; set->n_slots *= 2)
		;
	set->edges = xcalloc(set->n_slots, sizeof(*set->edges));
	for (size_t i = 0; i < set->n_slots; i++)
		set->edges[i].from = NONE;
	memset(set->from_root, 0xff, sizeof(set->from_root));
	for (size_t i = 0; i < n; i++)
		add_literal(set, literals[i], (uint32_t)i);
	link_nodes(set);
	return set;
}

void literal_set_find(const struct literal_set *set, const char *text, literal_found *found,
		      void *context)
{
	uint32_t at = ROOT;

	for (; *text; text++) {
		at = step(set, at, (unsigned char)*text);
		uint32_t node = set->nodes[at].first != NONE ? at : set->nodes[at].shorter;
		for (; node != NONE; node = set->nodes[node].shorter)
			for (uint32_t i = set->nodes[node].first; i != NONE; i = set->next[i])
				found(context, i);
	}
}
