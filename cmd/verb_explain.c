/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "cmd/report.h"
#include "cmd/session.h"
#include "cmd/verb.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/json.h"
#include "updaters/lib/log.h"
#include "updaters/verdict.h"

/* Where --save puts the pages, and how many came. */
struct explain_pages {
	const char *folder;
	unsigned n_saved;
};

/* A page comes as a descriptor; it is saved as NAME-N.page, its address in the line that says so.
 */
static void explain_save(void *user, const char *name, const char *url, int fd)
{
	struct explain_pages *pages = user;
	char path[4096];
	SCOPED_FREE char *page = NULL;
	size_t len = 0;
	struct err e = {0};

	snprintf(path, sizeof(path), "%s/%s-%u.page", pages->folder, name, pages->n_saved + 1);
	if (!fs_read_fd(fd, url, WIRE_BODY_MAX, &page, &len, &e) ||
		!fs_replace(path, page, len, 0644, &e)) {
		log_error("can't save %s: %s", url, e.text);
		return;
	}
	pages->n_saved++;
	log_note("saved %s as %s", url, path);
}

static void explain_steps(struct json_writer *w, const struct result *r)
{
	static const char *const kinds[] = {
		[TRACE_REQUEST] = "request",
		[TRACE_CANDIDATE] = "candidate",
		[TRACE_NOTE] = "note",
	};

	json_open(w, "steps", '[');
	for (size_t i = 0; i < r->n_trace; i++) {
		const struct trace *t = &r->trace[i];

		json_open(w, NULL, '{');
		json_put_str(w, "kind", kinds[t->kind]);
		json_put_known(w, "url", t->url);
		if (t->status != 0)
			json_put_u64(w, "status", (uint64_t)t->status);
		else
			json_put_null(w, "status");
		json_put_u64(w, "size_bytes", t->size_bytes);
		json_put_u64(w, "ms", t->ms);
		json_put_bool(w, "cached", t->is_cached);
		json_put_bool(w, "taken", t->is_taken);
		json_put_known(w, "text", t->text);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void explain_document(const struct run *run, const struct options *o, int code)
{
	const struct entry *entry = &run->plan.entries[0];
	struct json_writer w;
	struct buf body;

	buf_init(&body, WIRE_BODY_MAX);
	json_writer_init(&w, &body);
	json_put_str(&w, "name", entry->name);
	json_put_str(&w, "outcome", outcome_token(entry->result.outcome));
	json_put_known(&w, "installed", entry->result.installed);
	json_put_known(&w, "available", entry->result.available);
	json_put_known(&w, "url", entry->result.release.url);
	json_put_known(&w, "sha256", entry->result.release.sha256);
	explain_steps(&w, &entry->result);
	report_own_document("explain", o, code,
		err_is_set(&entry->result.error) ? &entry->result.error : NULL, buf_str(&body),
		stdout);
	buf_clear(&body);
}

int verb_explain(const struct options *o)
{
	struct run run;
	struct run_setup setup = session_setup(o, "explain");
	struct plan_request request = {.wish = WISH_CHECK, .names = &o->names};
	struct explain_pages pages = {.folder = o->save_folder};
	struct run_watch watch = {.on_page = explain_save, .user = &pages};
	struct err e = {0};

	setup.with_trace = true;
	setup.with_pages = o->save_folder != NULL;
	if (o->save_folder != NULL && !fs_make_folders(o->save_folder, 0755, &e)) {
		log_error("%s", e.text);
		return EXIT_FAILED;
	}
	if (!session_look(&run, setup, &watch, &request, &e))
		return session_fail(&run, o, &e);

	bool is_absent = run.plan.entries[0].result.outcome == OUTCOME_ABSENT;
	/* It was explained: that nothing is installed is no failure of that. */
	int code = is_absent ? EXIT_DONE
			     : verdict_of_entries(
				       run.plan.entries, run.plan.n_entries, o->exit_status);

	if (o->json) {
		explain_document(&run, o, code);
	} else {
		report_trace(&run, stdout);
		report_table(&run, o, stdout);
	}
	return run_close(&run, code);
}
