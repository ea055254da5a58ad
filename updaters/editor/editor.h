/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kind "editor": import paths and the default interpreter in the settings of editors. */
#ifndef DEVUPD_EDITOR_EDITOR_H
#define DEVUPD_EDITOR_EDITOR_H

#include "updaters/owner.h"

extern const struct owner_updater editor_updater;

#endif
