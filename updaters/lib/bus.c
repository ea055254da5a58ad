/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The system: power, network, logind, and what its manager runs and is about to run. */
#include "updaters/lib/bus.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "updaters/lib/bus_raw.h"
#include "updaters/lib/text.h"

enum { ANSWER_US = 5 * 1000 * 1000 };

struct bus {
	sd_bus *raw;
};

sd_bus *bus_raw(const struct bus *b)
{
	return b->raw;
}

bool bus_fail(struct err *e, const char *what, int code, const char *said)
{
	return err_set(e, ERR_INTERNAL, "%s: %s", what,
		said != NULL && said[0] != '\0' ? said : strerror(-code));
}

/* --- connections ------------------------------------------------------------- */

static struct bus *bus_of(sd_bus *raw)
{
	struct bus *b = calloc(1, sizeof(*b));

	if (b == NULL) {
		sd_bus_unref(raw);
		return NULL;
	}
	b->raw = raw;
	sd_bus_set_method_call_timeout(raw, ANSWER_US);
	return b;
}

/*
 * $DBUS_SYSTEM_BUS_ADDRESS is libsystemd's to honour; it moves no trust: sudo and systemd drop it,
 * and who can set root's environment is root.
 */
struct bus *bus_open_system(void)
{
	sd_bus *raw = NULL;

	return sd_bus_open_system(&raw) < 0 ? NULL : bus_of(raw);
}

struct bus *bus_open_session(const char *address)
{
	SCOPED_FREE char *below_run = NULL;
	sd_bus *raw = NULL;

	if (address == NULL) {
		if (asprintf(&below_run, "unix:path=/run/user/%u/bus", getuid()) < 0)
			return NULL;
		address = below_run;
	}
	if (sd_bus_new(&raw) < 0)
		return NULL;
	if (sd_bus_set_address(raw, address) < 0 || sd_bus_set_bus_client(raw, 1) < 0 ||
		sd_bus_start(raw) < 0) {
		sd_bus_unref(raw);
		return NULL;
	}
	return bus_of(raw);
}

void bus_close(struct bus *b)
{
	if (b == NULL)
		return;
	sd_bus_flush_close_unref(b->raw);
	free(b);
}

/* --- questions --------------------------------------------------------------- */

/* A property, as the service tells it. */
struct question {
	const char *service, *path, *interface, *property;
};

/*
 * One value of a basic type. By hand and not by sd_bus_get_property_trivial: that would start a
 * service that does not run, only to be asked.
 */
static bool bus_ask(struct bus *b, const struct question *q, char type, void *out)
{
	sd_bus_message *call = NULL, *answer = NULL;
	const char contents[] = {type, '\0'};
	bool is_fine;

	if (b == NULL)
		return false;
	is_fine = sd_bus_message_new_method_call(b->raw, &call, q->service, q->path,
			  "org.freedesktop.DBus.Properties", "Get") >= 0 &&
		  sd_bus_message_set_auto_start(call, 0) >= 0 &&
		  sd_bus_message_append(call, "ss", q->interface, q->property) >= 0 &&
		  sd_bus_call(b->raw, call, ANSWER_US, NULL, &answer) >= 0 &&
		  sd_bus_message_enter_container(answer, SD_BUS_TYPE_VARIANT, contents) > 0 &&
		  sd_bus_message_read_basic(answer, type, out) > 0;
	sd_bus_message_unref(call);
	sd_bus_message_unref(answer);
	return is_fine;
}

enum bus_answer bus_is_metered(struct bus *b)
{
	static const struct question question = {"org.freedesktop.NetworkManager",
		"/org/freedesktop/NetworkManager", "org.freedesktop.NetworkManager", "Metered"};
	enum { UNKNOWN, YES, NO, GUESS_YES, GUESS_NO }; /* NMMetered */
	uint32_t metered = UNKNOWN;

	if (!bus_ask(b, &question, 'u', &metered) || metered == UNKNOWN || metered > GUESS_NO)
		return BUS_UNKNOWN;
	return metered == YES || metered == GUESS_YES ? BUS_YES : BUS_NO;
}

enum bus_answer bus_is_on_battery(struct bus *b, double *out_percent)
{
	static const struct question battery = {"org.freedesktop.UPower", "/org/freedesktop/UPower",
		"org.freedesktop.UPower", "OnBattery"};
	static const struct question charge = {"org.freedesktop.UPower",
		"/org/freedesktop/UPower/devices/DisplayDevice", "org.freedesktop.UPower.Device",
		"Percentage"};
	int is_on = 0;

	*out_percent = 100;
	if (!bus_ask(b, &battery, 'b', &is_on))
		return BUS_UNKNOWN;
	if (is_on && (!bus_ask(b, &charge, 'd', out_percent) || !(*out_percent >= 0) ||
			     *out_percent > 100))
		*out_percent = 100;
	return is_on ? BUS_YES : BUS_NO;
}

enum bus_answer bus_is_going_down(struct bus *b)
{
	static const struct question question = {"org.freedesktop.login1",
		"/org/freedesktop/login1", "org.freedesktop.login1.Manager",
		"PreparingForShutdown"};
	int is_going = 0;

	if (!bus_ask(b, &question, 'b', &is_going))
		return BUS_UNKNOWN;
	return is_going ? BUS_YES : BUS_NO;
}

/* --- logind's inhibitor ------------------------------------------------------ */

int bus_inhibit(struct bus *b, const char *why)
{
	sd_bus_message *answer = NULL;
	int theirs = -1, ours = -1;

	if (b == NULL)
		return -1;
	if (sd_bus_call_method(b->raw, "org.freedesktop.login1", "/org/freedesktop/login1",
		    "org.freedesktop.login1.Manager", "Inhibit", NULL, &answer, "ssss",
		    "shutdown:sleep", "devupd", why, "block") >= 0 &&
		sd_bus_message_read_basic(answer, 'h', &theirs) > 0)
		ours = fcntl(theirs, F_DUPFD_CLOEXEC, 3); /* theirs goes with the message */
	sd_bus_message_unref(answer);
	return ours;
}

/* --- the manager's units ----------------------------------------------------- */

#define MANAGER                                                                                    \
	"org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"

/* How a property that we set is typed. */
static const struct bus_property {
	const char *name;
	char type;
} bus_properties[] = {
	{"KillMode", 's'},
	{"Nice", 'i'},
	{"NotifyAccess", 's'},
	{"Slice", 's'},
	{"TimeoutStopUSec", 't'},
	{"Type", 's'},
};

static int unit_put_property(sd_bus_message *call, const char *text)
{
	const char *equals = strchr(text, '=');

	for (size_t i = 0; equals != NULL && i < ARRAY_SIZE(bus_properties); i++) {
		const struct bus_property *p = &bus_properties[i];
		size_t len = strlen(p->name);
		uint64_t n = 0;

		if ((size_t)(equals - text) != len || strncmp(text, p->name, len) != 0)
			continue;
		if (p->type == 's')
			return sd_bus_message_append(call, "(sv)", p->name, "s", equals + 1);
		if (!text_to_u64(equals + 1, &n) || (p->type == 'i' && n > INT32_MAX))
			return -EINVAL;
		return p->type == 't'
			       ? sd_bus_message_append(call, "(sv)", p->name, "t", n)
			       : sd_bus_message_append(call, "(sv)", p->name, "i", (int32_t)n);
	}
	return -EINVAL;
}

/* ExecStart: a program, its words, and that its failure counts. */
static int unit_put_command(sd_bus_message *call, const char *const *argv)
{
	int code = sd_bus_message_open_container(call, 'r', "sv");

	if (code >= 0)
		code = sd_bus_message_append(call, "s", "ExecStart");
	if (code >= 0)
		code = sd_bus_message_open_container(call, 'v', "a(sasb)");
	if (code >= 0)
		code = sd_bus_message_open_container(call, 'a', "(sasb)");
	if (code >= 0)
		code = sd_bus_message_open_container(call, 'r', "sasb");
	if (code >= 0)
		code = sd_bus_message_append(call, "s", argv[0]);
	if (code >= 0)
		code = sd_bus_message_append_strv(call, (char **)(uintptr_t)argv);
	if (code >= 0)
		code = sd_bus_message_append(call, "b", 0);
	for (int i = 0; code >= 0 && i < 4; i++)
		code = sd_bus_message_close_container(call);
	return code;
}

static int unit_fill(sd_bus_message *call, const struct bus_unit *unit)
{
	int code = sd_bus_message_append(call, "ss", unit->name, "fail");

	if (code >= 0)
		code = sd_bus_message_open_container(call, 'a', "(sv)");
	if (code >= 0)
		code = sd_bus_message_append(call, "(sv)(sv)", "Description", "s",
			unit->description, "CollectMode", "s", "inactive-or-failed");
	for (size_t i = 0; code >= 0 && unit->properties != NULL && unit->properties[i]; i++)
		code = unit_put_property(call, unit->properties[i]);
	if (code >= 0)
		code = unit_put_command(call, unit->argv);
	if (code >= 0)
		code = sd_bus_message_close_container(call);
	return code < 0 ? code : sd_bus_message_append(call, "a(sa(sv))", 0);
}

bool bus_start_unit(struct bus *b, const struct bus_unit *unit, bool *out_was_there, struct err *e)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *call = NULL;
	int code;

	if (b == NULL)
		return err_set(
			e, ERR_INTERNAL, "no manager to start %s: there is no bus", unit->name);
	code = sd_bus_message_new_method_call(b->raw, &call, MANAGER, "StartTransientUnit");
	if (code >= 0)
		code = unit_fill(call, unit);
	if (code >= 0)
		code = sd_bus_call(b->raw, call, ANSWER_US, &error, NULL);
	sd_bus_message_unref(call);

	bool is_there = sd_bus_error_has_name(&error, "org.freedesktop.systemd1.UnitExists");

	if (code < 0 && !is_there)
		bus_fail(e, unit->name, code, error.message);
	else if (out_was_there != NULL)
		*out_was_there = is_there;
	sd_bus_error_free(&error);
	return code >= 0 || is_there;
}

/*
 * A property of a unit, by the unit's name.
 * Out: the answer   whether there is such a unit; out stays as it is where its property can't be
 * read
 */
static enum bus_answer unit_ask(
	struct bus *b, const char *unit, struct question question, char type, void *out)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *answer = NULL;
	enum bus_answer is_there = BUS_UNKNOWN;

	if (b == NULL)
		return BUS_UNKNOWN;
	if (sd_bus_call_method(b->raw, MANAGER, "GetUnit", &error, &answer, "s", unit) >= 0 &&
		sd_bus_message_read_basic(answer, 'o', &question.path) > 0 &&
		bus_ask(b, &question, type, out))
		is_there = BUS_YES;
	else if (sd_bus_error_has_name(&error, "org.freedesktop.systemd1.NoSuchUnit"))
		is_there = BUS_NO;
	sd_bus_error_free(&error);
	sd_bus_message_unref(answer);
	return is_there;
}

enum bus_answer bus_service_is_running(struct bus *b, const char *service)
{
	static const struct question question = {
		"org.freedesktop.systemd1", NULL, "org.freedesktop.systemd1.Service", "MainPID"};
	uint32_t pid = 0;
	enum bus_answer is_there = unit_ask(b, service, question, 'u', &pid);

	return is_there == BUS_YES && pid == 0 ? BUS_NO : is_there;
}

int64_t bus_timer_next_unix_ms(struct bus *b, const char *timer)
{
	static const struct question question = {"org.freedesktop.systemd1", NULL,
		"org.freedesktop.systemd1.Timer", "NextElapseUSecRealtime"};
	uint64_t next_us = 0;

	if (unit_ask(b, timer, question, 't', &next_us) != BUS_YES || next_us == UINT64_MAX)
		return 0;
	return (int64_t)(next_us / 1000);
}
