/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/editor/proof.h"

#include <stdio.h>
#include <unistd.h>

#include "updaters/editor/amend.h"
#include "updaters/editor/settings.h"
#include "updaters/lib/fs.h"

/* Is each path of the planned list in the one on the disk, and how many lead somewhere? */
static bool prove_list(const struct draft *planned, const struct draft *now, const char *key,
	size_t *n_there, struct err *e)
{
	SCOPED_CLEAR(draft_list_clear) struct draft_list want = {0}, have = {0};

	draft_list(planned, key, &want);
	draft_list(now, key, &have);
	for (size_t i = 0; i < want.n_items; i++) {
		bool is_there = want.items[i] == NULL;

		for (size_t k = 0; !is_there && k < have.n_items; k++)
			is_there = text_equal(want.items[i], have.items[k]);
		if (!is_there)
			return err_set(e, ERR_EDITOR, "%s: %s is not listed", key, want.items[i]);
		*n_there += want.items[i] != NULL && access(want.items[i], F_OK) == 0;
	}
	return true;
}

static bool prove_interpreter(
	const struct owner *o, const struct draft *now, char *out, size_t size, struct err *e)
{
	static const char code[] = "import platform; print(platform.python_version())";
	char value[PERSON_PATH_MAX], program[PERSON_PATH_MAX], version[32];
	const char *path = value;
	struct interpreter i;

	if (!jsonc_string(now->parsed, AMEND_INTERPRETER_KEY, value, sizeof(value)))
		return err_set(e, ERR_EDITOR, AMEND_INTERPRETER_KEY " is not set");
	/* a folder that holds an installation is a setting, too */
	if (!interpreter_look(value, &i) && fs_join(program, sizeof(program), value, "bin/python3"))
		path = program;
	if (!interpreter_run(o->person, path, code, version, sizeof(version), e))
		return false;
	snprintf(out, size, ", the default interpreter runs: %s", version);
	return true;
}

bool proof_of(const struct owner *o, const struct finding *before, const struct finding *now UNUSED,
	char *out_text, size_t text_size, struct err *e)
{
	static const char *const keys[] = {"python.analysis.extraPaths",
		"python.pyrefly.extraSearchPaths", "python.interpreters.include"};
	SCOPED_CLEAR(draft_clear) struct draft planned = {0}, found = {0};
	SCOPED_CLEAR(settings_clear) struct settings s = {0};
	const struct mend_step *step = before->mend.steps;
	char runs[128] = "";
	size_t n_there = 0;

	if (before->mend.n_steps != 1)
		return err_set(e, ERR_EDITOR, "%s: nothing was mended", before->item.path);
	if (!settings_read(before->item.path, &s, e) || !draft_begin(&found, s.raw, s.len, e) ||
		!draft_begin(&planned, step->bytes, step->len, e))
		return err_within(e, "%s", before->item.path);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!prove_list(&planned, &found, keys[i], &n_there, e))
			return false;
	if ((before->tag & AMEND_INTERPRETER) &&
		!prove_interpreter(o, &found, runs, sizeof(runs), e))
		return false;
	snprintf(out_text, text_size, "reads well, %zu of its paths %s there%s", n_there,
		n_there == 1 ? "is" : "are", runs);
	return true;
}
