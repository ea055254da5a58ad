/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What dpkg has installed, and who holds its locks. */
#include "updaters/lib/dpkg.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "updaters/lib/child.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

enum { QUERY_TIMEOUT_MS = 60 * 1000, LOCK_STEP_S = 1 };

/* Bytes from at to end, not NUL-ended. */
struct span {
	const char *at;
	const char *end;
};

/* --- a status file ----------------------------------------------------------- */

/*
 * The next paragraph; false at the end. Line by line: memmem is four times slower for two bytes,
 * and this is most of what a look-up costs.
 */
static bool next_paragraph(struct span *left, struct span *out)
{
	while (left->at < left->end && *left->at == '\n')
		left->at++;
	if (left->at == left->end)
		return false;

	const char *end = left->at;

	do
		end = memchr(end + 1, '\n', (size_t)(left->end - end - 1));
	while (end != NULL && end + 1 < left->end && end[1] != '\n');
	*out = (struct span){left->at, end == NULL ? left->end : end};
	left->at = out->end;
	return true;
}

/* dpkg writes its names in one spelling, one space behind the colon, Package first. */
static struct span find_field(struct span paragraph, const char *name)
{
	size_t name_len = strlen(name);

	for (const char *line = paragraph.at; line < paragraph.end;) {
		size_t left = (size_t)(paragraph.end - line);
		const char *end = memchr(line, '\n', left);

		if (end == NULL)
			end = paragraph.end;
		if ((size_t)(end - line) > name_len + 2 && memcmp(line, name, name_len) == 0 &&
			memcmp(line + name_len, ": ", 2) == 0)
			return (struct span){line + name_len + 2, end};
		line = end < paragraph.end ? end + 1 : end;
	}
	return (struct span){paragraph.end, paragraph.end};
}

static bool span_is(struct span s, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(s.end - s.at) == len && memcmp(s.at, word, len) == 0;
}

static bool span_copy(struct span s, char *out, size_t out_size)
{
	return text_copy_n(out, out_size, s.at, (size_t)(s.end - s.at));
}

/* "install ok installed": want, flag, state. */
static void read_status_words(struct dpkg_package *p)
{
	static const struct {
		const char *word;
		enum dpkg_state state;
	} states[] = {
		{"installed", DPKG_INSTALLED},
		{"triggers-awaited", DPKG_INSTALLED},
		{"triggers-pending", DPKG_INSTALLED},
		{"unpacked", DPKG_HALF},
		{"half-configured", DPKG_HALF},
		{"half-installed", DPKG_HALF},
	};
	const char *state = strrchr(p->status, ' ');

	p->is_held = text_starts(p->status, "hold ");
	p->state = DPKG_NOT_INSTALLED;
	for (size_t i = 0; state != NULL && i < ARRAY_SIZE(states); i++) {
		if (strcmp(state + 1, states[i].word) == 0)
			p->state = states[i].state;
	}
}

/* Of two architectures of one name, only the one asked for counts. */
static bool read_package(struct span paragraph, const char *arch, struct dpkg_package *out)
{
	struct dpkg_package p = {0};
	struct span its_arch = find_field(paragraph, "Architecture");

	if (!span_is(its_arch, arch) && !span_is(its_arch, "all"))
		return true;
	memcpy(p.name, out->name, sizeof(p.name));
	if (!span_copy(its_arch, p.architecture, sizeof(p.architecture)) ||
		!span_copy(find_field(paragraph, "Status"), p.status, sizeof(p.status)))
		return false;
	read_status_words(&p);
	if (p.state != DPKG_NOT_INSTALLED &&
		!span_copy(find_field(paragraph, "Version"), p.version, sizeof(p.version)))
		return false;
	if (out->state == DPKG_NOT_INSTALLED)
		*out = p;
	return true;
}

bool dpkg_status_parse(const char *text, size_t len, const char *const *names, size_t n,
	const char *arch, struct dpkg_package *out)
{
	struct span left = {text, text + len}, paragraph;

	for (size_t i = 0; i < n; i++) {
		out[i] = (struct dpkg_package){.state = DPKG_NOT_INSTALLED};
		if (!text_copy(out[i].name, sizeof(out[i].name), names[i]))
			return false;
	}
	while (next_paragraph(&left, &paragraph)) {
		struct span name = find_field(paragraph, "Package");

		for (size_t i = 0; i < n; i++) {
			if (name.at < name.end && *name.at == names[i][0] &&
				span_is(name, names[i]) && !read_package(paragraph, arch, &out[i]))
				return false;
		}
	}
	return true;
}

bool dpkg_odd_parse(
	const char *text, size_t len, struct strings *out_half, struct strings *out_held)
{
	struct span left = {text, text + len}, paragraph;

	while (next_paragraph(&left, &paragraph)) {
		struct dpkg_package p = {0};

		if (!span_copy(find_field(paragraph, "Package"), p.name, sizeof(p.name)) ||
			!span_copy(find_field(paragraph, "Status"), p.status, sizeof(p.status)))
			return false;
		read_status_words(&p);
		if ((p.state == DPKG_HALF && !strings_add(out_half, p.name)) ||
			(p.is_held && !strings_add(out_held, p.name)))
			return false;
	}
	return true;
}

bool dpkg_list_odd(struct strings *out_half, struct strings *out_held, struct err *e)
{
	SCOPED_FREE char *text = NULL;
	size_t len = 0;

	if (!fs_read(DPKG_STATUS, DPKG_STATUS_MAX_BYTES, &text, &len, e)) {
		e->code = ERR_DPKG;
		return false;
	}
	return dpkg_odd_parse(text, len, out_half, out_held) ||
	       err_set(e, ERR_DPKG, "can't make sense of " DPKG_STATUS);
}

bool dpkg_is_interrupted(const char *updates_folder)
{
	DIR *folder = opendir(updates_folder);
	bool is_interrupted = false;

	if (folder == NULL)
		return false;
	for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
		size_t n_digits = strspn(entry->d_name, "0123456789");

		if (n_digits > 0 && entry->d_name[n_digits] == '\0')
			is_interrupted = true;
	}
	closedir(folder);
	return is_interrupted;
}

/* --- asking ------------------------------------------------------------------ */

/* dpkg-query is made to answer in the form of a status file, so that one reader serves both. */
static bool query(const char *const *names, size_t n, const char *arch, struct dpkg_package *out,
	struct err *e)
{
	static const char format[] = "-f=Package: ${Package}\\nStatus: ${Status}\\n"
				     "Architecture: ${Architecture}\\nVersion: ${Version}\\n\\n";
	SCOPED_FREE const char **argv = calloc(n + 4, sizeof(*argv));
	SCOPED_FREE char *text = NULL;
	SCOPED_FREE char *errors = NULL;
	int status = 0;

	if (argv == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for %zu names", n);
	argv[0] = "/usr/bin/dpkg-query";
	argv[1] = "-W";
	argv[2] = format;
	memcpy(argv + 3, names, n * sizeof(*argv));

	struct child_spec spec = {.argv = argv};

	if (!child_run(&spec, QUERY_TIMEOUT_MS, DPKG_STATUS_MAX_BYTES, &text, &errors, &status, e))
		return err_within(e, "can't ask dpkg what is installed");
	if (status > 1) /* 1: some names are not known */
		return err_set(e, ERR_DPKG, "dpkg-query ended with %d: %s", status, errors);
	if (!dpkg_status_parse(text, strlen(text), names, n, arch, out))
		return err_set(e, ERR_DPKG, "dpkg-query answered what can't be read");
	return true;
}

bool dpkg_look_up(const char *const *names, size_t n, const char *arch, bool for_confirm,
	struct dpkg_package *out, struct err *e)
{
	SCOPED_FREE char *text = NULL;
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (!dpkg_name_is_valid(names[i]))
			return err_set(e, ERR_DPKG, "'%s' is no name of a package", names[i]);
	}
	if (n == 0)
		return true;
	if (!for_confirm && !dpkg_is_interrupted(DPKG_FOLDER "/updates") &&
		fs_read(DPKG_STATUS, DPKG_STATUS_MAX_BYTES, &text, &len, NULL) &&
		dpkg_status_parse(text, len, names, n, arch, out))
		return true;
	return query(names, n, arch, out, e);
}

/* --- locks ------------------------------------------------------------------- */

static void read_process_name(pid_t pid, char *out, size_t out_size)
{
	char path[64];
	SCOPED_FREE char *name = NULL;
	size_t len = 0;

	text_copy_cut(out, out_size, "");
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	if (fs_read(path, 64, &name, &len, NULL))
		text_escape(name, strcspn(name, "\n"), out, out_size);
}

/* A process in another PID namespace has number 0, one with a lock by description -1: still held.
 */
static bool fcntl_holder(const char *path, pid_t *out_pid, struct err *e)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	SCOPED_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	*out_pid = 0;
	if (fd < 0 && errno == ENOENT)
		return true;
	if (fd < 0 || fcntl(fd, F_GETLK, &lock) < 0)
		return err_sys(e, ERR_DPKG, "can't ask who holds %s", path);
	if (lock.l_type != F_UNLCK)
		*out_pid = lock.l_pid > 0 ? lock.l_pid : -1;
	return true;
}

bool dpkg_lock_holder(pid_t *out_pid, char *out_name, size_t out_size, struct err *e)
{
	pid_t pid = 0;

	if (!fcntl_holder(DPKG_FOLDER "/lock-frontend", &pid, e))
		return false;
	if (pid == 0 && !fcntl_holder(DPKG_FOLDER "/lock", &pid, e))
		return false;
	text_copy_cut(out_name, out_size, "");
	if (pid > 0)
		read_process_name(pid, out_name, out_size);
	*out_pid = pid;
	return true;
}

bool dpkg_lock_wait(const struct dpkg_wait *w, struct err *e)
{
	for (;;) {
		struct timespec step = {.tv_sec = LOCK_STEP_S};
		char name[64] = "";
		pid_t pid = 0;

		if (!dpkg_lock_holder(&pid, name, sizeof(name), e))
			return false;
		if (pid == 0)
			return true;
		if (clock_now_ms() >= w->deadline_ms ||
			(w->is_stopped != NULL && w->is_stopped(w->user)))
			return err_set(e, ERR_LOCK,
				"%s (pid %d) holds dpkg's lock; run again when it is done",
				name[0] != '\0' ? name : "another program", (int)pid);
		if (w->on_wait != NULL)
			w->on_wait(w->user, pid, name);
		nanosleep(&step, NULL);
	}
}
