/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/telling_line.h"

#include <stdio.h>
#include <string.h>

#include "updaters/verdict.h"

/* Raw before it is escaped: the longest parts of a line, whole. */
enum { RAW_MAX = 3 * RECORD_TEXT_MAX + ERR_TEXT_MAX };

enum shape { SHAPE_NAME, SHAPE_OFFERED, SHAPE_STEP };

static const struct {
	enum telling_event event;
	enum shape shape; /* which versions are said */
	const char *words;
} sorts[OUTCOME_N] = {
	[OUTCOME_FAILED] = {TELLING_FAILED, SHAPE_NAME, "failed"},
	[OUTCOME_CURRENT] = {TELLING_NOTHING, SHAPE_NAME, "current"},
	[OUTCOME_AVAILABLE] = {TELLING_LEFT, SHAPE_OFFERED, "available"},
	[OUTCOME_BROKEN] = {TELLING_LEFT, SHAPE_NAME, "broken"},
	[OUTCOME_UPDATED] = {TELLING_DONE, SHAPE_STEP, "updated"},
	[OUTCOME_INSTALLED] = {TELLING_DONE, SHAPE_STEP, "installed"},
	[OUTCOME_REPAIRED] = {TELLING_REPAIRED, SHAPE_NAME, "repaired"},
	[OUTCOME_ROLLED_BACK] = {TELLING_DONE, SHAPE_STEP, "rolled back"},
	[OUTCOME_DOWNLOADED] = {TELLING_DONE, SHAPE_OFFERED, "downloaded"},
	[OUTCOME_ABSENT] = {TELLING_NOTHING, SHAPE_NAME, "absent"},
	[OUTCOME_HELD] = {TELLING_LEFT, SHAPE_OFFERED, "held"},
	[OUTCOME_SKIPPED] = {TELLING_LEFT, SHAPE_OFFERED, "skipped"},
	[OUTCOME_DEFERRED] = {TELLING_DEFERRED, SHAPE_OFFERED, "waits"},
	[OUTCOME_LICENSE] = {TELLING_LICENSE, SHAPE_OFFERED, "waits for its licence"},
	[OUTCOME_UNSUPPORTED] = {TELLING_LEFT, SHAPE_NAME, "unsupported"},
};

enum telling_event telling_event_of(const struct entry *entry)
{
	const struct result *r = &entry->result;

	if (r->outcome == OUTCOME_FAILED && err_is_set(&r->error) &&
		verdict_is_refusal(r->error.code))
		return TELLING_REFUSED;
	return sorts[r->outcome].event;
}

enum telling_event telling_event_of_item(const struct item *item)
{
	return sorts[item->outcome].event;
}

static void spell(const struct entry *entry, const char *version, char *out)
{
	struct err unspelt = {0};

	if (version[0] == '\0' || entry->recipe == NULL ||
		!recipe_version_installed(entry->recipe, version, out, DPKG_VERSION_MAX, &unspelt))
		text_copy_cut(out, DPKG_VERSION_MAX, version);
}

void telling_versions(
	const struct entry *entry, char out_from[DPKG_VERSION_MAX], char out_to[DPKG_VERSION_MAX])
{
	const struct result *r = &entry->result;
	bool is_done = sorts[r->outcome].shape == SHAPE_STEP;
	const char *offered = r->release.version[0] != '\0' ? r->release.version : r->available;

	text_copy_cut(out_from, DPKG_VERSION_MAX, entry->was);
	if (is_done)
		spell(entry, r->installed, out_to);
	else
		text_copy_cut(out_to, DPKG_VERSION_MAX, offered);
}

static void put_versions(const struct entry *entry, struct buf *line)
{
	enum shape shape = sorts[entry->result.outcome].shape;
	char from[DPKG_VERSION_MAX], to[DPKG_VERSION_MAX];

	telling_versions(entry, from, to);
	if (telling_event_of(entry) == TELLING_REFUSED)
		shape = SHAPE_OFFERED;
	if (shape == SHAPE_NAME || to[0] == '\0')
		return;
	if (shape == SHAPE_STEP && from[0] != '\0')
		buf_printf(line, " %s ->", from);
	buf_printf(line, " %s", to);
}

static void put_reason(const struct entry *entry, struct buf *line)
{
	const struct result *r = &entry->result;
	const char *why = r->outcome == OUTCOME_FAILED ? r->error.text : r->text;

	if (r->outcome == OUTCOME_DEFERRED && r->reason != REASON_NONE)
		buf_printf(line, " (%s)", reason_token(r->reason));
	if (why[0] != '\0')
		buf_printf(line, ": %s", why);
	if (r->outcome == OUTCOME_LICENSE && strstr(why, "accept-license") == NULL)
		buf_printf(line, ": devupd accept-license %s", entry->name);
}

/*
 * What a package's scripts did beside, the worst first as its kind put it; a conffile that stayed
 * as it was is none of that.
 */
static void put_beside(const struct entry *entry, struct buf *line)
{
	const struct item *first = NULL;
	size_t n = 0;

	if (entry->updater != NULL && entry->updater->acts_as_owner)
		return;
	for (size_t i = 0; i < entry->result.n_items; i++) {
		const struct item *item = &entry->result.items[i];

		if (text_equal(item->state, "kept"))
			continue;
		first = first != NULL ? first : item;
		n++;
	}
	if (n > 0)
		buf_printf(line, "; %s %s", first->path, first->text);
	if (n > 1)
		buf_printf(line, ", and %zu more like it", n - 1);
}

static void line_end(const struct buf *line, char *out, size_t out_size)
{
	text_escape(buf_str(line), line->len, out, out_size);
}

void telling_line(const struct entry *entry, char *out, size_t out_size)
{
	SCOPED_CLEAR(buf_clear) struct buf line = {0};
	bool is_refused = telling_event_of(entry) == TELLING_REFUSED;

	buf_init(&line, RAW_MAX);
	buf_puts(&line, entry->name);
	put_versions(entry, &line);
	buf_printf(&line, " %s", is_refused ? "refused" : sorts[entry->result.outcome].words);
	put_reason(entry, &line);
	put_beside(entry, &line);
	line_end(&line, out, out_size);
}

void telling_item_line(
	const struct entry *entry, const struct item *item, char *out, size_t out_size)
{
	SCOPED_CLEAR(buf_clear) struct buf line = {0};

	buf_init(&line, 2 * RAW_MAX);
	buf_printf(&line, "%s %s %s", entry->name, item->path, sorts[item->outcome].words);
	if (item->text[0] != '\0')
		buf_printf(&line, ": %s", item->text);
	line_end(&line, out, out_size);
}
