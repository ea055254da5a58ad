/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/sudo.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "cmd/accepted.h"
#include "cmd/change_open.h"
#include "cmd/terminal.h"
#include "updaters/lib/child.h"

/* What was agreed to, for each entry that goes on. */
static bool sudo_add_accepted(struct strings *argv, const struct run *run)
{
	char word[ACCEPTED_WORD_MAX];

	for (size_t i = 0; i < run->plan.n_entries; i++) {
		const struct entry *entry = &run->plan.entries[i];

		if (entry->is_settled || !entry_needs_root(entry))
			continue;
		accepted_word(entry->name, &entry->result.release, word);
		if (!strings_add(argv, "--accepted") || !strings_add(argv, word))
			return false;
		snprintf(word, sizeof(word), "%s=%s", entry->name,
			change_open_word(entry->when_open));
		if (entry->when_open != WHEN_OPEN_UNASKED &&
			(!strings_add(argv, "--open") || !strings_add(argv, word)))
			return false;
	}
	return true;
}

static bool sudo_add_agreed(struct strings *argv, const struct options *o, const struct run *run)
{
	for (size_t i = 0; i < o->accepted_licenses.n_items; i++) {
		if (!strings_add(argv, "--accepted-license") ||
			!strings_add(argv, o->accepted_licenses.items[i]))
			return false;
	}
	return strings_add(argv, "--run-id") && strings_add(argv, run->id) &&
	       sudo_add_accepted(argv, run);
}

/* The names of the entries that go on, as they were typed. */
static bool sudo_add_entries(struct strings *argv, const struct run *run)
{
	char name[RECORD_NAME_MAX + DPKG_VERSION_MAX + 2];

	for (size_t i = 0; i < run->plan.n_entries; i++) {
		const struct entry *entry = &run->plan.entries[i];

		if (entry->is_settled || !entry_needs_root(entry))
			continue;
		snprintf(name, sizeof(name), "%s%s%s", entry->name,
			entry->wanted[0] != '\0' ? "=" : "", entry->wanted);
		if (!strings_add(argv, entry->hand_file[0] != '\0' ? entry->hand_file : name))
			return false;
	}
	return true;
}

static bool sudo_add_names(struct strings *argv, const struct options *o)
{
	for (size_t i = 0; i < o->names.n_items; i++) {
		if (!strings_add(argv, o->names.items[i]))
			return false;
	}
	return true;
}

static bool sudo_make_argv(const char *verb, const struct options *o, const struct run *run,
	struct strings *argv, struct err *e)
{
	const char *color =
		terminal_has_color(STDERR_FILENO, o) ? "--color=always" : "--color=never";
	const char *const head[] = {
		"/usr/bin/sudo", "--", "/usr/bin/devupd", verb, "--json", color};

	for (size_t i = 0; i < ARRAY_SIZE(head); i++) {
		if (!strings_add(argv, head[i]))
			return err_set(e, ERR_INTERNAL, "out of memory");
	}
	if (!options_hand_on(o, argv, e))
		return false;
	if ((run == NULL || sudo_add_agreed(argv, o, run)) && strings_add(argv, "--") &&
		(run != NULL ? sudo_add_entries(argv, run) : sudo_add_names(argv, o)))
		return true;
	return err_set(e, ERR_INTERNAL, "out of memory");
}

/*
 * Until the other half ends. A signal of ours is told to it by the socket: once sudo is root, it
 * takes none from us. While it asks for the password it does.
 */
static void sudo_read_all(int fd, pid_t pid, struct stop *stop, struct buf *out)
{
	struct pollfd wait[] = {
		{.fd = fd, .events = POLLIN},
		{.fd = stop != NULL ? stop->fd : -1, .events = POLLIN},
	};
	char bytes[16384];
	ssize_t n;

	for (;;) {
		if (poll(wait, ARRAY_SIZE(wait), -1) < 0 && errno != EINTR)
			return;
		if (wait[1].fd >= 0 && stop_is_asked(stop)) {
			stop_tell(fd, stop->signal);
			kill(pid, stop->signal);
			wait[1].fd = -1;
		}
		n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return;
		buf_put(out, bytes,
			(size_t)n); /* what is too long is no document: noticed when read */
	}
}

bool sudo_run(const char *verb, const struct options *o, const struct run *run, struct stop *stop,
	struct buf *out_text, int *out_status, struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings argv = {0};
	int ends[2];
	pid_t pid = -1;

	if (!sudo_make_argv(verb, o, run, &argv, e))
		return false;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return err_sys(e, ERR_INTERNAL, "no socket");

	SCOPED_CLOSE int our_end = ends[0];
	int its_end = ends[1];
	struct child_spec spec = {
		.argv = (const char *const *)argv.items,
		.envp = (const char *const *)environ,
		.fds = {{STDIN_FILENO, STDIN_FILENO}, {its_end, STDOUT_FILENO},
			{STDERR_FILENO, STDERR_FILENO}},
		.n_fds = 3,
	};
	bool is_started = child_start(&spec, &pid, e);

	close(its_end);
	if (!is_started) {
		e->code = ERR_ROOT;
		return err_within(e, "can't ask for root");
	}
	sudo_read_all(our_end, pid, stop, out_text);
	if (!child_wait(pid, out_status, e))
		return false;
	if (out_text->len == 0)
		return err_set(e, ERR_ROOT, "root was refused: sudo ended with %d and no report",
			*out_status);
	return true;
}
