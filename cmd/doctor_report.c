/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/doctor.h"

#include <string.h>

#include "cmd/report.h"
#include "cmd/terminal.h"
#include "updaters/lib/json.h"

enum { LINE_MAX_BYTES = 4 * RECORD_TEXT_MAX, DOCUMENT_MAX_BYTES = 16 << 20 };

/* How each is told and coloured; "-" is nobody's fault. */
static const struct {
	const char *word, *color;
} states[DOCTOR_N_STATES] = {
	[DOCTOR_OK] = {"ok", "\033[32m"},
	[DOCTOR_WARNING] = {"warning", "\033[33m"},
	[DOCTOR_FAILURE] = {"failure", "\033[31m"},
	[DOCTOR_NOT_APPLICABLE] = {"-", ""},
};

struct table {
	FILE *out;
	size_t title_width;
	bool has_color, is_terminal;
};

static size_t title_width(const struct doctor *d)
{
	size_t width = 0;

	for (size_t i = 0; i < d->n_findings; i++) {
		size_t len = strlen(d->findings[i].title);

		width = len > width ? len : width;
	}
	return width;
}

static bool is_trouble(enum doctor_state state)
{
	return state == DOCTOR_WARNING || state == DOCTOR_FAILURE;
}

/* What is in order has one line; what is not is told in full, and how it is mended. */
static void put_finding(const struct table *t, const struct doctor_finding *f)
{
	size_t word_width = strlen("warning"), left = word_width + t->title_width + 4;
	const char *color = t->has_color ? states[f->state].color : "";
	char line[LINE_MAX_BYTES];

	text_escape(f->evidence, strlen(f->evidence), line, sizeof(line));
	if (t->is_terminal && !is_trouble(f->state)) {
		size_t columns = terminal_columns(fileno(t->out));

		terminal_cut(line, sizeof(line), columns > left + 10 ? columns - left : 10);
	}
	fprintf(t->out, "%s%-*s%s  %-*s  %s\n", color, (int)word_width, states[f->state].word,
		color[0] != '\0' ? "\033[0m" : "", (int)t->title_width, f->title, line);
	if (f->mend[0] == '\0')
		return;
	text_escape(f->mend, strlen(f->mend), line, sizeof(line));
	fprintf(t->out, "%*s%s\n", (int)left, "", line);
}

static void put_closing(const struct doctor *d, FILE *out)
{
	size_t n_failures = doctor_count(d, DOCTOR_FAILURE);
	size_t n_warnings = doctor_count(d, DOCTOR_WARNING);

	fprintf(out, n_failures > 0 ? "a run would fail" : "a run would work");
	if (n_failures > 0)
		fprintf(out, ": %zu failure%s", n_failures, n_failures == 1 ? "" : "s");
	if (n_warnings > 0)
		fprintf(out, "%s%zu warning%s", n_failures > 0 ? ", " : ": ", n_warnings,
			n_warnings == 1 ? "" : "s");
	fputc('\n', out);
}

void doctor_table(const struct doctor *d, const struct options *o, FILE *out)
{
	struct table t = {
		.out = out,
		.title_width = title_width(d),
		.has_color = terminal_has_color(fileno(out), o),
		.is_terminal = terminal_is(fileno(out)),
	};

	for (size_t i = 0; i < d->n_findings; i++) {
		if (o->verbosity >= 0 || is_trouble(d->findings[i].state))
			put_finding(&t, &d->findings[i]);
	}
	if (o->verbosity >= 0)
		put_closing(d, out);
	fflush(out);
}

void doctor_document(const struct doctor *d, const struct options *o, int exit_code, FILE *out)
{
	SCOPED_CLEAR(buf_clear) struct buf body = {0};
	struct json_writer w;

	buf_init(&body, DOCUMENT_MAX_BYTES);
	json_writer_init(&w, &body);
	json_open(&w, "checks", '[');
	for (size_t i = 0; i < d->n_findings; i++) {
		const struct doctor_finding *f = &d->findings[i];

		json_open(&w, NULL, '{');
		json_put_str(&w, "id", f->id);
		json_put_str(&w, "title", f->title);
		json_put_str(&w, "state", doctor_state_token(f->state));
		json_put_str(&w, "evidence", f->evidence);
		json_put_known(&w, "mend", f->mend);
		json_close(&w, '}');
	}
	json_close(&w, ']');
	report_own_document("doctor", o, exit_code, NULL, buf_str(&body), out);
}
