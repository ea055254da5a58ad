/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kind "homebrew": a prefix's links, and with `formula: python` those of Python alone. Without
 * a formula also what is outdated.
 */
#ifndef DEVUPD_HOMEBREW_HOMEBREW_H
#define DEVUPD_HOMEBREW_HOMEBREW_H

#include "updaters/owner.h"

extern const struct owner_updater homebrew_updater;

#endif
