/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parent's side of all kinds that act as the owner of what they touch: a job for each person,
 * one result of all of them. The parent changes nothing itself.
 */
#ifndef DEVUPD_UPDATERS_OWNER_ENTRY_H
#define DEVUPD_UPDATERS_OWNER_ENTRY_H

#include "updaters/updater.h"

/* One for each such kind; they differ in name alone. */
extern const struct updater homebrew_entry, python_entry, editor_entry, command_entry;

/*
 * After all have looked: an upgrade of Homebrew that would move python3 tells what rests on it,
 * among these entries and more.
 * "python3 goes 3.13 -> 3.14: 4 venvs, 41 user packages, 2 editors affected"
 */
void owner_tell_impact(struct entry *entries, size_t n, const struct entry *more, size_t n_more);
/* Would this entry's upgrade break something, so that the person is asked how? */
bool owner_moves_python(const struct entry *entry);

#endif
