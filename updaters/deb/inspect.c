/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/inspect.h"

#include <stdlib.h>
#include <string.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"

static const struct recipe *recipe_of(const struct inspect *t)
{
	return t->q.in.recipe;
}

static bool is_searching(const struct inspect *t)
{
	return t->choice.wanted[0] != '\0' || t->choice.below[0] != '\0';
}

/* --- choosing ---------------------------------------------------------------- */

static void choose(struct inspect *t, struct candidate *c)
{
	t->chosen = (size_t)(c - t->candidates.items);
	t->wanted = OUTCOME_AVAILABLE;
	if (t->q.in.offline) {
		if (t->q.page != NULL)
			inquiry_trace_unasked(&t->q, c->url);
		inspect_digest_begin(t);
		return;
	}
	probe_init(&t->probe, c->url);
	t->n_probes++;
	t->stage = INSPECT_PROBING;
}

/* The version to ask the archive for: the one wanted, or the highest known below. */
static const char *archive_version(const struct inspect *t)
{
	const char *best = NULL;

	if (t->choice.wanted[0] != '\0')
		return t->choice.wanted;
	for (size_t i = 0; i < t->candidates.n_items; i++) {
		const struct candidate *c = &t->candidates.items[i];

		if (c->source != RECIPE_SOURCES_MAX && dpkg_version_is_valid(c->version) &&
			dpkg_version_compare(c->version, t->choice.below) < 0 &&
			(best == NULL || dpkg_version_compare(c->version, best) > 0))
			best = c->version;
	}
	return best;
}

/* An older version that no source has any more: at the recipe's archive. */
static void try_archive(struct inspect *t)
{
	struct candidate *c = NULL;
	struct err e = {0};
	bool was_tried = false;
	const char *version = archive_version(t);

	for (size_t i = 0; i < t->candidates.n_items; i++)
		was_tried |= t->candidates.items[i].source == RECIPE_SOURCES_MAX;
	if (was_tried || version == NULL || recipe_of(t)->archive == NULL) {
		inspect_end_empty(t);
		return;
	}
	/* A copy: the list it lies in grows. */
	char copy[DPKG_VERSION_MAX];

	text_copy_cut(copy, sizeof(copy), version);
	if (!candidates_add_archive(&t->candidates, recipe_of(t), copy, &c, &e))
		inspect_fail(t, STEP_FIND, &e);
	else if (c->why != NULL) /* a source named the same address, and it is dead */
		inspect_end_empty(t);
	else
		choose(t, c);
}

static void next_source(struct inspect *t)
{
	t->source++;
	if (t->source < recipe_of(t)->n_sources) {
		t->stage = INSPECT_FINDING;
		find_begin(&t->find, t->source);
	} else if (is_searching(t)) {
		try_archive(t);
	} else {
		inspect_end_empty(t);
	}
}

static bool is_announced(const struct inspect *t)
{
	for (size_t i = 0; i < t->candidates.n_items; i++)
		if (t->candidates.items[i].why != NULL && !t->candidates.items[i].is_refused)
			return true;
	return false;
}

/* The installed version itself: nothing to fetch, but its digest is asked for. */
static struct candidate *find_installed(struct inspect *t)
{
	for (size_t i = 0; t->q.in.with_digest && i < t->candidates.n_items; i++) {
		struct candidate *c = &t->candidates.items[i];

		if (!c->is_refused && t->choice.installed[0] != '\0' &&
			dpkg_version_compare(c->version, t->choice.installed) == 0)
			return c;
	}
	return NULL;
}

/* A source has said what it knows: take its best, or say that nothing is newer, or go on. */
static void choose_from_source(struct inspect *t)
{
	struct candidate *best =
		t->n_probes < INSPECT_PROBES_MAX
			? choice_best(&t->choice, recipe_of(t), &t->candidates, t->source)
			: NULL;
	struct candidate *installed;

	if (best != NULL) {
		choose(t, best);
		return;
	}
	if (t->source >= recipe_of(t)->n_sources) {
		inspect_end_empty(t);
		return;
	}
	if (is_searching(t) || is_announced(t) || t->find.outcomes[t->source].n_usable == 0) {
		next_source(t);
		return;
	}
	installed = find_installed(t);
	if (installed == NULL) {
		inspect_end_current(t);
		return;
	}
	t->chosen = (size_t)(installed - t->candidates.items);
	t->wanted = OUTCOME_CURRENT;
	inspect_digest_begin(t);
}

/* --- probing ----------------------------------------------------------------- */

static void set_why(struct candidate *c, const char *text)
{
	free(c->why);
	c->why = strdup(text);
}

static void probe_done(struct inspect *t)
{
	struct candidate *c = &t->candidates.items[t->chosen];

	t->chosen = SIZE_MAX;
	if (t->probe.state == PROBE_DEAD) {
		c->is_dead = true;
		set_why(c, http_status_text(t->probe.status));
		choose_from_source(t);
	} else if (t->probe.state == PROBE_FAILED) {
		set_why(c, t->probe.error.text);
		if (!err_is_set(&t->probe_error))
			t->probe_error = t->probe.error;
		/* A host that can't be reached has no other live one either. */
		if (t->probe.error.code == ERR_HTTP)
			choose_from_source(t);
		else
			next_source(t);
	} else {
		t->chosen = (size_t)(c - t->candidates.items);
		if (t->probe.size_bytes > 0)
			c->size_bytes = t->probe.size_bytes;
		inspect_digest_begin(t);
	}
}

static bool find_step(struct inspect *t, struct http_request *out)
{
	if (find_next(&t->find, out))
		return true;
	choose_from_source(t);
	return false;
}

static bool probe_step(struct inspect *t, struct http_request *out)
{
	if (t->probe.state != PROBE_ASKING) {
		probe_done(t);
		return false;
	}
	inquiry_request(&t->q, t->probe.url, out);
	probe_request(&t->probe, out);
	return true;
}

static void probe_answer(struct inspect *t, const struct http_response *r, const struct err *e)
{
	probe_feed(&t->probe, r, e);
	inquiry_trace_request(&t->q, t->probe.url, r, false, "%s%s%s",
		t->probe.by_range ? "one byte" : "head only",
		t->probe.state == PROBE_LIVE ? ", answered by " : "",
		t->probe.state == PROBE_LIVE ? t->probe.host : "");
}

static void find_answer(struct inspect *t, const struct http_response *r, const struct err *e)
{
	find_feed(&t->find, r, e);
}

/* --- the task ---------------------------------------------------------------- */

/* step: true = here is a request; false = the stage has changed, look again. */
static const struct {
	bool (*step)(struct inspect *t, struct http_request *out);
	void (*answer)(struct inspect *t, const struct http_response *r, const struct err *e);
} stages[INSPECT_N_STAGES] = {
	[INSPECT_FINDING] = {find_step, find_answer},
	[INSPECT_PROBING] = {probe_step, probe_answer},
	[INSPECT_CHECKSUM] = {inspect_checksum_next, inspect_checksum_feed},
	[INSPECT_OTHERS] = {inspect_others_next, find_answer},
	[INSPECT_SIGNATURE] = {inspect_signature_next, inspect_signature_feed},
};

/* A source's own host serves that source; packages and checksums come from the recipe's hosts. */
static bool inspect_judge(void *user, const char *url, struct err *e)
{
	const struct inspect *t = user;
	const struct strings *hosts = &recipe_of(t)->hosts;

	if (t->stage == INSPECT_FINDING || t->stage == INSPECT_OTHERS)
		return find_judge(&t->find, url, e);
	return url_is_listed(url, (const char *const *)hosts->items, hosts->n_items) ||
	       err_set(e, ERR_POLICY, "%s is not on the recipe's list of hosts", url);
}

static bool inspect_next(struct task *task, struct http_request *out)
{
	struct inspect *t = (struct inspect *)task;

	while (t->stage != INSPECT_DONE)
		if (stages[t->stage].step(t, out)) {
			out->judge = inspect_judge;
			out->user = t;
			return true;
		}
	return false;
}

static void inspect_feed(struct task *task, const struct http_response *r, const struct err *e)
{
	struct inspect *t = (struct inspect *)task;

	if (t->stage != INSPECT_DONE)
		stages[t->stage].answer(t, r, e);
}

static void inspect_result(struct task *task, struct result *out)
{
	struct inspect *t = (struct inspect *)task;

	t->q.result.ms = clock_now_ms() - t->started_ms;
	*out = t->q.result;
	result_init(&t->q.result);
}

static void inspect_free(struct task *task)
{
	struct inspect *t = (struct inspect *)task;

	find_clear(&t->find);
	candidates_clear(&t->candidates);
	inquiry_clear(&t->q);
	free(t);
}

static const struct task_ops inspect_ops = {
	.next = inspect_next,
	.feed = inspect_feed,
	.result = inspect_result,
	.free = inspect_free,
};

/* A page came with the job: the sources are tried on it, and nothing is asked. */
static bool take_page(struct inspect *t, int fd, struct err *e)
{
	if (fd < 0)
		return true;
	t->q.in.offline = true;
	return fs_read_fd(fd, "the page", SOURCE_PAGE_MAX, &t->q.page, &t->q.page_len, e);
}

bool inspect_begin(
	const struct job *job, const struct worker_host *host, struct task **out, struct err *e)
{
	struct inspect *t = calloc(1, sizeof(*t));
	SCOPED_CLOSE int page_fd = job->fd;
	struct unpack u;

	if (t == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	t->task.ops = &inspect_ops;
	t->chosen = SIZE_MAX;
	t->started_ms = clock_now_ms();
	t->q.host = host;
	t->q.job_id = job->id;
	result_init(&t->q.result);
	unpack_init(&u, job->input.data, job->input.len);
	if (!deb_inspect_unpack(&u, &t->q.in, e) || !take_page(t, page_fd, e) ||
		!choice_init(&t->choice, &t->q.in, e)) {
		inspect_free(&t->task);
		return false;
	}
	text_copy_cut(t->q.result.installed, sizeof(t->q.result.installed), t->q.in.installed);
	find_init(&t->find, &t->q, &t->candidates);
	if (recipe_of(t)->n_sources > 0)
		find_begin(&t->find, 0);
	else
		inspect_end_empty(t);
	*out = &t->task;
	return true;
}
