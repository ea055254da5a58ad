/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/sudo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cmd/terminal.h"
#include "updaters/lib/child.h"

static bool sudo_add_flags(struct strings *argv, const struct options *o)
{
	const struct {
		bool is_given;
		const char *flag;
	} flags[] = {
		{o->yes, "--yes"},
		{o->offline, "--offline"},
		{o->download_only, "--download-only"},
		{o->allow_downgrade, "--allow-downgrade"},
		{o->reinstall, "--reinstall"},
		{o->no_progress, "--no-progress"},
		{o->verbosity < 0, "--quiet"},
		{o->verbosity > 0, "-v"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (flags[i].is_given && !strings_add(argv, flags[i].flag))
			return false;
	}
	return strings_add(
		argv, terminal_has_color(STDERR_FILENO, o) ? "--color=always" : "--color=never");
}

static bool sudo_add_option(struct strings *argv, const char *name, const char *word)
{
	return word == NULL || (strings_add(argv, name) && strings_add(argv, word));
}

static bool sudo_add_number(struct strings *argv, const char *name, bool is_given, uint64_t n)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	return !is_given || (strings_add(argv, name) && strings_add(argv, text));
}

/* What was agreed to, for each entry that goes on, and its name as it was typed. */
static bool sudo_add_entry(struct strings *argv, const struct entry *entry)
{
	const struct release *r = &entry->result.release;
	char accepted[RECORD_NAME_MAX + DPKG_VERSION_MAX + SHA256_HEX_SIZE + 4];
	char name[RECORD_NAME_MAX + DPKG_VERSION_MAX + 2];

	snprintf(accepted, sizeof(accepted), "%s=%s,%s", entry->name, r->version, r->sha256);
	snprintf(name, sizeof(name), "%s%s%s", entry->name, entry->wanted[0] != '\0' ? "=" : "",
		entry->wanted);
	return strings_add(argv, "--accepted") && strings_add(argv, accepted) &&
	       strings_add(argv, entry->hand_file[0] != '\0' ? entry->hand_file : name);
}

static bool sudo_add_words(struct strings *argv, const struct options *o, const struct run *run)
{
	for (size_t i = 0; run == NULL && i < o->names.n_items; i++) {
		if (!strings_add(argv, o->names.items[i]))
			return false;
	}
	for (size_t i = 0; i < o->accepted_licenses.n_items; i++) {
		if (!strings_add(argv, "--accepted-license") ||
			!strings_add(argv, o->accepted_licenses.items[i]))
			return false;
	}
	for (size_t i = 0; run != NULL && i < run->plan.n_entries; i++) {
		if (!run->plan.entries[i].is_settled &&
			!sudo_add_entry(argv, &run->plan.entries[i]))
			return false;
	}
	return true;
}

static bool sudo_make_argv(
	const char *verb, const struct options *o, const struct run *run, struct strings *argv)
{
	return strings_add(argv, "/usr/bin/sudo") && strings_add(argv, "--") &&
	       strings_add(argv, "/usr/bin/devupd") && strings_add(argv, verb) &&
	       strings_add(argv, "--json") &&
	       (run == NULL ||
		       (sudo_add_option(argv, "--run-id", run->id) && sudo_add_flags(argv, o))) &&
	       sudo_add_option(argv, "--config", o->config_file) &&
	       sudo_add_option(argv, "--recipes", o->recipes_folder) &&
	       sudo_add_option(argv, "--until", o->until) &&
	       sudo_add_option(argv, "--reason", o->reason) &&
	       sudo_add_number(argv, "--wait", o->has_wait, o->wait_s) &&
	       sudo_add_number(argv, "--jobs", o->has_jobs, o->jobs) &&
	       sudo_add_words(argv, o, run);
}

static bool sudo_read_all(int fd, struct buf *out)
{
	char bytes[16384];
	ssize_t n;

	for (;;) {
		n = read(fd, bytes, sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		buf_put(out, bytes,
			(size_t)n); /* what is too long is no document: noticed when read */
	}
}

bool sudo_run(const char *verb, const struct options *o, const struct run *run,
	struct buf *out_text, int *out_status, struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings argv = {0};
	int ends[2];
	pid_t pid = -1;

	if (!sudo_make_argv(verb, o, run, &argv))
		return err_set(e, ERR_INTERNAL, "out of memory");
	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_sys(e, ERR_INTERNAL, "no pipe");

	SCOPED_CLOSE int read_end = ends[0];
	int write_end = ends[1];
	struct child_spec spec = {
		.argv = (const char *const *)argv.items,
		.envp = (const char *const *)environ,
		.fds = {{STDIN_FILENO, STDIN_FILENO}, {write_end, STDOUT_FILENO},
			{STDERR_FILENO, STDERR_FILENO}},
		.n_fds = 3,
	};
	bool is_started = child_start(&spec, &pid, e);

	close(write_end);
	if (!is_started) {
		e->code = ERR_ROOT;
		return err_within(e, "can't ask for root");
	}
	sudo_read_all(read_end, out_text);
	if (!child_wait(pid, out_status, e))
		return false;
	if (out_text->len == 0)
		return err_set(e, ERR_ROOT, "root was refused: sudo ended with %d and no report",
			*out_status);
	return true;
}
