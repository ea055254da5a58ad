/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the parent side of a kind must offer, and what it is given: one entry for each name of a
 * plan. A kind sees entries and facts, never the spine.
 */
#ifndef DEVUPD_UPDATERS_UPDATER_H
#define DEVUPD_UPDATERS_UPDATER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/recipe.h"
#include "updaters/lib/host.h"
#include "updaters/lib/person.h"
#include "updaters/records.h"

/* What is to be done with a name. */
enum wish {
	WISH_CHECK,
	WISH_UPGRADE,  /* what is installed */
	WISH_INSTALL,  /* also what is not */
	WISH_ROLLBACK, /* the version before */
	WISH_VERIFY,   /* a file in hand is looked at, nothing else */
	WISH_REPAIR,   /* what needs no network */
	WISH_UNDO,     /* what a repair changed is taken back */
	WISH_DOCTOR,   /* who runs which interpreter */
	WISH_CLEAN,    /* what was kept aside goes */
};

/* What is done with a program that is open (CONTRACT "Outcomes"). */
enum when_open {
	WHEN_OPEN_UNASKED, /* nothing is known of it yet */
	WHEN_OPEN_WAIT,    /* fetched and verified now, installed when it has been closed */
	WHEN_OPEN_NOW,     /* a person said so, or the settings do */
	WHEN_OPEN_LATER,   /* left for another run */
};

/* A package file of ours, adopted or kept. */
struct package_file {
	char path[512];
	char version[DPKG_VERSION_MAX]; /* the control's, whole */
	char sha256[SHA256_HEX_SIZE];   /* measured by us */
	uint64_t size_bytes;
};

struct entry {
	char name[RECORD_NAME_MAX];
	const struct recipe *recipe;   /* NULL: broken, result is failed already */
	const struct updater *updater; /* NULL likewise */
	enum wish wish;
	bool is_typed;   /* the person named it */
	bool is_settled; /* result is final, no further phase */
	bool is_present; /* its subject is on this host */
	bool is_held;
	char broken[64]; /* what the system calls the state of its subject; "" = sound */
	bool reinstall, allow_downgrade;
	bool takes_changed; /* a person typed this very version, and --reinstall: the bytes that are
			       there now are wanted, whatever was seen under it before */
	char wanted[DPKG_VERSION_MAX];       /* NAME=VERSION; "" = the newest */
	char skip_exactly[DPKG_VERSION_MAX]; /* "" = none */
	char skip_up_to[DPKG_VERSION_MAX];
	char hand_file[512]; /* FILE.deb given; "" = none */
	int hand_fd; /* of it, opened once: whatever comes to lie at its path is not looked at */
	char page_file[512];                /* a saved page to try its sources on; "" = none */
	char first_sha256[SHA256_HEX_SIZE]; /* what the chosen version had at first sight; "" =
					     * never seen
					     */
	struct document *documents;         /* kept from last time */
	size_t n_documents;
	unsigned n_taken;        /* results of this phase, where a name is several people's */
	enum reason open_reason; /* running, session: its program is open */
	char open_by[160];       /* who has it open: "ana, pid 4711" */
	enum when_open when_open;
	int choice; /* enum owner_choice: when an upgrade of Homebrew would break things */
	char was[DPKG_VERSION_MAX]; /* installed when the run began, as compared; "" = absent */
	struct package_file file;   /* adopted, or kept from before; path "" = none */
	struct result result;
};

/* What a kind may know of the run. All borrowed. */
struct facts {
	const struct host *host;
	const char *run; /* id */
	const char *staging, *packages, *apt_log, *state_folder;
	bool is_root;
	const struct person *people; /* whose things are looked after; the first n_homes by all
					kinds, the rest only as owners of a Homebrew prefix */
	size_t n_people, n_homes;
	bool unattended, dry_run;
	const char *undo_run; /* which run is taken back; "" = the last */
	uid_t worker_uid;     /* who owns the staging folder */
	gid_t worker_gid;
	bool offline, with_trace, with_pages;
	uint64_t download_max_bytes;
	uint64_t wait_ms; /* for dpkg's lock; UINT64_MAX = for ever */
	void (*on_progress)(void *user, const char *name, double percent, const char *text);
	void (*on_wait)(void *user, pid_t holder, const char *holder_name);
	bool (*is_stopped)(void *user);
	void *user;
};

struct updater {
	const char *kind;
	bool needs_root;    /* to apply */
	bool needs_network; /* to inspect */
	bool acts_as_owner; /* all its phases run in a worker of each person: start_for, no start,
				no apply */
	bool is_repair;     /* what it would do is known beforehand, and needs no network: `repair`
				is for it */
	bool is_of_any_owner; /* also of people whose homes are not looked after */
	bool moves_python;    /* the upgrade of all of it may: what others rest on is told, and
				mended */

	/*
	 * What is there now, for all entries of this kind at once: is_present, result.installed,
	 * and is_held where the system itself holds it.
	 */
	bool (*survey)(const struct facts *f, struct entry **entries, size_t n, struct err *e);
	/*
	 * Begin a phase (INSPECT, PREPARE, VERIFY): the parent's part that comes first, and the job
	 * for a worker. Out: false = no worker is needed; a fault fails entry->result.
	 */
	bool (*start)(
		const struct facts *f, struct entry *entry, enum phase phase, struct job *out);
	/* The same for one of facts.people: out.start is set by the caller. */
	bool (*start_for)(const struct facts *f, struct entry *entry, enum phase phase,
		const struct person *person, struct job *out);
	/*
	 * Take the worker's answer: check its sense again, do the parent's part of the phase, put
	 * what it says into entry->result. May move members out of r.
	 */
	void (*take_result)(
		const struct facts *f, struct entry *entry, enum phase phase, struct result *r);
	/* Of one person; entry->n_taken counts those before it in this phase. */
	void (*take_result_of)(const struct facts *f, struct entry *entry, enum phase phase,
		const struct person *person, struct result *r);
	/*
	 * Change the system, then look again (confirm): outcome of each entry is what was found
	 * then. Fails: nothing was begun (ERR_LOCK, ...)
	 */
	bool (*apply)(const struct facts *f, struct entry **entries, size_t n, struct err *e);
	/*
	 * What apply could not finish in a run that was cut off: it is finished now, and told as
	 * changes and items of r. run "": there is none to be finished. NULL: it leaves nothing.
	 */
	void (*recover)(const struct facts *f, const char *run, struct result *r);
};

#endif
