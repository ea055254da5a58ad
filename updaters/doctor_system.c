/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Doctor: the clock, the kernel, the timer, and whether anybody would be told. */
#include "updaters/doctor_parts.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "updaters/lib/bus.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/dpkg.h"
#include "updaters/lib/kernel.h"

#define SET_CLOCK "sudo timedatectl set-ntp true"

enum { HOUR_MS = 3600 * 1000 };
#define DAY_MS   (INT64_C(24) * HOUR_MS)
#define AHEAD_MS (INT64_C(3652) * DAY_MS) /* nobody runs a version for ten years */

/* --- the clock --------------------------------------------------------------- */

/* When it was last written; 0 = not known. */
static int64_t written_unix_ms(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (int64_t)st.st_mtime * 1000 : 0;
}

static const char *keeping_of(enum kernel_clock clock)
{
	switch (clock) {
	case CLOCK_SYNCHRONISED: return ", kept by a time service";
	case CLOCK_ADRIFT: return ", kept by no time service";
	default: return "";
	}
}

/*
 * Certificates are refused by a clock that is wrong by months; how wrong it is nobody here knows.
 * It is never before this program was made, nor before dpkg last wrote its status.
 */
void doctor_clock(struct doctor *d)
{
	int64_t now_unix_ms = clock_unix_ms();
	int64_t made_unix_ms = written_unix_ms("/proc/self/exe");
	int64_t dpkg_unix_ms = written_unix_ms(DPKG_STATUS);
	char now[CLOCK_TEXT_MAX], then[CLOCK_TEXT_MAX];

	clock_format(now_unix_ms, now, sizeof(now));
	if (now_unix_ms + DAY_MS < made_unix_ms) {
		clock_format(made_unix_ms, then, sizeof(then));
		doctor_say(d, DOCTOR_FAILURE, "it says %s, and devupd was made %s", now, then);
		doctor_mend(d, SET_CLOCK);
	} else if (now_unix_ms + HOUR_MS < dpkg_unix_ms) {
		clock_format(dpkg_unix_ms, then, sizeof(then));
		doctor_say(
			d, DOCTOR_WARNING, "it says %s, and dpkg wrote its status %s", now, then);
		doctor_mend(d, SET_CLOCK);
	} else if (made_unix_ms > 0 && now_unix_ms > made_unix_ms + AHEAD_MS) {
		clock_format(made_unix_ms, then, sizeof(then));
		doctor_say(d, DOCTOR_WARNING, "it says %s, and devupd was made %s: ten years ago",
			now, then);
		doctor_mend(d, SET_CLOCK);
	} else {
		doctor_say(d, DOCTOR_OK, "%s%s", now, keeping_of(kernel_clock()));
	}
}

/* --- the kernel -------------------------------------------------------------- */

void doctor_kernel(struct doctor *d)
{
	int abi = kernel_landlock_abi();

	if (!kernel_has_seccomp()) {
		doctor_say(d, DOCTOR_FAILURE,
			"it has no seccomp filters: no worker starts without its cage");
		return;
	}
	if (!kernel_has_pidfd())
		doctor_say(d, DOCTOR_WARNING,
			"it has no descriptors of processes (5.2 or older): an open program can't "
			"be waited for");
	if (abi == 0)
		doctor_say(d, DOCTOR_WARNING,
			"it has no Landlock (5.12 or older, or switched off): workers run without "
			"that part of their cage");
	else
		doctor_say(d, DOCTOR_OK, "seccomp, Landlock %d", abi);
	if (abi == 0)
		doctor_mend(d, "cat /sys/kernel/security/lsm");
}

/* --- limits ------------------------------------------------------------------ */

/* Of who runs this; a unit has its own. */
static const struct limit {
	__rlimit_resource_t what;
	const char *name; /* as ulimit calls it */
	uint64_t least;   /* below that a run fails, or the largest of packages do */
} limits[] = {
	{RLIMIT_NOFILE, "open files (ulimit -n)", 256},
	{RLIMIT_NPROC, "processes (ulimit -u)", 64},
	{RLIMIT_FSIZE, "size of a file in bytes (ulimit -f)", UINT64_C(2) << 30},
	{RLIMIT_AS, "memory in bytes (ulimit -v)", UINT64_C(1) << 30},
};

/* Soft ones we raise ourselves. */
void doctor_limits(struct doctor *d)
{
	size_t n_fine = 0;

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		struct rlimit limit = {.rlim_max = RLIM_INFINITY};

		if (getrlimit(limits[i].what, &limit) != 0 || limit.rlim_max == RLIM_INFINITY ||
			limit.rlim_max >= limits[i].least) {
			n_fine++;
			continue;
		}
		doctor_say(d, DOCTOR_WARNING, "%s: at most %llu, a run may need %llu",
			limits[i].name, (unsigned long long)limit.rlim_max,
			(unsigned long long)limits[i].least);
		doctor_mend(d, "sudoedit /etc/security/limits.conf");
	}
	if (n_fine == ARRAY_SIZE(limits))
		doctor_say(d, DOCTOR_OK, "enough files, processes and memory are allowed");
}

/* --- the timer --------------------------------------------------------------- */

static bool has_systemd(struct doctor *d)
{
	if (access("/run/systemd/system", F_OK) == 0)
		return true;
	doctor_say(d, DOCTOR_NOT_APPLICABLE, "systemd does not run here");
	return false;
}

void doctor_timer(struct doctor *d)
{
	SCOPED(bus_close) struct bus *bus = NULL;
	struct bus_unit_state unit;
	int64_t next_unix_ms;
	char next[CLOCK_TEXT_MAX];

	if (!has_systemd(d))
		return;
	bus = bus_open_system();
	if (!bus_unit_look(bus, "devupd.timer", &unit)) {
		doctor_say(d, DOCTOR_NOT_APPLICABLE, "systemd does not answer on the system's bus");
		doctor_mend(d, "systemctl status devupd.timer");
		return;
	}
	next_unix_ms = bus_timer_next_unix_ms(bus, "devupd.timer");
	clock_format_near(next_unix_ms, clock_unix_ms(), next, sizeof(next));
	if (text_equal(unit.active, "active")) {
		doctor_say(d, DOCTOR_OK, "%s%s%s", unit.file, next_unix_ms > 0 ? ", next " : "",
			next_unix_ms > 0 ? next : "");
		return;
	}
	doctor_say(d, DOCTOR_WARNING, "devupd.timer is %s: nothing runs by itself",
		text_equal(unit.load, "loaded") ? unit.active : unit.load);
	doctor_mend(d, "sudo systemctl enable --now devupd.timer");
}

void doctor_service(struct doctor *d)
{
	SCOPED(bus_close) struct bus *bus = NULL;
	struct bus_unit_state unit;

	if (!has_systemd(d))
		return;
	bus = bus_open_system();
	if (!bus_unit_look(bus, "devupd.service", &unit)) {
		doctor_say(d, DOCTOR_NOT_APPLICABLE, "systemd does not answer on the system's bus");
	} else if (text_equal(unit.active, "failed")) {
		doctor_say(d, DOCTOR_WARNING, "devupd.service has failed: %s", unit.result);
		doctor_mend(d, "journalctl -n 50 -u devupd.service");
	} else {
		doctor_say(d, DOCTOR_OK, "devupd.service is %s, and has not failed", unit.active);
	}
}

/* --- telling ----------------------------------------------------------------- */

static size_t count_sessions(const struct doctor *d)
{
	SCOPED_CLEAR(people_clear) struct people people = {0};
	struct err ignored = {0};
	size_t n = 0;

	if (!people_find(&d->config, d->is_root, &people, &ignored))
		return 0;
	for (size_t i = 0; i < people.n_items; i++) {
		char path[64];
		struct stat st;

		snprintf(path, sizeof(path), "/run/user/%u/bus", (unsigned)people.items[i].uid);
		n += lstat(path, &st) == 0 && S_ISSOCK(st.st_mode);
	}
	return n;
}

void doctor_telling(struct doctor *d)
{
	size_t n;

	if (d->config.notify == NOTIFY_NONE) {
		doctor_say(d, DOCTOR_OK, "notify: none, nobody is told but the journal");
	} else if (d->config.notify == NOTIFY_MAIL) {
		bool is_there = access("/usr/sbin/sendmail", X_OK) == 0;

		doctor_say(d, is_there ? DOCTOR_OK : DOCTOR_WARNING, "notify: mail, %s",
			is_there ? "by /usr/sbin/sendmail" : "and there is no /usr/sbin/sendmail");
		if (!is_there)
			doctor_mend(d, "sudo apt-get install default-mta");
	} else {
		n = count_sessions(d);
		doctor_say(d, DOCTOR_OK, "notify: desktop, %zu session%s can be reached now%s", n,
			n == 1 ? "" : "s", n == 0 ? "; who logs in later is told then" : "");
	}
}
