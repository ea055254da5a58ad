/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mend_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/child.h"
#include "updaters/lib/digest.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/node.h"

enum { N_BUFFERS = 16, BUFFER_SIZE = PERSON_PATH_MAX + 16 };

int world_make(void **state)
{
	struct mend_world *w = calloc(1, sizeof(*w));
	char home[] = "/tmp/test_mend.XXXXXX";

	if (w == NULL || mkdtemp(home) == NULL)
		return -1;
	w->person.uid = geteuid();
	w->person.gid = getegid();
	if (!text_copy(w->person.name, sizeof(w->person.name), "ana") ||
		!text_copy(w->person.home, sizeof(w->person.home), home) ||
		!person_path(&w->person, "w", w->folder, sizeof(w->folder)))
		return -1;
	*state = w;
	return mkdir(w->folder, 0755);
}

int world_remove(void **state)
{
	struct mend_world *w = *state;
	bool is_gone = node_remove_tree(w->person.home, NULL);

	free(w);
	return !is_gone;
}

static char *buffer(void)
{
	static char buffers[N_BUFFERS][BUFFER_SIZE];
	static int next;

	next = (next + 1) % N_BUFFERS;
	return buffers[next];
}

const char *at(const struct mend_world *w, const char *name)
{
	char *out = buffer();

	assert_true(fs_join(out, PERSON_PATH_MAX, w->folder, name));
	return out;
}

void put(const struct mend_world *w, const char *name, const char *text)
{
	struct err e = {0};

	if (!fs_replace(at(w, name), text, strlen(text), 0644, &e))
		fail_msg("%s", e.text);
}

void make_link(const struct mend_world *w, const char *name, const char *target)
{
	assert_int_equal(symlink(target, at(w, name)), 0);
}

const char *seen(const struct mend_world *w, const char *name)
{
	SCOPED_FREE char *text = NULL;
	char *out = buffer();
	struct node node;
	struct err e = {0};

	assert_true(node_look(at(w, name), &node, &e));
	if (node.type == NODE_FILE) {
		assert_true(fs_read(at(w, name), 1000, &text, NULL, &e));
		text_copy_cut(out, BUFFER_SIZE, text);
		return out;
	}
	snprintf(out, BUFFER_SIZE, "%s%s",
		node.type == NODE_LINK     ? "-> "
		: node.type == NODE_FOLDER ? "folder"
					   : "",
		node.target);
	return out;
}

const char *sha_of(const char *text)
{
	char *out = buffer();
	struct err e = {0};

	assert_true(digest_of(text, strlen(text), out, &e));
	return out;
}

/* --- what is told ------------------------------------------------------------ */

static const char *short_name(const struct mend_world *w, const char *path)
{
	size_t len = strlen(w->folder);

	return strncmp(path, w->folder, len) == 0 && path[len] == '/' ? path + len + 1 : path;
}

static void on_change(void *user, const char *path, const char *from, const char *to)
{
	struct mend_world *w = user;
	size_t used = strlen(w->told);

	snprintf(w->told + used, sizeof(w->told) - used, "%s %s>%s;", short_name(w, path),
		short_name(w, from), short_name(w, to));
}

static void on_refused(void *user, const char *path, const char *why)
{
	struct mend_world *w = user;
	size_t used = strlen(w->told);

	snprintf(w->told + used, sizeof(w->told) - used, "%s!%s;", short_name(w, path), why);
}

static void on_tick(void *user)
{
	((struct mend_world *)user)->n_ticks++;
}

static bool is_stopped(void *user)
{
	return ((struct mend_world *)user)->is_stopped;
}

/* --- taking, and taking back ------------------------------------------------- */

bool world_take(struct mend_world *w, struct mend *m, uint64_t wait_ms, struct err *e)
{
	SCOPED(undo_close) struct undo *undo = NULL;
	struct mender by = {.person = &w->person,
		.name = "u",
		.wait_ms = wait_ms,
		.on_change = on_change,
		.on_tick = on_tick,
		.is_stopped = is_stopped,
		.user = w};

	w->told[0] = '\0';
	*e = (struct err){0};
	assert_true(undo_open(&w->person, "r1", &undo, e));
	by.undo = undo;

	bool is_done = mend_take(m, &by, e);

	assert_int_equal(is_done, !err_is_set(e));
	mend_clear(m);
	return is_done;
}

void world_undo(struct mend_world *w, bool dry_run)
{
	struct undo_watch watch = {on_change, on_refused, w};
	struct err e = {0};

	w->told[0] = '\0';
	if (!undo_take_back(&w->person, "r1", "u", dry_run, &watch, &w->n_done, &w->n_refused, &e))
		fail_msg("%s", e.text);
}

char *world_photo(const struct mend_world *w)
{
	const char *const argv[] = {"/bin/sh", "-c",
		"find . -printf '%P %y %l %m\\n' | sort; "
		"find . -type f | sort | xargs -r -d '\\n' sha256sum",
		NULL};
	struct child_spec spec = {.argv = argv, .folder = w->folder};
	char *text = NULL;
	struct err e = {0};
	int status = -1;

	if (!child_run(&spec, 10000, 1 << 20, &text, NULL, &status, &e) || status != 0)
		fail_msg("%s", e.text);
	return text;
}

char *world_record(const struct mend_world *w)
{
	char path[PERSON_PATH_MAX], *text = NULL;
	struct err e = {0};

	assert_true(
		person_path(&w->person, ".local/state/devupd/undo/r1.jsonl", path, sizeof(path)));
	if (!fs_read(path, 1 << 20, &text, NULL, &e))
		fail_msg("%s", e.text);
	return text;
}
