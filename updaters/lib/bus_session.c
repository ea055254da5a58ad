/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notifications in a person's session. Source: Desktop Notifications Specification 1.2 */
#include "updaters/lib/bus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "updaters/lib/bus_raw.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/text.h"

enum { ANSWER_US = 5 * 1000 * 1000, BODY_MAX = 16 << 10, CAPABILITIES_MAX = 64 };
enum { URGENCY_NORMAL = 1, URGENCY_CRITICAL = 2 };

#define SERVER                                                                                     \
	"org.freedesktop.Notifications", "/org/freedesktop/Notifications",                         \
		"org.freedesktop.Notifications"

struct capabilities {
	bool has_actions, has_markup;
};

static int session_ask(sd_bus *bus, struct capabilities *out, sd_bus_error *error)
{
	sd_bus_message *answer = NULL;
	const char *word = NULL;
	int code = sd_bus_call_method(bus, SERVER, "GetCapabilities", error, &answer, "");

	if (code >= 0)
		code = sd_bus_message_enter_container(answer, 'a', "s");
	for (int i = 0; code >= 0 && i < CAPABILITIES_MAX &&
			sd_bus_message_read_basic(answer, 's', &word) > 0;
		i++) {
		out->has_actions |= text_equal(word, "actions");
		out->has_markup |= text_equal(word, "body-markup");
	}
	sd_bus_message_unref(answer);
	return code;
}

/* What a server would read as markup. */
static void session_escape(const char *text, struct buf *out)
{
	for (; *text != '\0'; text++) {
		const char *entity = *text == '&'   ? "&amp;"
				     : *text == '<' ? "&lt;"
				     : *text == '>' ? "&gt;"
						    : NULL;

		if (entity != NULL)
			buf_puts(out, entity);
		else
			buf_put(out, text, 1);
	}
}

static int session_fill(
	sd_bus_message *call, const struct bus_notification *n, const struct capabilities *server)
{
	SCOPED_CLEAR(buf_clear) struct buf body = {0};
	size_t n_actions = server->has_actions ? n->n_actions : 0;
	int code;

	buf_init(&body, BODY_MAX);
	if (server->has_markup)
		session_escape(n->body, &body);
	else
		buf_puts(&body, n->body);
	code = sd_bus_message_append(
		call, "susss", "devupd", 0, n->icon, n->summary, buf_str(&body));
	if (code >= 0)
		code = sd_bus_message_open_container(call, 'a', "s");
	for (size_t i = 0; code >= 0 && i < n_actions; i++)
		code = sd_bus_message_append(call, "ss", n->actions[i].key, n->actions[i].label);
	if (code >= 0)
		code = sd_bus_message_close_container(call);
	return code < 0 ? code
			: sd_bus_message_append(call, "a{sv}i", 2, "urgency", "y",
				  n->is_urgent ? URGENCY_CRITICAL : URGENCY_NORMAL, "desktop-entry",
				  "s", "devupd", -1);
}

bool bus_notify(struct bus *b, const struct bus_notification *n, uint32_t *out_id,
	bool *out_has_actions, struct err *e)
{
	static const char what[] = "can't show a notification";
	struct capabilities server = {0};
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *call = NULL, *answer = NULL;
	uint32_t id = 0;
	int code;

	if (b == NULL)
		return err_set(e, ERR_INTERNAL, "%s: there is no session bus", what);
	code = session_ask(bus_raw(b), &server, &error);
	if (code >= 0)
		code = sd_bus_message_new_method_call(bus_raw(b), &call, SERVER, "Notify");
	if (code >= 0)
		code = session_fill(call, n, &server);
	if (code >= 0)
		code = sd_bus_call(bus_raw(b), call, ANSWER_US, &error, &answer);
	if (code >= 0)
		code = sd_bus_message_read_basic(answer, 'u', &id);
	if (code < 0)
		bus_fail(e, what, code, error.message);
	sd_bus_error_free(&error);
	sd_bus_message_unref(call);
	sd_bus_message_unref(answer);
	if (code < 0)
		return false;
	*out_id = id;
	*out_has_actions = server.has_actions && n->n_actions > 0;
	return true;
}

/* --- the answer -------------------------------------------------------------- */

struct waiting {
	uint32_t id;
	bool is_over;
	char *key;
	size_t key_size;
};

static int waiting_on_signal(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct waiting *w = user;
	const char *key = NULL;
	uint32_t id = 0;

	(void)error;
	if (sd_bus_message_read_basic(m, 'u', &id) <= 0 || id != w->id)
		return 0;
	if (sd_bus_message_is_signal(m, NULL, "ActionInvoked") > 0 &&
		sd_bus_message_read_basic(m, 's', &key) > 0)
		text_copy_cut(w->key, w->key_size, key);
	w->is_over = true;
	return 0;
}

bool bus_wait_action(
	struct bus *b, uint32_t id, uint64_t timeout_ms, char *out_key, size_t out_size)
{
	struct waiting w = {.id = id, .key = out_key, .key_size = out_size};
	uint64_t deadline_ms = clock_now_ms() + timeout_ms, now_ms;
	sd_bus_slot *slot = NULL;
	int code;

	out_key[0] = '\0';
	code = sd_bus_match_signal(bus_raw(b), &slot, SERVER, NULL, waiting_on_signal, &w);
	while (code >= 0 && !w.is_over && (now_ms = clock_now_ms()) < deadline_ms) {
		code = sd_bus_process(bus_raw(b), NULL);
		if (code == 0)
			code = sd_bus_wait(bus_raw(b), (deadline_ms - now_ms) * 1000);
	}
	sd_bus_slot_unref(slot);
	return out_key[0] != '\0';
}
