/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/telling.h"

#include "updaters/lib/clock.h"
#include "updaters/lib/log.h"
#include "updaters/telling_desktop.h"
#include "updaters/telling_journal.h"
#include "updaters/telling_mail.h"
#include "updaters/telling_message.h"

/* Who sat before it, sudo and pkexec seen through. */
static struct telling_run speaker(const struct run *run, char *name, size_t name_size)
{
	person_name_of(getuid(), name, name_size);
	return (struct telling_run){
		.run = run->id,
		.verb = run->setup.verb,
		.user = run->caller[0] != '\0' ? run->caller : name,
	};
}

void telling_outside(
	const struct run *run, const struct entry *entry, const char *from, const char *to)
{
	char user[64], versions[2][DPKG_VERSION_MAX] = {"", ""};
	const char *raw[2] = {from, to};
	struct telling_run by = speaker(run, user, sizeof(user));

	for (size_t i = 0; i < 2; i++) {
		struct err unspelt = {0};

		if (raw[i] != NULL && !recipe_version_installed(entry->recipe, raw[i], versions[i],
					      DPKG_VERSION_MAX, &unspelt))
			text_copy_cut(versions[i], DPKG_VERSION_MAX, raw[i]);
	}
	telling_journal_outside(&by, entry->name, entry->recipe->kind, versions[0], versions[1]);
}

static void tell_journal(const struct run *run, const struct telling_run *by, int exit_code)
{
	const struct plan *p = &run->plan;
	int64_t ms = clock_unix_ms() - run->started_unix_ms;

	for (size_t i = 0; i < p->n_entries; i++)
		telling_journal_entry(by, &p->entries[i]);
	/* the wall clock may have been set back meanwhile */
	telling_journal_end(by, p->entries, p->n_entries, exit_code, ms > 0 ? (uint64_t)ms : 0);
}

/* --- people ------------------------------------------------------------------ */

/* What a run found, and what is remembered of it; told is one for each entry. */
struct news {
	struct telling_matter matter;
	struct state_left *left;
	struct state_wait *waits;
	bool *told;
};

static void news_clear(struct news *news)
{
	free(news->left);
	free(news->waits);
	free(news->told);
}

static bool news_gather(struct run *run, struct news *news, struct err *e)
{
	struct telling_matter *m = &news->matter;

	*m = (struct telling_matter){
		.run = run->id,
		.entries = run->plan.entries,
		.n_entries = run->plan.n_entries,
		.now_unix_ms = clock_unix_ms(),
	};
	news->told = calloc(m->n_entries + 1, sizeof(*news->told));
	if (news->told == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	if (!state_left_list(run->state, &news->left, &m->n_left, e) ||
		!state_wait_list(run_memory(run), &news->waits, &m->n_waits, e))
		return false;
	m->left = news->left;
	m->waits = news->waits;
	return true;
}

/* Told is told: not again tomorrow. */
static bool news_remember(struct run *run, const struct news *news, struct err *e)
{
	const struct telling_matter *m = &news->matter;

	for (size_t i = 0; !run->keeps_nothing && i < m->n_entries; i++) {
		if (news->told[i] &&
			!state_left_told(run->state, m->entries[i].name, m->now_unix_ms, e))
			return false;
	}
	return true;
}

/* Each person in a session hears what concerns them. */
static bool tell_desktop(struct run *run, const struct telling_run *by, struct news *news)
{
	size_t n_people = run->facts.n_homes, n = 0;
	SCOPED_FREE struct telling_call *calls = calloc(n_people + 1, sizeof(*calls));
	bool is_told = false;

	for (size_t i = 0; calls != NULL && i < n_people; i++) {
		const struct person *person = &run->people.items[i];

		news->matter.user = person->name;
		calls[n].person = person;
		n += telling_compose(&news->matter, &calls[n].notice, news->told);
	}
	telling_desktop(calls, n, run->paths.is_root ? run->paths.notices : NULL);
	for (size_t i = 0; i < n; i++) {
		is_told |= calls[i].is_told;
		if (!calls[i].is_told)
			telling_journal_untold(by, calls[i].error.text);
	}
	return is_told;
}

/* Root's is everybody's; a person's own run is theirs alone. */
static bool tell_mail(struct run *run, const struct telling_run *by, struct news *news)
{
	struct notice notice;
	struct err e = {0};

	if (!telling_compose(&news->matter, &notice, news->told))
		return false;
	if (telling_mail_send(&notice, run->paths.is_root ? "root" : by->user, &e))
		return true;
	telling_journal_untold(by, e.text);
	log_note("%s", e.text);
	return false;
}

static void tell_people(struct run *run, const struct telling_run *by)
{
	static bool (*const ways[])(
		struct run * run, const struct telling_run *by, struct news *news) = {
		[NOTIFY_DESKTOP] = tell_desktop,
		[NOTIFY_NONE] = NULL,
		[NOTIFY_MAIL] = tell_mail,
	};
	SCOPED_CLEAR(news_clear) struct news news = {0};
	struct err e = {0};

	if (ways[run->config.notify] == NULL || run->state == NULL || run->plan.n_entries == 0)
		return;
	if (!news_gather(run, &news, &e) ||
		(ways[run->config.notify](run, by, &news) && !news_remember(run, &news, &e)))
		telling_journal_untold(by, e.text);
}

/* What changes the system as root, and what nobody watches. */
void telling_run(struct run *run, int exit_code)
{
	bool is_unwatched = run->setup.unattended || text_equal(run->setup.verb, "finish");
	bool is_roots = run->paths.is_root && run->audit != NULL;
	char user[64];

	if (run->setup.dry_run || (!is_roots && !is_unwatched))
		return;

	struct telling_run by = speaker(run, user, sizeof(user));

	tell_journal(run, &by, exit_code);
	if (is_unwatched)
		tell_people(run, &by);
}
