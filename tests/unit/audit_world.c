/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "audit_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

void open_state(struct world *w)
{
	char note[ERR_TEXT_MAX];

	assert_true(state_open(w->db, false, &w->state, note, sizeof(note), &w->e));
}

bool open_audit(struct world *w)
{
	struct audit_options o = {.path = w->log,
		.gid = (gid_t)-1,
		.run = "run-1",
		.verb = "upgrade",
		.uid = 1000,
		.sudo_user = "ana"};

	return audit_open(&o, w->state, &w->audit, &w->e);
}

void close_audit(struct world *w)
{
	audit_close(MOVE_PTR(w->audit));
}

int world_make(void **out)
{
	struct world *w = calloc(1, sizeof(*w));

	snprintf(w->folder, sizeof(w->folder), "/tmp/test_audit.XXXXXX");
	if (mkdtemp(w->folder) == NULL)
		return -1;
	snprintf(w->log, sizeof(w->log), "%s/audit.log", w->folder);
	snprintf(w->rotated, sizeof(w->rotated), "%s/audit.log.1", w->folder);
	snprintf(w->db, sizeof(w->db), "%s/state.db", w->folder);
	open_state(w);
	*out = w;
	return 0;
}

int world_drop(void **ptr)
{
	struct world *w = *ptr;
	DIR *d = opendir(w->folder);

	close_audit(w);
	state_close(w->state);
	for (struct dirent *entry = readdir(d); entry != NULL; entry = readdir(d))
		unlinkat(dirfd(d), entry->d_name, 0);
	closedir(d);
	rmdir(w->folder);
	free(w);
	return 0;
}

void write_one(struct world *w, enum audit_event event, const char *name, const char *to)
{
	struct audit_record r = {.event = event,
		.name = name,
		.kind = "deb",
		.step = STEP_APPLY,
		.from = "1.0",
		.to = to};

	if (!audit_write(w->audit, &r, &w->e))
		fail_msg("%s", w->e.text);
}

/* Records 1 to n, closed. */
void write_some(struct world *w, int n)
{
	assert_true(open_audit(w));
	for (int i = 0; i < n; i++)
		write_one(w, i % 2 == 0 ? AUDIT_INTENT : AUDIT_RESULT, "positron", "2.0");
	close_audit(w);
}

char *log_text(const char *path, size_t *out_len)
{
	char *text = NULL;

	assert_true(fs_read(path, 1 << 20, &text, out_len, NULL));
	return text;
}

void log_put(const struct world *w, const char *text, size_t len)
{
	assert_true(fs_replace(w->log, text, len, 0640, NULL));
}

/* Where line i (from 0) begins. */
char *line_at(char *text, int i)
{
	for (; i > 0; i--)
		text = strchr(text, '\n') + 1;
	return text;
}

struct audit_verdict verify(struct world *w)
{
	struct audit_verdict v = {0};

	if (!audit_verify(w->log, w->state, &v, &w->e))
		fail_msg("%s", w->e.text);
	assert_true(v.is_sound == (v.trouble[0] == '\0'));
	return v;
}

void assert_sound(struct world *w, uint64_t n)
{
	struct audit_verdict v = verify(w);

	if (!v.is_sound)
		fail_msg("%s", v.trouble);
	assert_int_equal(v.n_records, n);
	assert_false(v.is_one_short);
}

void assert_trouble(struct world *w, const char *what)
{
	struct audit_verdict v = verify(w);

	if (v.is_sound || strstr(v.trouble, what) == NULL)
		fail_msg("expected \"%s\", found \"%s\"", what, v.trouble);
}

static bool keep_last(void *user, const struct audit_line *line)
{
	struct last *last = user;

	last->line = *line;
	last->n++;
	return true;
}

struct last last_line(struct world *w)
{
	struct last last = {0};

	assert_true(audit_each(w->log, keep_last, &last, &w->e));
	return last;
}
