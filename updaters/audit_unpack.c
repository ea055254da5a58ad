/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/audit_unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "updaters/lib/child.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

/* What its dictionary may take is told to xz; the others have such a limit by themselves. */
static const struct unpacker {
	const char *suffix;
	const char *argv[4];
} unpackers[] = {
	{".gz", {"/usr/bin/gzip", "-dc"}},
	{".xz", {"/usr/bin/xz", "-dc", "--memlimit-decompress=128MiB"}},
	{".zst", {"/usr/bin/zstd", "-dcq"}},
	{".bz2", {"/usr/bin/bzip2", "-dc"}},
};

const char *unpack_suffix(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(unpackers); i++) {
		size_t suffix_len = strlen(unpackers[i].suffix);

		if (len > suffix_len && text_equal(name + len - suffix_len, unpackers[i].suffix))
			return unpackers[i].suffix;
	}
	return "";
}

/* One file being unpacked: what the program has said so far that is no whole line yet. */
struct unpacking {
	pid_t pid;
	int out, errors; /* the program's output, by a pipe; its complaints, in memory */
	size_t len;
	uint64_t n_unpacked;
	char text[TRAIL_LINE_MAX + 1];
};

static void unpacking_free(struct unpacking *u)
{
	if (u == NULL)
		return;
	scope_close_fd(&u->out);
	scope_close_fd(&u->errors);
	free(u);
}
DEFINE_SCOPED(struct unpacking *, unpacking_free);

static bool unpacking_start(
	struct unpacking *u, int fd, const struct unpacker *unpacker, struct err *e)
{
	int ends[2] = {-1, -1};

	u->errors = memfd_create("unpack", MFD_CLOEXEC);
	if (u->errors < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, ERR_INTERNAL, "can't make a pipe to %s", unpacker->argv[0]);
	u->out = ends[0];

	SCOPED_CLOSE int in = ends[1];
	struct child_spec spec = {
		.argv = unpacker->argv,
		.fds = {{fd, 0}, {in, 1}, {u->errors, 2}},
		.n_fds = 3,
		.dies_with_us = true,
	};

	return child_start(&spec, &u->pid, e);
}

/* The whole lines of what is there; a rest stays for later. */
static bool lines_give(
	struct unpacking *u, struct trail_line *line, trail_on_line *on_line, void *user)
{
	const char *at = u->text, *end = u->text + u->len, *newline;
	bool go_on = true;

	while (go_on && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		line->number++;
		line->raw = at;
		line->len = (size_t)(newline - at);
		go_on = on_line(user, line);
		at = newline + 1;
	}
	u->len = (size_t)(end - at);
	memmove(u->text, at, u->len);
	return go_on;
}

/* The next bytes. false: there are none, for ever */
static bool unpacking_read(struct unpacking *u, const char **out_fault)
{
	ssize_t n;

	if (u->len == sizeof(u->text))
		*out_fault = "a line longer than any of ours";
	else if (u->n_unpacked > TRAIL_FILE_MAX)
		*out_fault = "it unpacks to more than any file of ours";
	if (*out_fault != NULL)
		return false;
	do
		n = read(u->out, u->text + u->len, sizeof(u->text) - u->len);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	u->len += (size_t)n;
	u->n_unpacked += (uint64_t)n;
	return true;
}

/* The program has gone afterwards. Out: out_fault   what it said, where it failed; else untouched
 */
static bool unpacking_end(
	struct unpacking *u, bool is_at_end, char *out_fault, size_t fault_size, struct err *e)
{
	char said[160] = "";
	size_t n = 0;
	int status = 0;

	if (!is_at_end)
		kill(u->pid, SIGKILL);
	if (!child_wait(u->pid, &status, e))
		return false;
	if (!is_at_end || status == 0)
		return true;
	if (fs_read_at(u->errors, said, sizeof(said) - 1, 0, &n))
		said[n] = '\0';

	const char *words = text_trim(said);

	said[strcspn(words, "\n") + (size_t)(words - said)] = '\0';
	text_escape(words, strlen(words), out_fault, fault_size);
	if (out_fault[0] == '\0')
		text_copy_cut(out_fault, fault_size, "no reason given");
	return true;
}

static void fault_give(
	struct trail_line *line, const char *why, trail_on_line *on_line, void *user, bool *go_on)
{
	char fault[256];

	snprintf(fault, sizeof(fault), "can't be unpacked from here on: %.200s", why);
	line->number++;
	line->raw = "";
	line->len = 0;
	line->fault = fault;
	*go_on = on_line(user, line);
	line->fault = NULL;
}

static const struct unpacker *unpacker_of(const char *suffix)
{
	size_t i = 0;

	while (!text_equal(unpackers[i].suffix, suffix))
		i++;
	return &unpackers[i];
}

bool unpack_walk(int fd, const char *suffix, struct trail_line *line, trail_on_line *on_line,
	void *user, bool *out_go_on, struct err *e)
{
	SCOPED(unpacking_free) struct unpacking *u = malloc(sizeof(*u));
	const char *too_much = NULL;
	struct err not_started = {0};
	char why[256] = "";

	if (u == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for the audit trail");
	u->out = u->errors = -1;
	u->len = u->n_unpacked = 0;
	if (!unpacking_start(u, fd, unpacker_of(suffix), &not_started)) {
		fault_give(line, not_started.text, on_line, user, out_go_on);
		return true;
	}
	while (*out_go_on && unpacking_read(u, &too_much))
		*out_go_on = lines_give(u, line, on_line, user);
	if (!unpacking_end(u, *out_go_on && too_much == NULL, why, sizeof(why), e))
		return false;
	if (too_much != NULL)
		text_copy_cut(why, sizeof(why), too_much);
	if (*out_go_on && why[0] != '\0') {
		fault_give(line, why, on_line, user, out_go_on);
	} else if (*out_go_on && u->len > 0) {
		line->number++;
		line->raw = u->text;
		line->len = u->len;
		line->is_torn = true;
		*out_go_on = on_line(user, line);
	}
	return true;
}
