/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kind `python`: virtual environments, and packages that must import. */
#ifndef DEVUPD_PYTHON_PYTHON_H
#define DEVUPD_PYTHON_PYTHON_H

#include "updaters/owner.h"

extern const struct owner_updater python_updater;

#endif
