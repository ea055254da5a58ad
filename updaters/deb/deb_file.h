/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the file of an entry's chosen release is called, and what is known of it once it is ours. */
#ifndef DEVUPD_UPDATERS_DEB_DEB_FILE_H
#define DEVUPD_UPDATERS_DEB_DEB_FILE_H

#include "updaters/deb/adopt.h"
#include "updaters/updater.h"

/* package_version_arch.deb; an epoch's colon is written as apt does. */
void deb_file_name(const struct facts *f, const struct entry *entry, char *out, size_t out_size);
/* recipe@package_version_arch.deb: in the staging folder, where two recipes may want one package.
 */
void deb_staged_name(const struct facts *f, const struct entry *entry, char *out, size_t out_size);
void deb_keep_adopted(struct entry *entry, const struct adopted *adopted);

/*
 * The package itself, from its beginning: the file in hand as it was opened when it was named, or
 * one of ours. Fails: ERR_STATE
 */
bool deb_open_package(const struct entry *entry, int *out_fd, struct err *e) MUST_CHECK;

#endif
