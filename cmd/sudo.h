/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The part of a run that needs root, done by `sudo -- /usr/bin/devupd VERB ...` once: it is given
 * what the person accepted, and writes its document to us.
 */
#ifndef DEVUPD_CMD_SUDO_H
#define DEVUPD_CMD_SUDO_H

#include "cmd/options.h"
#include "updaters/run.h"

/*
 * In:    verb       "upgrade", "install", "rollback", or a verb that only records (hold, ...)
 *        o          what was given is handed on, row by row (options_hand_on)
 *        run        its open entries are handed on, NAME=VERSION,SHA256 each; NULL = the names as
 *                   typed
 *        stop       what comes meanwhile is told to the run behind sudo; NULL = nobody waits for it
 * Out:   out_text   what it wrote to stdout, at most 8 MiB; out_status its exit code
 * Fails: ERR_ROOT   sudo can't be started, or the password was refused
 *        ERR_CONFIG --config or --recipes leads nowhere
 */
bool sudo_run(const char *verb, const struct options *o, const struct run *run, struct stop *stop,
	struct buf *out_text, int *out_status, struct err *e) MUST_CHECK;

#endif
