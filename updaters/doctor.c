/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "updaters/doctor_parts.h"
#include "updaters/lib/list.h"

/* In this order: what is looked at later may rest on what comes before; the look at the names makes
 * folders, and so comes after they were looked at. */
const struct doctor_check doctor_checks[] = {
	{"settings", "settings", doctor_settings},
	{"recipes", "recipes", doctor_recipes},
	{"trusted", "owners of settings", doctor_trusted},
	{"programs", "own programs", doctor_programs},
	{"user", "workers' user", doctor_user},
	{"folders", "folders", doctor_folders},
	{"own-folders", "own folders", doctor_own_folders},
	{"state", "memory", doctor_state},
	{"trail", "record", doctor_trail},
	{"apt", "apt", doctor_apt_programs},
	{"interrupted", "dpkg", doctor_interrupted},
	{"packages", "packages", doctor_packages},
	{"apt-sources", "apt's sources", doctor_apt_sources},
	{"dependencies", "dependencies", doctor_dependencies},
	{"apt-lists", "apt's lists", doctor_apt_lists},
	{"locks", "locks", doctor_locks},
	{"space", "space", doctor_space},
	{"clock", "clock", doctor_clock},
	{"kernel", "kernel", doctor_kernel},
	{"limits", "limits", doctor_limits},
	{"timer", "timer", doctor_timer},
	{"service", "last run", doctor_service},
	{"telling", "telling", doctor_telling},
	{"root", "becoming root", doctor_root},
	{"reader", "reading the record", doctor_reader},
	{"buttons", "buttons", doctor_buttons},
	{"homebrew", "Homebrew", doctor_brew},
	{"route", "network", doctor_route},
	{"resolver", "resolver", doctor_resolver},
	{"proxy", "proxy", doctor_proxy},
	{"certificates", "certificates", doctor_certificates},
	{"names", "names", doctor_names},
	{"sources", "sources", doctor_sources},
	{"licences", "licences", doctor_licenses},
	{"python", "python", doctor_python},
	{0},
};

const char *doctor_state_token(enum doctor_state state)
{
	static const char *const tokens[DOCTOR_N_STATES] = {
		"ok", "warning", "failure", "not applicable"};

	return tokens[state];
}

/* --- what a check says ------------------------------------------------------- */

void doctor_say(struct doctor *d, enum doctor_state state, const char *format, ...)
{
	struct doctor_finding *grown =
		list_grow(d->findings, d->n_findings, DOCTOR_FINDINGS_MAX, sizeof(*d->findings));
	struct doctor_finding *f;
	va_list args;

	if (grown == NULL)
		return;
	d->findings = grown;
	f = &grown[d->n_findings++];
	f->id = d->at->id;
	f->title = d->at->title;
	f->state = state;
	va_start(args, format);
	vsnprintf(f->evidence, sizeof(f->evidence), format, args);
	va_end(args);
}

void doctor_mend(struct doctor *d, const char *format, ...)
{
	struct doctor_finding *f = d->n_findings > 0 ? &d->findings[d->n_findings - 1] : NULL;
	va_list args;

	if (f == NULL)
		return;
	va_start(args, format);
	vsnprintf(f->mend, sizeof(f->mend), format, args);
	va_end(args);
}

/* Where an error's text turns to what to do; NULL: it does not. */
static const char *advice_in(const char *text)
{
	const char *sudo = strstr(text, "; sudo ");

	return sudo != NULL ? sudo : strstr(text, ": chmod ");
}

void doctor_say_error(
	struct doctor *d, enum doctor_state state, const char *text, const char *otherwise)
{
	const char *advice = advice_in(text);

	doctor_say(
		d, state, "%.*s", advice != NULL ? (int)(advice - text) : (int)strlen(text), text);
	if (advice != NULL)
		doctor_mend(d, "%s%s", advice[0] == ':' ? "sudo " : "", advice + strlen("; "));
	else if (otherwise != NULL)
		doctor_mend(d, "%s", otherwise);
}

void doctor_say_roots(struct doctor *d, const char *what)
{
	doctor_say(d, DOCTOR_NOT_APPLICABLE, "only root can look at %s", what);
	doctor_mend(d, "sudo devupd doctor");
}

static bool is_plain(const char *word)
{
	return word[0] != '\0' && word[strspn(word, "abcdefghijklmnopqrstuvwxyz"
						    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						    "0123456789_@%+=:,./-")] == '\0';
}

void doctor_put_word(struct buf *b, const char *word)
{
	if (is_plain(word)) {
		buf_puts(b, word);
		return;
	}
	buf_puts(b, "'");
	for (const char *at = word; *at != '\0'; at++) {
		if (*at == '\'')
			buf_puts(b, "'\\''");
		else
			buf_put(b, at, 1);
	}
	buf_puts(b, "'");
}

void doctor_join(const struct strings *list, char *out, size_t out_size)
{
	enum { SHOWN = 8 };
	SCOPED_CLEAR(buf_clear) struct buf b = {0};

	buf_init(&b, out_size);
	for (size_t i = 0; i < list->n_items && i < SHOWN; i++)
		buf_printf(&b, "%s%s", i > 0 ? ", " : "", list->items[i]);
	if (list->n_items > SHOWN)
		buf_printf(&b, " and %zu more", list->n_items - SHOWN);
	text_copy_cut(out, out_size, buf_str(&b));
}

/* --- the whole --------------------------------------------------------------- */

/* Owners and modes have a check of their own: here only what the files say. */
static void load(struct doctor *d)
{
	static const char *const standard[] = {
		DEVUPD_DATADIR "/recipes", DEVUPD_SYSCONFDIR "/recipes"};
	const char *given[] = {d->setup.recipes_folder};
	bool is_given = given[0] != NULL;

	d->has_settings = config_load(d->setup.config_file, false, &d->config, &d->config_errors);
	if (!host_read("", &d->host, &d->recipes_error))
		return;
	(void)!recipes_load(is_given ? given : standard, is_given ? 1 : ARRAY_SIZE(standard),
		d->config.updaters, &d->host, false, &d->recipes, &d->recipes_error);
}

static void open_state(const char *path, struct state **out, char *note, size_t note_size)
{
	struct err e = {0};

	if (!state_open(path, true, out, note, note_size, &e))
		text_copy_cut(note, note_size, e.text);
}

void doctor_open(struct doctor *d, const struct run_setup *setup)
{
	struct err e = {0};

	*d = (struct doctor){.setup = *setup, .is_root = geteuid() == 0};
	paths_of_root(&d->roots);
	d->own = d->roots;
	d->has_own = d->is_root || paths_of_person(&d->own, &e);
	load(d);
	open_state(d->roots.state_db, &d->root_state, d->root_note, sizeof(d->root_note));
	if (!d->is_root && d->has_own)
		open_state(d->own.state_db, &d->own_state, d->own_note, sizeof(d->own_note));
}

void doctor_look(struct doctor *d)
{
	for (d->at = doctor_checks; d->at->id != NULL; d->at++)
		d->at->look(d);
}

size_t doctor_count(const struct doctor *d, enum doctor_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_findings; i++)
		n += d->findings[i].state == state;
	return n;
}

int doctor_close(struct doctor *d, int exit_code)
{
	if (d->has_run)
		exit_code = run_close(&d->run, exit_code);
	state_close(d->root_state);
	state_close(d->own_state);
	recipes_clear(&d->recipes);
	config_clear(&d->config);
	yaml_errors_clear(&d->config_errors);
	free(d->findings);
	*d = (struct doctor){0};
	return exit_code;
}
