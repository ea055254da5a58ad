/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * devupd-notify: shows what a run came to, in the session of the person who it runs as.
 *
 *	devupd-notify <NOTICE          by devupd, at the end of a run
 *	devupd-notify --stay NOTICE    by the person's own manager: waits for an answer
 *	devupd-notify --login          by the desktop: what came while this person was away
 *
 * The run's control group ends with the run, so whoever waits for an answer must be elsewhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "config/paths.h"

#include "updaters/lib/bus.h"
#include "updaters/lib/child.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/log.h"
#include "updaters/lib/process.h"
#include "updaters/telling_notice.h"

#define PKEXEC  "/usr/bin/pkexec"
#define DEVUPD  DEVUPD_BINDIR "/devupd"
#define PROGRAM DEVUPD_LIBEXECDIR "/devupd-notify"

enum {
	ANSWER_MS = 12 * 3600 * 1000,
	ACT_MS = 3600 * 1000,
	ACT_OUTPUT_MAX = 64 << 10,
	LABEL_MAX = 384,
	/* Source: pkexec(1) */
	STATUS_DISMISSED = 126,
	STATUS_NOT_ALLOWED = 127,
};

/* What can be answered for one name: the button, and the command behind it. */
static const struct answer {
	const char *key, *label, *done;
	bool takes_version;
	const char *words[5]; /* of devupd, before the name */
} answers[] = {
	{"wait", "Install %s when closed", "%s is installed when it has been closed", false,
		{"upgrade", "--yes", "--when-closed", NULL}},
	{"skip", "Skip %s", "%s is passed over", true, {"skip", NULL}},
};

enum { BUTTONS_MAX = NOTICE_OFFERS_MAX * ARRAY_SIZE(answers) };

struct button {
	const struct answer *answer;
	const struct notice_offer *offer;
	char key[32], label[LABEL_MAX];
};

/* --- showing ----------------------------------------------------------------- */

/* "positron", or "positron 2026.08.2+4" where the version counts. */
static void put_label(const char *format, const struct answer *answer,
	const struct notice_offer *offer, char *out, size_t out_size)
{
	const char *at = strstr(format, "%s");

	snprintf(out, out_size, "%.*s%s%s%s%s", (int)(at - format), format, offer->name,
		answer->takes_version ? " " : "", answer->takes_version ? offer->version : "",
		at + 2);
}

static size_t make_buttons(const struct notice *n, struct button *out)
{
	size_t n_buttons = 0;

	for (size_t i = 0; i < n->n_offers; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(answers); k++) {
			struct button *b = &out[n_buttons];

			if (!answers[k].takes_version && !n->offers[i].may_wait)
				continue;
			*b = (struct button){.answer = &answers[k], .offer = &n->offers[i]};
			snprintf(b->key, sizeof(b->key), "%s-%zu", answers[k].key, i);
			put_label(
				answers[k].label, b->answer, b->offer, b->label, sizeof(b->label));
			n_buttons++;
		}
	}
	return n_buttons;
}

static bool show(struct bus *bus, const struct notice *n, const struct button *buttons,
	size_t n_buttons, uint32_t *out_id, bool *out_has_actions, struct err *e)
{
	char summary[NOTICE_SUMMARY_MAX + 16];
	struct bus_action actions[BUTTONS_MAX];
	struct bus_notification notification = {
		.summary = summary,
		.body = n->body,
		.icon = n->is_urgent ? "dialog-warning" : "system-software-update",
		.is_urgent = n->is_urgent,
		.actions = actions,
		.n_actions = n_buttons,
	};

	for (size_t i = 0; i < n_buttons; i++)
		actions[i] = (struct bus_action){buttons[i].key, buttons[i].label};
	snprintf(summary, sizeof(summary), "devupd: %s", n->summary);
	return bus_notify(bus, &notification, out_id, out_has_actions, e);
}

/* --- answering --------------------------------------------------------------- */

/* The last line that it said, of whatever length. */
static void last_line(char *text, char *out, size_t out_size)
{
	char *line = text_trim(text), *newline = strrchr(line, '\n');

	line = newline != NULL ? newline + 1 : line;
	text_escape(line, strlen(line), out, out_size);
}

static bool act(
	const struct button *b, int *out_status, char *out_said, size_t said_size, struct err *e)
{
	const char *argv[8] = {PKEXEC, DEVUPD};
	char name[RECORD_NAME_MAX + DPKG_VERSION_MAX + 2];
	struct child_spec spec = {.argv = argv, .merges_output = true, .excess = CHILD_KEEP_END};
	SCOPED_FREE char *text = NULL;
	size_t n = 2;

	snprintf(name, sizeof(name), "%s%s%s", b->offer->name, b->answer->takes_version ? "=" : "",
		b->answer->takes_version ? b->offer->version : "");
	for (size_t i = 0; b->answer->words[i] != NULL; i++)
		argv[n++] = b->answer->words[i];
	argv[n] = name;
	if (!child_run(&spec, ACT_MS, ACT_OUTPUT_MAX, &text, NULL, out_status, e))
		return false;
	last_line(text, out_said, said_size);
	return true;
}

static void report(const struct button *b, int status, const char *said, struct notice *out)
{
	char done[LABEL_MAX];

	put_label(b->answer->done, b->answer, b->offer, done, sizeof(done));
	if (status == 0)
		text_copy_cut(out->summary, sizeof(out->summary), done);
	else if (status == STATUS_DISMISSED || status == STATUS_NOT_ALLOWED)
		text_copy_cut(out->summary, sizeof(out->summary), "nothing was changed");
	else
		snprintf(out->summary, sizeof(out->summary), "%s: exit code %d", b->offer->name,
			status);
	out->is_urgent = status != 0 && status != STATUS_DISMISSED;
	text_copy_cut(out->body, sizeof(out->body), status == 0 ? "" : said);
}

static bool answer(struct bus *bus, const struct button *b, struct err *e)
{
	struct notice result = {0};
	struct err failed = {0};
	char said[512];
	int status = 0;
	uint32_t id;
	bool has_actions;

	if (act(b, &status, said, sizeof(said), &failed)) {
		report(b, status, said, &result);
	} else {
		snprintf(result.summary, sizeof(result.summary), "%s failed", b->offer->name);
		text_copy_cut(result.body, sizeof(result.body), failed.text);
		result.is_urgent = true;
	}
	return show(bus, &result, NULL, 0, &id, &has_actions, e);
}

/* --- the two ways ------------------------------------------------------------- */

static bool stay(struct bus *bus, const struct notice *n, struct err *e)
{
	struct button buttons[BUTTONS_MAX];
	size_t n_buttons = make_buttons(n, buttons);
	bool has_actions = false;
	char key[sizeof(buttons[0].key)];
	uint32_t id = 0;

	if (!show(bus, n, buttons, n_buttons, &id, &has_actions, e))
		return false;
	if (!has_actions || n_buttons == 0 ||
		!bus_wait_action(bus, id, ANSWER_MS, key, sizeof(key)))
		return true;
	for (size_t i = 0; i < n_buttons; i++) {
		if (text_equal(key, buttons[i].key))
			return answer(bus, &buttons[i], e);
	}
	return true;
}

/* The manager would put its own variables in place of $WORDS. JSON has another spelling for "$". */
static bool hide_dollars(const struct buf *json, struct buf *out)
{
	for (size_t i = 0; i < json->len; i++)
		buf_puts(out, json->data[i] == '$' ? "\\u0024" : (char[]){json->data[i], '\0'});
	return !out->is_full;
}

static bool hand_on(struct bus *bus, const struct notice *n, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf json = {0};
	SCOPED_CLEAR(buf_clear) struct buf word = {0};
	char name[NOTICE_RUN_SIZE + 32];

	buf_init(&json, NOTICE_JSON_MAX);
	buf_init(&word, NOTICE_JSON_MAX);
	if (!notice_write(n, &json) || !hide_dollars(&json, &word))
		return err_set(e, ERR_TOO_BIG, "the notice does not fit");

	const char *argv[] = {PROGRAM, "--stay", buf_str(&word), NULL};
	struct bus_unit unit = {
		.name = name,
		.description = "devupd: what is new, and your answer",
		.argv = argv,
	};

	snprintf(name, sizeof(name), "devupd-notify-%s.service", n->run);
	return bus_start_unit(bus, &unit, NULL, e);
}

/* Without a manager that keeps it, it is shown without the buttons that nobody could wait for. */
static bool pass_on(struct bus *bus, const struct notice *n, struct err *e)
{
	struct err no_manager = {0};
	bool has_actions;
	uint32_t id;

	return (n->n_offers > 0 && hand_on(bus, n, &no_manager)) ||
	       show(bus, n, NULL, 0, &id, &has_actions, e);
}

/* Line by line; one that can't be read keeps none of the others away. */
static bool pass_on_kept(char *kept, struct err *e)
{
	SCOPED(bus_close) struct bus *bus = bus_open_session(NULL);
	char *cursor = kept, *line;
	bool is_fine = true;

	if (bus == NULL)
		return err_set(e, ERR_INTERNAL, "this session has no bus");
	while ((line = text_next(&cursor, '\n')) != NULL) {
		struct notice notice;
		struct err unread = {0};

		if (line[0] == '\0')
			continue;
		if (notice_read(line, strlen(line), &notice, &unread))
			is_fine &= pass_on(bus, &notice, e);
		else
			log_note("%s", unread.text);
	}
	return is_fine;
}

/* What root keeps for us is emptied when it has been shown. */
static bool login(struct err *e)
{
	struct paths paths;
	char path[PATHS_MAX + 16];
	SCOPED_FREE char *kept = NULL;

	paths_of_root(&paths);
	snprintf(path, sizeof(path), "%s/%u", paths.notices, (unsigned)getuid());

	SCOPED_CLOSE int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return true;
	if (fd < 0)
		return err_sys(e, ERR_STATE, "can't open %s", path);
	return fs_read_fd(fd, path, NOTICE_KEPT_MAX, &kept, NULL, e) && pass_on_kept(kept, e) &&
	       (ftruncate(fd, 0) == 0 || err_sys(e, ERR_STATE, "can't empty %s", path));
}

static bool notify(int argc, char **argv, struct err *e)
{
	bool stays = argc == 3 && text_equal(argv[1], "--stay");
	SCOPED(bus_close) struct bus *bus = NULL;
	SCOPED_FREE char *given = NULL;
	const char *json = stays ? argv[2] : NULL;
	struct notice notice;

	if (argc == 2 && text_equal(argv[1], "--login"))
		return login(e);
	if (argc != 1 && !stays)
		return err_set(
			e, ERR_USAGE, "devupd starts this program itself; run devupd instead");
	if (!stays) {
		if (!fs_read_fd(STDIN_FILENO, "the notice", NOTICE_JSON_MAX, &given, NULL, e))
			return false;
		json = given;
	}
	if (!notice_read(json, strlen(json), &notice, e))
		return false;
	bus = bus_open_session(NULL);
	if (bus == NULL)
		return err_set(e, ERR_INTERNAL, "this session has no bus");
	return stays ? stay(bus, &notice, e) : pass_on(bus, &notice, e);
}

int main(int argc, char **argv)
{
	struct err e = {0};

	if (!process_settle())
		log_note("can't open /dev/null: %s", strerror(errno));
	if (notify(argc, argv, &e))
		return 0;
	log_error("notify: %s", e.text);
	return e.code == ERR_USAGE ? 2 : 1;
}
