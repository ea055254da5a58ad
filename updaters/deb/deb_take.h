/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parent takes a worker's answer for one entry: checks its sense again, since a worker may be
 * captured, adopts what was fetched, asks dpkg-deb as second judge. Called by deb.c alone.
 */
#ifndef DEVUPD_UPDATERS_DEB_DEB_TAKE_H
#define DEVUPD_UPDATERS_DEB_DEB_TAKE_H

#include "updaters/updater.h"

/* Each puts what it finds into entry->result; a fault fails it. r may lose members. */
void deb_take_inspect(struct entry *entry, struct result *r);
void deb_take_fetch(const struct facts *f, struct entry *entry, struct result *r);
void deb_take_verify(const struct facts *f, struct entry *entry, struct result *r);

#endif
