/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/run_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "updaters/lib/child.h"
#include "updaters/lib/dpkg.h"

static void ok(bool is_fine, const struct err *e)
{
	if (!is_fine)
		fail_msg("%s", e->text);
}

int run_world_make(void **out)
{
	struct run_world *w = calloc(1, sizeof(*w));
	const char *recipes = DEVUPD_FIXTURES "/plan", *dpkg[] = {"dpkg"};
	struct dpkg_package installed;
	struct run *run = &w->run;

	assert_non_null(w);
	assert_true(text_copy(w->folder, sizeof(w->folder), "/tmp/test_run.XXXXXX"));
	assert_non_null(mkdtemp(w->folder));
	snprintf(run->paths.state_db, sizeof(run->paths.state_db), "%s/state.db", w->folder);
	snprintf(run->paths.audit_log, sizeof(run->paths.audit_log), "%s/audit.log", w->folder);
	ok(host_read("", &run->host, &w->e), &w->e);
	ok(recipes_load(&recipes, 1, NULL, &run->host, false, &run->recipes, &w->e), &w->e);
	ok(dpkg_look_up(dpkg, 1, run->host.arch, false, &installed, &w->e), &w->e);
	assert_true(text_copy(w->here_version, sizeof(w->here_version), installed.version));
	run->stop.fd = -1;
	run->facts = (struct facts){.host = &run->host};
	*out = w;
	return 0;
}

int run_world_drop(void **state)
{
	struct run_world *w = *state;
	const char *argv[] = {"/bin/rm", "-r", w->folder, NULL};
	struct child_spec spec = {.argv = argv};
	pid_t pid = -1;
	int status = 1;

	run_world_end(w);
	plan_clear(&w->run.plan);
	recipes_clear(&w->run.recipes);
	strings_clear(&w->run.config.disable);
	ok(child_start(&spec, &pid, &w->e) && child_wait(pid, &status, &w->e), &w->e);
	free(w);
	return status;
}

void run_world_begin(struct run_world *w, const char *id, const char *verb)
{
	struct run *run = &w->run;
	struct audit_options audit = {
		.path = run->paths.audit_log,
		.gid = (gid_t)-1,
		.run = run->id,
		.verb = verb,
	};

	w->e = (struct err){0};
	run->setup.verb = verb;
	assert_true(text_copy(run->id, sizeof(run->id), id));
	ok(state_open(run->paths.state_db, false, &run->state, run->state_note,
		   sizeof(run->state_note), &w->e),
		&w->e);
	ok(audit_open(&audit, run->state, &run->audit, &w->e), &w->e);
}

void run_world_end(struct run_world *w)
{
	audit_close(MOVE_PTR(w->run.audit));
	state_close(MOVE_PTR(w->run.state));
}

void run_world_intend(struct run_world *w, const char *name, const char *from, const char *to)
{
	struct audit_record intent = {
		.event = AUDIT_INTENT,
		.name = name,
		.kind = "deb",
		.step = STEP_APPLY,
		.from = from,
		.to = to,
	};

	ok(audit_write(w->run.audit, &intent, &w->e), &w->e);
}

struct search {
	enum audit_event event;
	const char *name;
	struct audit_line last;
	size_t n;
};

static bool search_line(void *user, const struct audit_line *line)
{
	struct search *search = user;

	if (line->event != search->event || !text_equal(line->name, search->name))
		return true;
	search->last = *line;
	search->n++;
	return true;
}

size_t run_world_records(
	struct run_world *w, enum audit_event event, const char *name, struct audit_line *out_last)
{
	struct search search = {.event = event, .name = name};

	ok(audit_each(w->run.paths.audit_log, search_line, &search, &w->e), &w->e);
	if (out_last != NULL)
		*out_last = search.last;
	return search.n;
}
