/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/change.h"

#include <stdio.h>
#include <string.h>

#include "cmd/accepted.h"
#include "cmd/change_open.h"
#include "cmd/last_run.h"
#include "cmd/progress.h"
#include "cmd/report.h"
#include "cmd/session.h"
#include "cmd/sudo.h"
#include "cmd/terminal.h"
#include "updaters/owner.h"
#include "updaters/owner_entry.h"
#include "updaters/verdict.h"
#include "updaters/waiting.h"
#include "updaters/witness.h"

/* One attempt at a change; options are a copy: licences accepted here are handed on. */
struct attempt {
	struct options o;
	const char *verb;
	struct run run;
	struct progress *progress;
	char last_run[RUN_ID_SIZE]; /* which is taken back */
	bool is_behind_sudo;        /* started by our own other half */
};

/* The end of one way: what the whole comes to. CONTINUE: go on. */
enum { CONTINUE = -1 };

static int change_verdict(const struct attempt *c)
{
	return verdict_of_entries(c->run.plan.entries, c->run.plan.n_entries, c->o.exit_status);
}

static int change_end(struct attempt *c, int code, const struct err *error)
{
	progress_pause(c->progress);
	if (c->o.verbosity > 0)
		report_trace(&c->run, stderr);
	return session_end(&c->run, &c->o, code, error);
}

/* --- licences ---------------------------------------------------------------- */

/* A person says yes, at the terminal or by --accept-license; --yes and --unattended never do. */
static bool change_asks_license(struct attempt *c, const struct entry *entry)
{
	char question[URL_MAX + 256];

	if (c->o.accept_license || strings_has(&c->o.accepted_licenses, entry->name))
		return true;
	if (c->o.unattended || c->is_behind_sudo || !terminal_has_person())
		return false;
	snprintf(question, sizeof(question), "%s is under %s, %s: do you accept this licence?",
		entry->recipe->title != NULL ? entry->recipe->title : entry->name,
		entry->recipe->license_name, entry->recipe->license_url);
	return terminal_ask(question, false, &c->run.stop) == ANSWER_YES;
}

static bool change_accept_licenses(struct attempt *c, struct err *e)
{
	for (size_t i = 0; i < c->run.plan.n_entries; i++) {
		struct entry *entry = &c->run.plan.entries[i];

		if (entry->result.outcome != OUTCOME_LICENSE || !change_asks_license(c, entry))
			continue;
		if (c->run.audit != NULL) {
			if (!run_accept_license(&c->run, entry, e))
				return false;
			continue;
		}
		/* Not root: it is recorded by the run behind sudo. */
		if (!strings_add(&c->o.accepted_licenses, entry->name))
			return err_set(e, ERR_INTERNAL, "out of memory");
		entry->result.outcome = OUTCOME_AVAILABLE;
		entry->result.text[0] = '\0';
		entry->is_settled = false;
	}
	return true;
}

/* --- what the person agreed to before sudo ----------------------------------- */

static bool change_find_accepted(
	const struct attempt *c, const struct entry *entry, struct accepted *out)
{
	for (size_t i = 0; i < c->o.accepted.n_items; i++) {
		if (accepted_read(c->o.accepted.items[i], entry->name, out))
			return true;
	}
	return false;
}

/* The world moved on between the question and root: shown, and asked again. */
static bool change_still_wanted(struct attempt *c, const struct entry *entry)
{
	const struct release *r = &entry->result.release;
	struct accepted a;
	char question[512];

	if (!change_find_accepted(c, entry, &a))
		return false;
	if (accepted_is(&a, r) || (c->o.yes && dpkg_version_compare(r->version, a.version) > 0))
		return true;
	snprintf(question, sizeof(question), "%s: you agreed to %s, now it is %s%s: take it?",
		entry->name, a.version, r->version,
		text_equal(a.version, r->version) ? " with another digest" : "");
	return terminal_has_person() && terminal_ask(question, false, &c->run.stop) == ANSWER_YES;
}

static void change_keep_accepted(struct attempt *c)
{
	for (size_t i = 0; i < c->run.plan.n_entries; i++) {
		struct entry *entry = &c->run.plan.entries[i];

		if (!entry->is_settled && !change_still_wanted(c, entry))
			entry_settle(
				entry, OUTCOME_AVAILABLE, "not what was agreed to: left alone");
	}
}

/* Entries that go on, root's or the person's own. */
static size_t change_count(const struct attempt *c, bool of_root)
{
	size_t n = 0;

	for (size_t i = 0; i < c->run.plan.n_entries; i++)
		n += !c->run.plan.entries[i].is_settled &&
		     entry_needs_root(&c->run.plan.entries[i]) == of_root;
	return n;
}

/* --- the question ------------------------------------------------------------ */

/* Is the yes or no about this one? */
static bool change_is_asked(const struct attempt *c, const struct entry *entry)
{
	/* what is only looked at again behind an upgrade of Homebrew is no change yet */
	bool is_look = entry->updater != NULL && entry->updater->acts_as_owner &&
		       entry->result.outcome == OUTCOME_CURRENT;
	/* where root is needed and may not be asked for, a yes would come to nothing */
	bool is_vain = c->o.no_sudo && !c->run.paths.is_root && entry_needs_root(entry);

	return !entry->is_settled && !is_look && !is_vain;
}

static size_t change_count_asked(const struct attempt *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->run.plan.n_entries; i++)
		n += change_is_asked(c, &c->run.plan.entries[i]);
	return n;
}

static void change_question(const struct attempt *c, size_t n, char *out, size_t out_size)
{
	static const char *const words[] = {
		[WISH_CHECK] = "Check",
		[WISH_UPGRADE] = "Upgrade",
		[WISH_INSTALL] = "Install",
		[WISH_ROLLBACK] = "Roll back",
		[WISH_REPAIR] = "Repair",
		[WISH_UNDO] = "Take back",
	};

	const char *word = words[c->run.plan.entries[0].wish];
	size_t n_repairs = 0;

	for (size_t i = 0; i < c->run.plan.n_entries; i++) {
		const struct entry *entry = &c->run.plan.entries[i];

		n_repairs += change_is_asked(c, entry) && entry->result.outcome == OUTCOME_BROKEN;
	}
	if (n_repairs == 0 || c->run.plan.entries[0].wish == WISH_UNDO)
		snprintf(out, out_size, "%s %zu?", word, n);
	else if (n_repairs == n)
		snprintf(out, out_size, "Repair %zu?", n);
	else
		snprintf(out, out_size, "%s %zu, repair %zu?", word, n - n_repairs, n_repairs);
}

/* CONTINUE, or the exit code: 2 where nobody can be asked, 1 where the answer is no. */
static int change_agree(struct attempt *c, struct err *e)
{
	char question[128], command[ERR_TEXT_MAX / 2];
	size_t n = change_count_asked(c);

	if (c->o.yes || n == 0)
		return CONTINUE;
	if (!terminal_has_person()) {
		options_command(&c->o,
			change_count(c, true) > 0 && !c->run.paths.is_root ? "sudo " : "", "--yes",
			command, sizeof(command));
		err_set(e, ERR_USAGE, "%zu %s wait for a yes and there is no terminal: %s", n,
			n == 1 ? "change would" : "changes would", command);
		return EXIT_USAGE;
	}
	change_question(c, n, question, sizeof(question));
	return terminal_ask(question, true, &c->run.stop) == ANSWER_YES ? CONTINUE : EXIT_FAILED;
}

/* What was agreed to and not done, because of an answer, stays as it was found. */
static void change_leave_open(struct attempt *c)
{
	for (size_t i = 0; i < c->run.plan.n_entries; i++)
		c->run.plan.entries[i].is_settled = true;
}

/* --- root -------------------------------------------------------------------- */

/* Is this what became of a run, whatever its names came to? */
static bool change_whole_run(int code)
{
	return code == EXIT_CONFIG || code == EXIT_LOCKED || code == EXIT_NEEDS_ROOT ||
	       code >= EXIT_SIGNAL;
}

/* Out: code is what the run behind sudo ended with. Fails: nothing of it is known */
static bool change_by_sudo(struct attempt *c, int *out_code, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};
	int status = 0;

	buf_init(&text, WIRE_BODY_MAX);
	if (sudo_run(c->verb, &c->o, &c->run, &c->run.stop, &text, &status, e) &&
		report_read_document(&c->run, buf_str(&text), text.len, out_code, e))
		return true;
	e->code = ERR_ROOT;
	return false;
}

/* --download-only: what is here now is all there was to do. */
static void change_settle_downloaded(struct attempt *c)
{
	for (size_t i = 0; i < c->run.plan.n_entries; i++) {
		struct entry *entry = &c->run.plan.entries[i];

		if (entry->result.outcome == OUTCOME_BROKEN || !entry_needs_root(entry))
			entry->is_settled = true; /* there is nothing of it to download */
		else if (!entry->is_settled)
			entry_settle(entry, OUTCOME_DOWNLOADED, "%s", entry->file.path);
	}
}

static bool change_make(struct attempt *c, struct err *e)
{
	if (!run_prepare(&c->run, e))
		return false;
	if (c->o.download_only)
		change_settle_downloaded(c);
	return waiting_put_down(&c->run, e) && run_apply(&c->run, e);
}

/* Whatever ends it early: what was done until then is told. */
static int change_by_us(struct attempt *c)
{
	struct err e = {0};
	bool is_made = change_make(c, &e);

	progress_pause(c->progress);
	if (!c->o.json)
		report_changes(&c->run, &c->o, stdout);
	return is_made ? change_end(c, change_verdict(c), NULL)
		       : change_end(c, verdict_of_error(&e), &e);
}

static void change_settle(struct attempt *c, bool of_root)
{
	for (size_t i = 0; i < c->run.plan.n_entries; i++) {
		if (entry_needs_root(&c->run.plan.entries[i]) == of_root)
			c->run.plan.entries[i].is_settled = true;
	}
}

/* What needs root, by our other half. Out: its exit code. Fails: root was not to be had */
static bool change_roots(struct attempt *c, int *out_code, struct err *e)
{
	char command[ERR_TEXT_MAX / 2];

	if (!c->o.no_sudo && terminal_has_person())
		return change_by_sudo(c, out_code, e);
	options_command(&c->o, "sudo ", NULL, command, sizeof(command));
	return err_set(e, ERR_ROOT, "this needs root: %s", command);
}

/* What is the person's own, by this process and its workers. */
static bool change_own(struct attempt *c, struct err *e)
{
	if (c->o.download_only || change_count(c, false) == 0 || stop_is_asked(&c->run.stop))
		return true;
	return run_begin_changes(&c->run, e) && run_apply(&c->run, e);
}

/* First what root does, while the person is there to be asked; then, whatever became of it, what
 * is theirs. */
static int change_by_person(struct attempt *c)
{
	struct err root_error = {0}, own_error = {0};
	int root_code = EXIT_DONE;
	bool has_root = change_count(c, true) == 0 || change_roots(c, &root_code, &root_error);

	change_settle(c, true);

	bool has_own = change_own(c, &own_error);

	progress_pause(c->progress);
	if (!c->o.json)
		report_changes(&c->run, &c->o, stdout);
	if (!has_root)
		return change_end(c, EXIT_NEEDS_ROOT, &root_error);
	if (!has_own)
		return change_end(c, verdict_of_error(&own_error), &own_error);
	return change_end(c, change_whole_run(root_code) ? root_code : change_verdict(c), NULL);
}

static int change_go(struct attempt *c)
{
	return c->run.paths.is_root ? change_by_us(c) : change_by_person(c);
}

/* --- what an upgrade of Homebrew would break --------------------------------- */

/* Upgraded or pinned: what rests on the old python3 is looked at again afterwards, and mended. */
static bool change_choose(struct attempt *c, struct entry *entry, struct err *e)
{
	static const char letters[OWNER_N_CHOICES] = {
		[OWNER_GO] = 'u', [OWNER_PIN] = 'p', [OWNER_SKIP] = 's'};
	char told[2 * RECORD_TEXT_MAX], question[sizeof(told) + 128];

	text_escape(entry->result.text, strlen(entry->result.text), told, sizeof(told));
	snprintf(question, sizeof(question), "%s: %s.  [u]pgrade and repair  [p]in  [s]kip?",
		entry->name, told);
	entry->choice = c->o.yes || !terminal_has_person()
				? OWNER_GO
				: (int)terminal_choose(question, letters, OWNER_N_CHOICES, OWNER_GO,
					  &c->run.stop);
	if (entry->choice < OWNER_SKIP)
		return witness_join(&c->run, e); /* entry may have moved */
	entry_settle(entry, OUTCOME_SKIPPED, "this time");
	return true;
}

static bool change_ask_choices(struct attempt *c, struct err *e)
{
	for (size_t i = 0; i < c->run.plan.n_entries; i++) {
		struct entry *entry = &c->run.plan.entries[i];

		if (!entry->is_settled && owner_moves_python(entry) && !change_choose(c, entry, e))
			return false;
	}
	return true;
}

/* A run was named: one, and somebody's things were changed by it. */
static bool change_check_run(const struct attempt *c, enum wish wish, struct err *e)
{
	const struct plan *p = &c->run.plan;

	if (wish != WISH_UNDO || c->o.names.n_items == 0)
		return true;
	if (c->o.names.n_items > 1)
		return err_set(e, ERR_USAGE,
			"one run at a time can be taken back: devupd repair --undo %s",
			c->o.names.items[0]);
	for (size_t i = 0; i < p->n_entries; i++) {
		if (p->entries[i].result.outcome != OUTCOME_ABSENT)
			return true;
	}
	return err_set(e, ERR_USAGE,
		"no run '%s' changed anything that can be taken back; devupd history shows the "
		"runs",
		c->o.names.items[0]);
}

/* --- the way ----------------------------------------------------------------- */

/* The run that is named; of root's own the last; of a person's own their worker finds it. */
static const char *change_undo_run(struct attempt *c)
{
	struct paths paths;

	if (c->o.names.n_items > 0)
		return c->o.names.items[0];
	if (geteuid() != 0)
		return NULL;
	paths_of_root(&paths);
	return last_run_find(paths.audit_log, c->last_run) ? c->last_run : "none";
}

static bool change_look(struct attempt *c, enum wish wish, struct err *e)
{
	struct run_setup setup = session_setup(&c->o, c->verb);
	struct run_watch watch = {0};
	struct plan_request request = {
		.wish = wish,
		.names = &c->o.names,
		.reinstall = c->o.reinstall,
		.allow_downgrade = c->o.allow_downgrade,
		.own_only = c->o.unattended && geteuid() != 0,
		.repairs_only = wish == WISH_REPAIR || wish == WISH_UNDO,
	};
	static const struct strings no_names = {0};

	if (wish == WISH_UNDO) {
		request.names = &no_names;
		setup.undo_run = change_undo_run(c);
	}
	setup.is_behind_sudo = c->is_behind_sudo;
	setup.notes_left = true;
	setup.changes = geteuid() == 0 && !c->o.dry_run;
	if (c->progress != NULL)
		progress_watch(c->progress, &watch);
	return session_look(&c->run, setup, &watch, &request, e) &&
	       (!c->o.dry_run || run_verify_hand(&c->run, e));
}

static int change_walk(struct attempt *c, enum wish wish)
{
	struct err e = {0};
	int code;

	bool has_looked = change_look(c, wish, &e);

	progress_pause(c->progress);
	if (!has_looked || !change_check_run(c, wish, &e))
		return session_fail(&c->run, &c->o, &e);
	/* Accepted on the command line: before the table, which would still ask for it. */
	if (c->o.accept_license && !c->o.dry_run && !change_accept_licenses(c, &e))
		return change_end(c, verdict_of_error(&e), &e);
	if (!c->o.json && !c->is_behind_sudo)
		report_table(&c->run, &c->o, stdout);
	if (c->o.dry_run)
		return change_end(c, change_verdict(c), NULL);
	if (!change_accept_licenses(c, &e))
		return change_end(c, verdict_of_error(&e), &e);
	if (c->is_behind_sudo)
		change_keep_accepted(c);
	if (run_count_open(&c->run) == 0)
		return change_end(c, change_verdict(c), NULL);
	if (!change_ask_choices(c, &e) || !change_open(&c->run, &c->o, &e))
		return change_end(c, verdict_of_error(&e), &e);
	if (run_count_open(&c->run) == 0)
		return change_end(c, change_verdict(c), NULL);
	code = c->is_behind_sudo ? CONTINUE : change_agree(c, &e);
	if (code == CONTINUE)
		return change_go(c);
	change_leave_open(c);
	return change_end(c, code, err_is_set(&e) ? &e : NULL);
}

int change_run(const struct options *o, const char *verb, enum wish wish)
{
	struct attempt c = {.o = *o, .verb = verb, .is_behind_sudo = o->accepted.n_items > 0};
	int code;

	c.o.accepted_licenses = (struct strings){0};
	for (size_t i = 0; i < o->accepted_licenses.n_items; i++) {
		if (!strings_add(&c.o.accepted_licenses, o->accepted_licenses.items[i]))
			return EXIT_FAILED;
	}
	c.progress = progress_new(o);
	code = change_walk(&c, wish);
	progress_free(c.progress);
	strings_clear(&c.o.accepted_licenses);
	return code;
}
