/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/owner_report.h"

#include <stdio.h>
#include <string.h>

enum { COMMAND_SEPARATOR = '\x1f', CHANGES_TOLD_MAX = 1000 };

/* --- changes ----------------------------------------------------------------- */

/* One more; the last that is told says that there are others. */
static struct change *report_add(struct result *out)
{
	struct change *c = out->n_changes < CHANGES_TOLD_MAX ? result_add_change(out) : NULL;

	if (c == NULL || out->n_changes < CHANGES_TOLD_MAX)
		return c;
	text_copy_cut(c->path, sizeof(c->path), "and more: the undo record has them all");
	return NULL;
}

static struct change *find_path(struct result *out, const char *path)
{
	for (size_t i = 0; i < out->n_changes; i++) {
		if (out->changes[i].command[0] == '\0' && text_equal(out->changes[i].path, path))
			return &out->changes[i];
	}
	return NULL;
}

/* Changed twice is changed from the first to the last, or not at all. */
static bool report_again(struct result *out, const char *path, const char *to)
{
	struct change *c = find_path(out, path);

	if (c == NULL)
		return false;
	text_copy_cut(c->to, sizeof(c->to), to != NULL ? to : "");
	if (text_equal(c->from, c->to)) {
		out->n_changes--;
		memmove(c, c + 1, (size_t)(&out->changes[out->n_changes] - c) * sizeof(*c));
	}
	return true;
}

void owner_report_change(struct result *out, const char *path, const char *from, const char *to)
{
	if (report_again(out, path, to))
		return;

	struct change *c = report_add(out);

	if (c == NULL)
		return;
	text_copy_cut(c->path, sizeof(c->path), path);
	text_copy_cut(c->from, sizeof(c->from), from != NULL ? from : "");
	text_copy_cut(c->to, sizeof(c->to), to != NULL ? to : "");
}

static void report_command(const struct mend_step *step, struct result *out)
{
	SCOPED_CLEAR(buf_clear) struct buf words = {0};
	struct change *c = report_add(out);

	buf_init(&words, sizeof(c->command) - 1);
	for (size_t i = 0; i < step->argv.n_items; i++) {
		if (i > 0)
			buf_put(&words, (char[]){COMMAND_SEPARATOR}, 1);
		buf_puts(&words, step->argv.items[i]);
	}
	if (c != NULL)
		text_copy_cut(c->command, sizeof(c->command), buf_str(&words));
}

void owner_report_steps(const struct mend *m, struct result *out)
{
	for (size_t i = 0; i < m->n_steps; i++) {
		const struct mend_step *s = &m->steps[i];

		switch (s->type) {
		case MEND_LINK: owner_report_change(out, s->path, s->was, s->to); break;
		case MEND_DROP_LINK: owner_report_change(out, s->path, s->was, NULL); break;
		case MEND_MOVE: owner_report_change(out, s->to, s->path, s->to); break;
		case MEND_EXCHANGE: owner_report_change(out, s->path, s->path, s->to); break;
		case MEND_WRITE:
			owner_report_change(out, s->path, s->was, s->tells != NULL ? s->tells : "");
			break;
		case MEND_RUN: report_command(s, out); break;
		case MEND_REBASE:
		case MEND_N_TYPES: break;
		}
	}
}

void owner_report_changes(const struct result *from, struct result *out)
{
	for (size_t i = 0; i < from->n_changes; i++) {
		const struct change *c = &from->changes[i];
		struct change *added;

		if (c->command[0] == '\0') {
			owner_report_change(out, c->path, c->from, c->to);
			continue;
		}
		added = report_add(out);
		if (added != NULL)
			*added = *c;
	}
}

/* --- what it comes to -------------------------------------------------------- */

/* The one that says most about several: the first in this order that any of them has. */
static const enum outcome by_weight[] = {
	OUTCOME_FAILED,
	OUTCOME_BROKEN, /* also beside what was repaired: the text says how much that was */
	OUTCOME_AVAILABLE,
	OUTCOME_REPAIRED,
	OUTCOME_UPDATED,
	OUTCOME_INSTALLED,
	OUTCOME_ROLLED_BACK,
	OUTCOME_DEFERRED,
	OUTCOME_HELD,
	OUTCOME_SKIPPED,
	OUTCOME_CURRENT,
	OUTCOME_ABSENT,
};

static size_t count_of(const struct findings *f, enum outcome outcome)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_items; i++)
		n += f->items[i].item.outcome == outcome;
	return n;
}

static const struct finding *first_of(const struct findings *f, enum outcome outcome)
{
	for (size_t i = 0; i < f->n_items; i++) {
		if (f->items[i].item.outcome == outcome)
			return &f->items[i];
	}
	return NULL;
}

/* "2 of 12: ~/p/.venv: its python3.13 is gone", or the text of the only one. */
static void report_text(const struct findings *f, struct result *out)
{
	const struct finding *first = first_of(f, out->outcome);
	size_t n = count_of(f, out->outcome), n_repaired = count_of(f, OUTCOME_REPAIRED);

	if (out->text[0] != '\0' || first == NULL || first->item.text[0] == '\0')
		return;
	if (out->outcome == OUTCOME_BROKEN && n_repaired > 0) {
		snprintf(out->text, sizeof(out->text), "%zu repaired, %zu left: %.900s: %.900s",
			n_repaired, n, first->item.path, first->item.text);
		return;
	}
	if (n == 1 && (f->n_items == 1 || out->outcome != OUTCOME_BROKEN))
		text_copy_cut(out->text, sizeof(out->text), first->item.text);
	else if (out->outcome == OUTCOME_CURRENT)
		snprintf(out->text, sizeof(out->text), "%zu", n);
	else if (n > 1)
		snprintf(out->text, sizeof(out->text), "%zu of %zu", n, f->n_items);
	else
		snprintf(out->text, sizeof(out->text), "%zu of %zu: %.900s: %.1000s", n, f->n_items,
			first->item.path, first->item.text);
}

static void report_item(const struct finding *f, struct result *out)
{
	struct item *item = result_add_item(out);

	if (item == NULL)
		return;
	*item = f->item;
	memcpy(item->prefix, f->prefix, sizeof(item->prefix));
	memcpy(item->minor, f->minor, sizeof(item->minor));
	text_copy_cut(item->noun, sizeof(item->noun), f->noun != NULL ? f->noun : "");
	item->weight = f->weight;
	memcpy(item->moves_from, f->moves_from, sizeof(item->moves_from));
	memcpy(item->moves_to, f->moves_to, sizeof(item->moves_to));
	memcpy(item->who, f->who, sizeof(item->who));
	memcpy(item->runs, f->runs, sizeof(item->runs));
	memcpy(item->version, f->version, sizeof(item->version));
	memcpy(item->through, f->through, sizeof(item->through));
}

void owner_report_items(const struct findings *f, struct result *out)
{
	out->outcome = OUTCOME_ABSENT;
	for (size_t i = 0; i < f->n_items; i++)
		report_item(&f->items[i], out);
	for (size_t i = 0; f->n_items > 0 && i < ARRAY_SIZE(by_weight); i++) {
		if (count_of(f, by_weight[i]) > 0) {
			out->outcome = by_weight[i];
			break;
		}
	}
	if (err_is_set(&out->error))
		out->outcome = OUTCOME_FAILED;
	else if (out->outcome == OUTCOME_FAILED)
		err_set(&out->error, ERR_STATE, "%s", first_of(f, OUTCOME_FAILED)->item.text);
	if (out->outcome == OUTCOME_FAILED && out->step == STEP_NONE)
		out->step = STEP_INSPECT;
	report_text(f, out);
}

void owner_report_look(const struct findings *f, struct result *out)
{
	for (size_t i = 0; i < f->n_items; i++)
		owner_report_steps(&f->items[i].mend, out);
	owner_report_items(f, out);
}

void owner_report_mended(struct finding *before, const struct finding *now, const char *proof)
{
	bool is_repair = before->item.outcome == OUTCOME_BROKEN;
	bool is_same = before->version[0] != '\0' && text_equal(before->version, now->version);
	enum outcome outcome = is_repair ? OUTCOME_REPAIRED
			       : is_same ? OUTCOME_CURRENT
					 : OUTCOME_UPDATED;

	finding_set(
		before, now->item.state, outcome, "%s", proof[0] != '\0' ? proof : now->item.text);
}
