/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/guard_tell.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { WHOSE_MAX = 256 };

/* --- for the record ---------------------------------------------------------- */

static const char *type_word(mode_t mode)
{
	return S_ISREG(mode)    ? "file"
	       : S_ISDIR(mode)  ? "folder"
	       : S_ISLNK(mode)  ? "symbolic link"
	       : S_ISFIFO(mode) ? "FIFO"
				: "special file";
}

/* What a login's file holds could be guessed from its digest. */
static bool is_secret(const char *path)
{
	return strstr(path, "/auth.conf") != NULL;
}

/* "" = nothing there */
static void state_of(const struct guard_entry *entry, bool with_mode, char *out, size_t out_size)
{
	char mode[64] = "";

	out[0] = '\0';
	if (entry == NULL)
		return;
	if (with_mode)
		snprintf(mode, sizeof(mode), ", mode %04o, owner %u:%u",
			(unsigned)entry->mode & 07777, (unsigned)entry->uid, (unsigned)entry->gid);
	if (S_ISREG(entry->mode) && entry->sha256[0] != '\0' && !is_secret(entry->path))
		snprintf(out, out_size, "sha256:%s%s", entry->sha256, mode);
	else if (entry->target != NULL)
		snprintf(out, out_size, "symbolic link to %s%s", entry->target, mode);
	else
		snprintf(out, out_size, "%s%s", type_word(entry->mode), mode);
}

static bool differs_in_mode(const struct guard_difference *d)
{
	return d->how == GUARD_CHANGED &&
	       (((d->was->mode ^ d->is->mode) & 07777) != 0 || d->was->uid != d->is->uid ||
		       d->was->gid != d->is->gid);
}

static void change_add(struct result *r, const char *path, const char *from, const char *to)
{
	struct change *change = result_add_change(r);

	if (change == NULL)
		return;
	text_copy_cut(change->path, sizeof(change->path), path);
	text_copy_cut(change->from, sizeof(change->from), from);
	text_copy_cut(change->to, sizeof(change->to), to);
}

/* What a script did is one change, what was done about it another. */
static void tell_record(const struct guard_finding *f, struct result *r)
{
	const struct guard_difference *d = &f->difference;
	const char *path = d->was != NULL ? d->was->path : d->is->path;
	bool with_mode = differs_in_mode(d);
	char from[RECORD_TEXT_MAX], to[RECORD_TEXT_MAX];

	state_of(d->was, with_mode, from, sizeof(from));
	state_of(d->how == GUARD_DELETED ? NULL : d->is, with_mode, to, sizeof(to));
	change_add(r, path, from, to);
	if (f->fate == GUARD_RESTORED)
		change_add(r, path, "", from);
}

/* --- for a person ------------------------------------------------------------ */

static void whose_scripts(const char *packages, const struct result *r, char *out, size_t out_size)
{
	bool is_one = strchr(packages, ' ') == NULL && r->n_also == 0;
	SCOPED_CLEAR(buf_clear) struct buf list;
	const char *names;

	buf_init(&list, WHOSE_MAX - 1);
	for (const char *c = packages; *c != '\0'; c++)
		buf_printf(&list, *c == ' ' ? ",%c" : "%c", *c);
	names = buf_str(&list);
	if (is_one)
		snprintf(out, out_size, "%s's scripts", names);
	else
		snprintf(out, out_size, "the scripts of %s%s", names,
			r->n_also > 0 ? " or of what came along" : "");
}

/* Fit to be typed as it stands. */
static bool is_typed_plainly(const char *path)
{
	return path[strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "/._+:-")] == '\0';
}

static void command_for(
	const struct guard_bench *bench, const struct guard_entry *was, char *out, size_t out_size)
{
	char copy[2 * GUARD_PATH_MAX] = "";

	guard_copy_keep(bench, was, copy, sizeof(copy));
	out[0] = '\0';
	if (copy[0] == '\0')
		return;
	if (is_typed_plainly(copy) && is_typed_plainly(was->path))
		snprintf(out, out_size, "; if it must be there: sudo cp -a %s %s", copy, was->path);
	else
		snprintf(out, out_size, "; a copy is in %s", bench->copies);
}

static void deleted_text(const struct guard_bench *bench, const struct guard_finding *f,
	const char *whose, char *out, size_t out_size)
{
	char command[4 * GUARD_PATH_MAX] = "";

	if (f->fate == GUARD_LATE || f->fate == GUARD_UNDONE || f->fate == GUARD_STUCK)
		command_for(bench, f->difference.was, command, sizeof(command));
	switch (f->fate) {
	case GUARD_OWN: snprintf(out, out_size, "went with %s", f->difference.was->owner); break;
	case GUARD_MOVED: snprintf(out, out_size, "was moved to %s by %s", f->why, whose); break;
	case GUARD_REPLACED:
		snprintf(out, out_size,
			"was deleted by %s: not restored, %s takes its place for the same "
			"repository",
			whose, f->why);
		break;
	case GUARD_LATE:
		snprintf(out, out_size,
			"was deleted while or after a run was cut off, by %s or by somebody "
			"later: not restored%s",
			whose, command);
		break;
	case GUARD_RESTORED: snprintf(out, out_size, "was deleted by %s: restored", whose); break;
	case GUARD_UNDONE:
		snprintf(out, out_size,
			"was deleted by %s: restored, and that undone, as apt can't read its "
			"lists with it: %s%s",
			whose, f->why, command);
		break;
	default:
		snprintf(out, out_size, "was deleted by %s: can't be restored: %s%s", whose, f->why,
			command);
		break;
	}
}

static void changed_text(
	const struct guard_finding *f, const char *whose, char *out, size_t out_size)
{
	const struct guard_difference *d = &f->difference;
	char how[GUARD_PATH_MAX + 64] = "";

	if ((d->was->mode & S_IFMT) != (d->is->mode & S_IFMT))
		snprintf(how, sizeof(how), ": a %s now%s%s", type_word(d->is->mode),
			d->is->target != NULL ? ", to " : "",
			d->is->target != NULL ? d->is->target : "");
	else if (text_equal(d->was->sha256, d->is->sha256) && differs_in_mode(d))
		snprintf(how, sizeof(how), ": mode %04o, owner %u:%u now",
			(unsigned)d->is->mode & 07777, (unsigned)d->is->uid, (unsigned)d->is->gid);
	if (f->fate == GUARD_OWN)
		snprintf(out, out_size, "was changed with %s, whose it is%s", f->owner, how);
	else
		snprintf(out, out_size, "was changed by %s%s", whose, how);
}

static void tell_person(const struct guard_bench *bench, const struct guard_finding *f,
	const char *whose, struct result *r)
{
	static const char *const states[] = {
		[GUARD_ADDED] = "added", [GUARD_CHANGED] = "changed", [GUARD_DELETED] = "deleted"};
	const struct guard_difference *d = &f->difference;
	bool is_lost = f->fate == GUARD_LATE || f->fate == GUARD_UNDONE || f->fate == GUARD_STUCK;
	struct item *item = result_add_item(r);

	if (item == NULL)
		return;
	text_copy_cut(item->path, sizeof(item->path), d->was != NULL ? d->was->path : d->is->path);
	text_copy_cut(item->state, sizeof(item->state),
		f->fate == GUARD_RESTORED ? "restored" : states[d->how]);
	item->outcome = f->fate == GUARD_RESTORED ? OUTCOME_REPAIRED
			: is_lost                 ? OUTCOME_BROKEN
						  : OUTCOME_CURRENT;
	if (d->how == GUARD_DELETED)
		deleted_text(bench, f, whose, item->text, sizeof(item->text));
	else if (d->how == GUARD_CHANGED)
		changed_text(f, whose, item->text, sizeof(item->text));
	else if (f->fate == GUARD_OWN)
		snprintf(item->text, sizeof(item->text), "came with %s", f->owner);
	else
		snprintf(item->text, sizeof(item->text), "was added by %s", whose);
}

static void tell_rest(size_t n_more, bool is_cut, struct result *r)
{
	struct item *item = n_more > 0 || is_cut ? result_add_item(r) : NULL;

	if (item == NULL)
		return;
	text_copy_cut(item->path, sizeof(item->path), "/etc/apt");
	text_copy_cut(item->state, sizeof(item->state), "changed");
	item->outcome = OUTCOME_CURRENT;
	if (is_cut)
		snprintf(item->text, sizeof(item->text),
			"and the folders of keys hold more than %d files: not all of them were "
			"looked at",
			GUARD_ENTRIES_MAX);
	else
		snprintf(item->text, sizeof(item->text),
			"and the folders of keys: %zu more that differ", n_more);
}

/* What was deleted first: that is what hurts. */
void guard_tell(const struct guard_bench *bench, const char *packages,
	const struct guard_finding *findings, size_t n, bool is_cut, struct result *r)
{
	static const enum guard_how order[] = {GUARD_DELETED, GUARD_CHANGED, GUARD_ADDED};
	char whose[WHOSE_MAX + 64];
	size_t n_told = 0;

	whose_scripts(packages, r, whose, sizeof(whose));
	for (size_t k = 0; k < ARRAY_SIZE(order); k++) {
		for (size_t i = 0; i < n && n_told < GUARD_TOLD_MAX; i++) {
			if (findings[i].difference.how != order[k])
				continue;
			tell_record(&findings[i], r);
			tell_person(bench, &findings[i], whose, r);
			n_told++;
		}
	}
	tell_rest(n - n_told, is_cut, r);
}
