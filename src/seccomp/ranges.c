/* SPDX-License-Identifier: Apache-2.0 */
#include "ranges.h"

#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

enum { JUMP_MAX = 255 }; /* a conditional jump's reach */

struct range {
	uint32_t first; /* up to the next one's first */
	enum filter_verdict verdict;
};

/* A branch that ends in a verdict; where that stands is known when the tree is complete. */
struct branch {
	size_t node;
	bool is_yes;
	enum filter_verdict verdict;
};

struct tree {
	VEC(struct range) ranges;
	VEC(struct sock_filter) nodes;
	VEC(struct branch) branches;
};

static void tree_release(struct tree *tree)
{
	vec_release(&tree->ranges);
	vec_release(&tree->nodes);
	vec_release(&tree->branches);
}
DEFINE_RELEASE(struct tree, tree_release);

void filter_add_instruction(struct buf *program, uint16_t code, size_t yes, size_t no,
			    uint32_t value)
{
	assert(yes <= JUMP_MAX && no <= JUMP_MAX);
	struct sock_filter instruction = { code, (uint8_t)yes, (uint8_t)no, value };
	buf_add(program, &instruction, sizeof(instruction));
}

static int compare_calls(const void *a, const void *b)
{
	uint32_t left = ((const struct filter_call *)a)->number;
	uint32_t right = ((const struct filter_call *)b)->number;

	return left < right ? -1 : left > right;
}

static void begin_range(struct tree *tree, uint32_t first, enum filter_verdict verdict)
{
	size_t len = tree->ranges.len;

	if (!len || tree->ranges.items[len - 1].verdict != verdict)
		vec_push(&tree->ranges, (struct range){ first, verdict });
}

static int make_ranges(struct tree *tree, struct filter_calls *calls, struct error *err)
{
	uint64_t next = 0;

	if (calls->len)
		qsort(calls->items, calls->len, sizeof(*calls->items), compare_calls);
	for (size_t i = 0; i < calls->len; i++) {
		struct filter_call call = calls->items[i];
		if (call.number + UINT64_C(1) == next) {
			if (call.verdict != calls->items[i - 1].verdict)
				return error_set(err, ERROR_SYSTEM,
						 "seccomp filter: call %u has two verdicts",
						 call.number);
			continue;
		}
		if (call.number > next)
			begin_range(tree, (uint32_t)next, VERDICT_UNKNOWN);
		begin_range(tree, call.number, call.verdict);
		next = call.number + UINT64_C(1);
	}
	if (next <= UINT32_MAX)
		begin_range(tree, (uint32_t)next, VERDICT_UNKNOWN);
	return 0;
}

static void add_branch(struct tree *tree, size_t node, bool is_yes, size_t range)
{
	vec_push(&tree->branches,
		 (struct branch){ node, is_yes, tree->ranges.items[range].verdict });
}

/* The ranges [from, to), at least two of them; halves, so it is as deep as their logarithm. */
static int add_nodes(struct tree *tree, size_t from, size_t to, struct error *err)
{
	size_t middle = from + (to - from) / 2, node = tree->nodes.len;

	vec_push(&tree->nodes,
		 (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K,
					      tree->ranges.items[middle].first, 0, 0));
	if (middle - from == 1)
		add_branch(tree, node, false, from);
	else if (add_nodes(tree, from, middle, err) < 0)
		return -1;
	if (to - middle == 1) {
		add_branch(tree, node, true, middle);
		return 0;
	}
	size_t distance = tree->nodes.len - node - 1;
	if (distance > JUMP_MAX)
		return error_set(err, ERROR_SYSTEM, "seccomp filter: too many ranges");
	tree->nodes.items[node].jt = (uint8_t)distance;
	return add_nodes(tree, middle, to, err);
}

/* The shared leaves stand behind the nodes, in the order of enum filter_verdict. */
static int place_leaves(struct tree *tree, struct error *err)
{
	for (size_t i = 0; i < tree->branches.len; i++) {
		const struct branch *branch = &tree->branches.items[i];
		size_t distance = tree->nodes.len + branch->verdict - branch->node - 1;
		if (distance > JUMP_MAX)
			return error_set(err, ERROR_SYSTEM, "seccomp filter: too many ranges");
		if (branch->is_yes)
			tree->nodes.items[branch->node].jt = (uint8_t)distance;
		else
			tree->nodes.items[branch->node].jf = (uint8_t)distance;
	}
	return 0;
}

int filter_add_ranges(struct buf *program, struct filter_calls *calls, struct error *err)
{
	cleanup(tree_release) struct tree tree = { 0 };

	if (make_ranges(&tree, calls, err) < 0)
		return -1;
	if (tree.ranges.len < 2)
		return error_set(err, ERROR_SYSTEM, "seccomp filter: allows nothing");
	if (add_nodes(&tree, 0, tree.ranges.len, err) < 0 || place_leaves(&tree, err) < 0)
		return -1;
	buf_add(program, tree.nodes.items, tree.nodes.len * sizeof(*tree.nodes.items));
	static const uint32_t results[] = {
		[VERDICT_UNKNOWN] = SECCOMP_RET_ERRNO | ENOSYS,
		[VERDICT_ALLOW] = SECCOMP_RET_ALLOW,
		[VERDICT_REFUSE] = SECCOMP_RET_ERRNO | EPERM,
	};
	static_assert(countof(results) == VERDICT_LOOK, "the last one falls out of the end");
	for (size_t i = 0; i < countof(results); i++)
		filter_add_instruction(program, BPF_RET | BPF_K, 0, 0, results[i]);
	return 0;
}
