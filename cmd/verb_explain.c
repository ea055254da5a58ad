/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "cmd/report.h"
#include "cmd/session.h"
#include "cmd/steps.h"
#include "cmd/verb.h"
#include "updaters/lib/fs.h"
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
	if (o->save_folder != NULL && !fs_make_folders(o->save_folder, 0755, &e))
		return report_fail("explain", o, &e);
	if (!session_look(&run, setup, &watch, &request, &e))
		return session_fail(&run, o, &e);

	bool is_absent = run.plan.entries[0].result.outcome == OUTCOME_ABSENT;
	/* It was explained: that nothing is installed is no failure of that. */
	int code = is_absent ? EXIT_DONE
			     : verdict_of_entries(
				       run.plan.entries, run.plan.n_entries, o->exit_status);

	code = session_settle(&run, code);
	if (o->json) {
		steps_document("explain", &run, o, code);
	} else {
		report_trace(&run, stdout);
		report_table(&run, o, stdout);
	}
	return run_close(&run, code);
}
