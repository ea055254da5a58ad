/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was deleted is put back, and apt is asked whether it can still read its lists: where it
 * can't, what was put back is taken away again, and a copy kept for whoever wants it.
 */
#ifndef DEVUPD_UPDATERS_DEB_GUARD_MEND_H
#define DEVUPD_UPDATERS_DEB_GUARD_MEND_H

#include "updaters/deb/guard_judge.h"

struct guard_bench {
	const char *copies; /* folder, made when it is needed; NULL: no copies are kept */
	/* can apt read its lists? Out: why not, where it can't */
	bool (*is_readable)(char *out_why, size_t out_size);
};

/* `apt-get indextargets` ends with 0. */
bool guard_apt_is_readable(char *out_why, size_t out_size);

/*
 * Each finding whose fate is BACK becomes RESTORED, UNDONE or STUCK. What lies there already, as it
 * was, was put back by a run that was cut off: it is judged all the same.
 */
void guard_mend(const struct guard_bench *bench, struct guard_finding *findings, size_t n);

/* Where the copy of what is not put back lies; "" = none could be kept. */
void guard_copy_path(
	const struct guard_bench *bench, const struct guard_entry *was, char *out, size_t out_size);
/* Keep one. Out: path "" = none */
void guard_copy_keep(
	const struct guard_bench *bench, const struct guard_entry *was, char *out, size_t out_size);

#endif
