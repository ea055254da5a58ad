/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Debian's packages: order of versions, control fields, what dpkg's status says, dpkg's locks.
 */
#ifndef DEVUPD_LIB_DPKG_H
#define DEVUPD_LIB_DPKG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "updaters/lib/err.h"
#include "updaters/lib/text.h"

#define DPKG_FOLDER "/var/lib/dpkg"
#define DPKG_STATUS DPKG_FOLDER "/status"

enum { DPKG_NAME_MAX = 128, DPKG_VERSION_MAX = 128, DPKG_ARCH_MAX = 32 };

/*
 * < 0, 0, > 0. Any two strings have an order; check foreign ones first.
 * Source: deb-version(7)
 */
int dpkg_version_compare(const char *a, const char *b);
/* Policy §5.6.12: digits first in the upstream part, allowed bytes, epoch all digits ("+1:"
 * refused). */
bool dpkg_version_is_valid(const char *version);
bool dpkg_name_is_valid(const char *name); /* Policy §5.6.1 */

/* One paragraph of control data. */
struct dpkg_control {
	char package[DPKG_NAME_MAX];
	char version[DPKG_VERSION_MAX]; /* with its epoch as dpkg writes it: "0:1.0" is "1.0" */
	char architecture[DPKG_ARCH_MAX];
	bool is_essential; /* Essential, Protected or Important: anything but no */
};
/*
 * In:    raw_text   at most 1 MiB, one paragraph, ended by a newline
 * Fails: ERR_STRUCTURE (no Package, Version or Architecture, invalid values; any field twice; lines
 *        that dpkg refuses; control bytes, NUL)
 */
bool dpkg_control_parse(
	const char *raw_text, size_t len, struct dpkg_control *out, struct err *e) MUST_CHECK;

/* Who dpkg-deb runs as: root reads no foreign package with root's rights. */
struct dpkg_reader {
	bool change_user; /* to uid, gid; false: as we are */
	uid_t uid;
	gid_t gid;
};
/*
 * The same fields as dpkg-deb reads them, in a process of its own; it reads all the others, too,
 * and refuses what dpkg would refuse.
 *
 * In:    fd     the package, read from its position; path names it in messages
 * Fails: ERR_STRUCTURE (no package, or what dpkg_control_parse refuses), ERR_COMMAND, ERR_INTERNAL
 */
bool dpkg_deb_read(int fd, const char *path, const struct dpkg_reader *as, struct dpkg_control *out,
	struct err *e) MUST_CHECK;

/*
 * Can this computer's dpkg-deb unpack the data? It is only begun with: older ones do not know zst.
 *
 * In:    fd     the package, read from its start
 * Fails: ERR_STRUCTURE (with dpkg-deb's words), ERR_COMMAND, ERR_INTERNAL
 */
bool dpkg_deb_can_unpack(
	int fd, const char *path, const struct dpkg_reader *as, struct err *e) MUST_CHECK;

enum { DPKG_STATUS_MAX_BYTES = 64 << 20 }; /* ten times what a full desktop's has */

enum dpkg_state {
	DPKG_NOT_INSTALLED, /* unknown, or only config files left */
	DPKG_INSTALLED,
	DPKG_HALF, /* unpacked, half-configured, half-installed, triggers-awaited/pending count as
		      installed */
};
struct dpkg_package {
	char name[DPKG_NAME_MAX];
	char version[DPKG_VERSION_MAX]; /* "" when not installed */
	char architecture[DPKG_ARCH_MAX];
	char status[64]; /* dpkg's words: "install ok installed" */
	enum dpkg_state state;
	bool is_held; /* want = hold */
};

/*
 * Look up packages in one go.
 *
 * In:    names, n    what to look for (native architecture, or all)
 *        for_confirm true: ask dpkg-query, always; false: scan /var/lib/dpkg/status when
 *                    /var/lib/dpkg/updates is empty, else dpkg-query
 * Out:   out[n]      in the order asked; not known = DPKG_NOT_INSTALLED
 * Fails: ERR_DPKG
 */
bool dpkg_look_up(const char *const *names, size_t n, const char *arch, bool for_confirm,
	struct dpkg_package *out, struct err *e) MUST_CHECK;
/* The same from the text of a status file. */
bool dpkg_status_parse(const char *text, size_t len, const char *const *names, size_t n,
	const char *arch, struct dpkg_package *out);

/*
 * What is not as it should be, and what is held, by name, of all that dpkg knows.
 * Fails: ERR_DPKG (the status can't be read), ERR_INTERNAL
 */
bool dpkg_list_odd(struct strings *out_half, struct strings *out_held, struct err *e) MUST_CHECK;
/* The same from the text of a status file. */
bool dpkg_odd_parse(const char *text, size_t len, struct strings *out_half,
	struct strings *out_held) MUST_CHECK;

/* Is there an interrupted dpkg (digit-named files in updates/)? */
bool dpkg_is_interrupted(const char *updates_folder);

/*
 * Who holds dpkg's frontend or database lock? F_GETLK on both.
 * Out: out_pid 0 where nobody does, -1 where somebody does whose number is not known (another PID
 *      namespace); out_name its comm, "" where unknown.
 * Fails: ERR_DPKG (only root may open the locks)
 */
bool dpkg_lock_holder(pid_t *out_pid, char *out_name, size_t out_size, struct err *e) MUST_CHECK;

struct dpkg_wait {
	uint64_t deadline_ms; /* by clock_now_ms; UINT64_MAX = none */
	void (*on_wait)(void *user, pid_t holder,
		const char *holder_name); /* once a second; NULL = nobody asks */
	bool (*is_stopped)(void *user);   /* NULL = never */
	void *user;
};
/* Wait until nobody holds dpkg's locks. Fails: ERR_LOCK (names the holder), ERR_DPKG */
bool dpkg_lock_wait(const struct dpkg_wait *w, struct err *e) MUST_CHECK;

#endif
