/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Doctor: what is remembered, and what can be proved. */
#include "updaters/doctor_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "updaters/lib/clock.h"

static void say_last_run(struct doctor *d, const char *path, struct state *s)
{
	struct state_run last = {0};
	char when[CLOCK_TEXT_MAX];
	bool has_last = false;
	struct err ignored = {0};

	if (!state_run_last(s, &has_last, &last, &ignored) || !has_last) {
		doctor_say(d, DOCTOR_OK, "%s; no run is on record yet", path);
		return;
	}
	clock_format_near(last.started_unix_ms, clock_unix_ms(), when, sizeof(when));
	if (last.finished_unix_ms > 0)
		doctor_say(d, DOCTOR_OK, "%s; last run %s, devupd %s, exit code %d", path, when,
			last.verb, last.exit_code);
	else
		doctor_say(d, DOCTOR_OK, "%s; last run %s, devupd %s, which did not end", path,
			when, last.verb);
}

/* One of a newer devupd is refused; one that is garbage is begun anew by the next run. */
static void look_at(struct doctor *d, const char *path, struct state *s, const char *note)
{
	bool is_newer = strstr(note, "its schema is version") != NULL;

	if (note[0] == '\0' && s != NULL) {
		say_last_run(d, path, s);
		return;
	}
	if (access(path, R_OK) != 0) {
		doctor_say(d, DOCTOR_NOT_APPLICABLE, "%s: %s", path, strerror(errno));
		return;
	}
	doctor_say(d, is_newer ? DOCTOR_FAILURE : DOCTOR_WARNING, "%s%s", note,
		is_newer ? ""
			 : "; holds, skips and digests in it are not known, a run begins it anew");
	doctor_mend(d, "%smv %s %s.aside", path == d->roots.state_db ? "sudo " : "", path, path);
}

void doctor_state(struct doctor *d)
{
	look_at(d, d->roots.state_db, d->root_state, d->root_note);
	if (!d->is_root && d->has_own)
		look_at(d, d->own.state_db, d->own_state, d->own_note);
}

static void say_verdict(struct doctor *d, const char *path, const struct audit_verdict *v)
{
	if (!v->is_sound) {
		doctor_say(d, DOCTOR_WARNING, "%s is not what was written: %s", path, v->trouble);
		doctor_mend(d, "devupd history --verify");
		return;
	}
	doctor_say(d, DOCTOR_OK, "%s: %" PRIu64 " records, the chain holds%s", path, v->n_records,
		v->is_one_short ? "; the last one is missing, the next run writes it" : "");
}

void doctor_trail(struct doctor *d)
{
	struct audit_verdict v = {0};
	struct err e = {0};

	if (audit_verify(d->roots.audit_log, d->root_state, &v, &e))
		say_verdict(d, d->roots.audit_log, &v);
	else if (!d->is_root)
		doctor_say_roots(d, "the record, or who is in group adm");
	else
		doctor_say_error(d, DOCTOR_FAILURE, e.text, "ls -l /var/log/devupd");
	if (d->is_root || !d->has_own || access(d->own.audit_log, F_OK) != 0)
		return;
	v = (struct audit_verdict){0};
	e = (struct err){0};
	if (audit_verify(d->own.audit_log, d->own_state, &v, &e))
		say_verdict(d, d->own.audit_log, &v);
	else
		doctor_say_error(d, DOCTOR_WARNING, e.text, "ls -l ~/.local/state/devupd");
}
