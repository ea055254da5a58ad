/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/doctor.h"
#include "cmd/report.h"
#include "cmd/session.h"
#include "cmd/verb.h"
#include "updaters/verdict.h"

static int refuse(const struct options *o, const char *word)
{
	static const char *const words[] = {"python", NULL};
	bool is_near = text_nearest(word, words) != NULL;
	struct err e = {0};

	err_set(&e, ERR_USAGE, "doctor knows no '%s'; %s", word,
		is_near ? "did you mean 'python'?" : "devupd doctor looks at everything");
	return report_fail("doctor", o, &e);
}

static int look_at_everything(const struct options *o)
{
	struct run_setup setup = session_setup(o, "doctor");
	struct doctor d;
	int code;

	setup.with_trace = false;
	doctor_open(&d, &setup);
	doctor_look(&d);
	code = doctor_count(&d, DOCTOR_FAILURE) > 0 ? EXIT_FAILED : EXIT_DONE;
	if (d.has_run)
		code = session_settle(&d.run, code);
	if (o->json)
		doctor_document(&d, o, code, stdout);
	else
		doctor_table(&d, o, stdout);
	return doctor_close(&d, code);
}

int verb_doctor(const struct options *o)
{
	if (o->names.n_items == 0)
		return look_at_everything(o);
	return text_equal(o->names.items[0], "python") ? doctor_python_verb(o)
						       : refuse(o, o->names.items[0]);
}
