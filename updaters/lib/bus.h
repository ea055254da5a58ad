/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the rest of the system is asked and told over D-Bus: power, network, logind, systemd; and
 * the notifications of a person's session. libsystemd's sd-bus is known here alone.
 *
 * No service is started for a question (NO_AUTO_START), no answer is waited for longer than 5 s,
 * and a service that is not there means "not known": a desktop without UPower updates all the same.
 */
#ifndef DEVUPD_LIB_BUS_H
#define DEVUPD_LIB_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/err.h"

struct bus; /* a connection */

/* The system's bus. NULL: there is none; every question below then answers "not known". */
struct bus *bus_open_system(void);
/* The bus of the session of who we are: $DBUS_SESSION_BUS_ADDRESS as given (NULL = the one below
 * /run/user/UID). NULL: there is none. */
struct bus *bus_open_session(const char *address);
void bus_close(struct bus *b);
DEFINE_SCOPED(struct bus *, bus_close);

enum bus_answer { BUS_UNKNOWN, BUS_NO, BUS_YES };

/* NetworkManager's Metered: YES and GUESS_YES are yes. Source: NMMetered */
enum bus_answer bus_is_metered(struct bus *b);
/* UPower's OnBattery. Out: out_percent of the display device, 0 to 100; 100 where not known */
enum bus_answer bus_is_on_battery(struct bus *b, double *out_percent);
/* logind's PreparingForShutdown: the machine is on its way down. */
enum bus_answer bus_is_going_down(struct bus *b);

/*
 * logind's inhibitor: neither shutdown nor sleep while the descriptor is open.
 *
 * In:    why    for a person: "installing positron"
 * Out:   -1 where logind is not there or refuses: the work goes on without it
 */
int bus_inhibit(struct bus *b, const char *why);

/* A transient service unit (StartTransientUnit), of the system's manager or of a person's. */
struct bus_unit {
	const char *name;              /* "devupd-when-closed-positron.service" */
	const char *description;       /* for a person */
	const char *const *argv;       /* NULL-ended, argv[0] absolute */
	const char *const *properties; /* NULL-ended, as systemd-run's --property takes simple
					  ones: "Nice=10", "TimeoutStopUSec=…"; NULL = none. Only
					  those in bus_properties[] (bus.c) are known */
};
/*
 * Out:   out_was_there   a unit of this name runs already, and was left alone (may be NULL)
 * Fails: ERR_INTERNAL    no manager, or it refused: what it said
 */
bool bus_start_unit(
	struct bus *b, const struct bus_unit *unit, bool *out_was_there, struct err *e) MUST_CHECK;

/* Has a service unit a process? One that is not loaded has none. */
enum bus_answer bus_service_is_running(struct bus *b, const char *service);

/* A unit of the system's manager, in its own words; "" = it does not tell. */
struct bus_unit_state {
	char load[32];   /* "loaded", "not-found" */
	char file[32];   /* "enabled", "disabled" */
	char active[32]; /* "active", "inactive", "failed" */
	char result[32]; /* of a service's last run: "success", "exit-code"; "" of others */
};
/* false: no manager, or none that answers. Source: org.freedesktop.systemd1(5) */
bool bus_unit_look(struct bus *b, const char *unit, struct bus_unit_state *out);

/* What a timer unit does next: systemd's NextElapseUSecRealtime. 0 = not known, or none. */
int64_t bus_timer_next_unix_ms(struct bus *b, const char *timer);

struct bus_action {
	const char *key;   /* "skip" */
	const char *label; /* "Skip this version" */
};
struct bus_notification {
	const char *summary;
	const char *body; /* plain text: what servers would read as markup is escaped here */
	const char *icon; /* name, or "" */
	bool is_urgent;
	const struct bus_action *actions; /* shown where the server has actions */
	size_t n_actions;
};
/*
 * Source: Desktop Notifications Specification 1.2
 * Out:   out_id            of the notification
 *        out_has_actions   the server shows buttons
 * Fails: ERR_INTERNAL      nobody shows notifications there
 */
bool bus_notify(struct bus *b, const struct bus_notification *n, uint32_t *out_id,
	bool *out_has_actions, struct err *e) MUST_CHECK;
/* Until a button is pressed (its key is in out_key), or the notification is gone or the time is up
 * (false). */
bool bus_wait_action(
	struct bus *b, uint32_t id, uint64_t timeout_ms, char *out_key, size_t out_size);

#endif
