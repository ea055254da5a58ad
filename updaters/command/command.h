/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What has its own updater: uv, rustup, flatpak. A recipe names the programs that look, act and
 * tell the version; here it is known what their exit codes and words mean, and nothing of any of
 * them. Called by owner_worker.c alone.
 */
#ifndef DEVUPD_UPDATERS_COMMAND_COMMAND_H
#define DEVUPD_UPDATERS_COMMAND_COMMAND_H

#include "updaters/owner.h"

extern const struct owner_updater command_updater;

#endif
