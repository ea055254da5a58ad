/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is to become of each thing that differs: said alone, or put back. Touches nothing. */
#ifndef DEVUPD_UPDATERS_DEB_GUARD_JUDGE_H
#define DEVUPD_UPDATERS_DEB_GUARD_JUDGE_H

#include "updaters/deb/guard_photo.h"

enum { GUARD_WHY_MAX = 1024 };

enum guard_fate {
	GUARD_TOLD,     /* added or changed: nobody reverts it */
	GUARD_OWN,      /* it came, changed or went with the package whose it is */
	GUARD_MOVED,    /* deleted, and the same bytes came elsewhere */
	GUARD_REPLACED, /* deleted, and a source that came or changed names the same repository */
	GUARD_LATE,     /* deleted, by nobody knows whom */
	GUARD_BACK,     /* deleted, to be put back */
	GUARD_RESTORED, /* … and it was */
	GUARD_UNDONE,   /* … and was taken away again: apt could not read its lists with it */
	GUARD_STUCK,    /* … and could not be */
};
struct guard_finding {
	struct guard_difference difference;
	char owner[256]; /* of what is there now, "" = nobody's */
	enum guard_fate fate;
	char why[GUARD_WHY_MAX]; /* MOVED: where to. REPLACED: by what. UNDONE, STUCK: apt's words
				  */
};

struct guard_question {
	const struct guard_photo *before;
	/* is the package one of those that were to change, or did change? */
	bool (*is_touched)(const void *user, const char *package);
	const void *user;
	int64_t dpkg_done_s; /* a folder that changed later was changed by others; 0 = no matter */
};
/*
 * When that transaction was done, as far as can be told after a run that was cut off: dpkg's status
 * is written by every later one, too.
 *
 * In:    photo_s, status_s   when the photograph and dpkg's status were written
 */
int64_t guard_done_s(int64_t photo_s, int64_t status_s);

void guard_judge(const struct guard_question *q, struct guard_finding *findings, size_t n);

#endif
