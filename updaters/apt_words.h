/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What apt-get said in one run: its parts of apt.log and of the files rotated before it. A part
 * begins with a line of ours that names the run. Whatever a maintainer script prints stands there
 * as it came: foreign bytes, and no evidence.
 */
#ifndef DEVUPD_UPDATERS_APT_WORDS_H
#define DEVUPD_UPDATERS_APT_WORDS_H

#include "updaters/lib/err.h"

/*
 * In:    path      of apt.log
 * Out:   out       malloc'd, with the line that begins each part; "" = nothing. Of more than 4 MiB
 *                  the end is left out
 * Fails: ERR_AUDIT a log can't be read (sys_errno tells); a missing one is none
 */
bool apt_words_of_run(const char *path, const char *run, char **out, struct err *e) MUST_CHECK;

#endif
