/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/mend.h"

#include <string.h>
#include <time.h>

#include "updaters/lib/list.h"
#include "updaters/lib/node.h"

enum { STEPS_MAX = 100000, ASIDE_MAX = 99 };

static void step_clear(struct mend_step *step)
{
	free(step->path);
	free(step->to);
	free(step->was);
	free(step->bytes);
	free(step->tells);
	strings_clear(&step->argv);
	strings_clear(&step->env);
	strings_clear(&step->ok_codes);
	free(step->search_path);
	free(step->watched);
	free(step->makes);
}

void mend_clear(struct mend *m)
{
	for (size_t i = 0; i < m->n_steps; i++)
		step_clear(&m->steps[i]);
	free(m->steps);
	*m = (struct mend){0};
}

struct mend_step *mend_add(struct mend *m, enum mend_type type)
{
	struct mend_step *steps = list_grow(m->steps, m->n_steps, STEPS_MAX, sizeof(*steps));

	if (steps == NULL)
		return NULL;
	m->steps = steps;
	steps[m->n_steps].type = type;
	return &steps[m->n_steps++];
}

static bool step_drop(struct mend *m)
{
	step_clear(&m->steps[--m->n_steps]);
	return false;
}

static bool copy_text(char **out, const char *text)
{
	*out = text == NULL ? NULL : strdup(text);
	return text == NULL || *out != NULL;
}

/* What all but RUN have. A step that is not whole is none. */
static bool add_paths(
	struct mend *m, enum mend_type type, const char *path, const char *was, const char *to)
{
	struct mend_step *step = mend_add(m, type);

	if (step == NULL)
		return false;
	if (copy_text(&step->path, path) && copy_text(&step->was, was) && copy_text(&step->to, to))
		return true;
	return step_drop(m);
}

bool mend_link(struct mend *m, const char *path, const char *was, const char *to)
{
	return add_paths(m, MEND_LINK, path, was, to);
}

bool mend_drop_link(struct mend *m, const char *path, const char *was)
{
	return add_paths(m, MEND_DROP_LINK, path, was, NULL);
}

bool mend_move(struct mend *m, const char *path, const char *to)
{
	return add_paths(m, MEND_MOVE, path, NULL, to);
}

bool mend_exchange(struct mend *m, const char *path, const char *to)
{
	return add_paths(m, MEND_EXCHANGE, path, NULL, to);
}

bool mend_write(
	struct mend *m, const char *path, const char *was_sha256, const void *bytes, size_t len)
{
	if (!add_paths(m, MEND_WRITE, path, was_sha256, NULL))
		return false;

	struct mend_step *step = &m->steps[m->n_steps - 1];

	step->bytes = malloc(len + 1);
	if (step->bytes == NULL)
		return step_drop(m);
	memcpy(step->bytes, bytes, len);
	step->len = len;
	return true;
}

bool mend_tell(struct mend *m, const char *tells)
{
	struct mend_step *step = &m->steps[m->n_steps - 1];

	free(step->tells);
	return copy_text(&step->tells, tells);
}

struct mend_step *mend_run(struct mend *m, const char *const *argv, uint64_t timeout_ms)
{
	struct mend_step *step = mend_add(m, MEND_RUN);

	for (size_t i = 0; step != NULL && argv[i] != NULL; i++) {
		if (!strings_add(&step->argv, argv[i])) {
			step_drop(m);
			step = NULL;
		}
	}
	if (step != NULL)
		step->timeout_ms = timeout_ms;
	return step;
}

bool mend_aside(const char *path, char *out, size_t out_size)
{
	time_t now = time(NULL);
	struct tm local = {0};
	char date[16], ending[8] = "";
	struct node node;

	if (localtime_r(&now, &local) == NULL ||
		strftime(date, sizeof(date), "%Y-%m-%d", &local) == 0)
		return false;
	for (int i = 2; i <= ASIDE_MAX; i++) {
		int n = snprintf(out, out_size, "%s.devupd-%s%s", path, date, ending);

		if (n < 0 || (size_t)n >= out_size || !node_look(out, &node, NULL))
			return false;
		if (node.type == NODE_NONE)
			return true;
		snprintf(ending, sizeof(ending), "-%d", i);
	}
	return false;
}
