/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What this computer is: dpkg's architecture, operating system, and the Ubuntu or Debian release
 * that its packages must be built for.
 */
#ifndef DEVUPD_LIB_HOST_H
#define DEVUPD_LIB_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/err.h"

enum { HOST_WORD_MAX = 64 };

struct host {
	char arch[HOST_WORD_MAX];        /* dpkg's word: amd64 */
	char os[HOST_WORD_MAX];          /* ID: linuxmint */
	char os_version[HOST_WORD_MAX];  /* VERSION_ID: 22, "" where none (rolling) */
	char os_name[HOST_WORD_MAX];     /* NAME or PRETTY_NAME for people: "Linux Mint 22" */
	char base[HOST_WORD_MAX];        /* codename: noble, bookworm; "" where unknown */
	char base_family[HOST_WORD_MAX]; /* "ubuntu" or "debian"; "" where unknown */
};

/*
 * Parse the text of an os-release file, and the one of /etc/upstream-release/lsb-release.
 *
 * In:    os_release, upstream   texts (upstream may be NULL); values quoted by ' or " or not
 * Out:   out_host    all but arch
 * Fails: ERR_PARSE   no ID in it
 * Rule:  UBUNTU_CODENAME, else (ID=ubuntu) VERSION_CODENAME, else upstream's DISTRIB_CODENAME when
 *        DISTRIB_ID is Ubuntu, else DEBIAN_CODENAME, else (ID=debian) VERSION_CODENAME; never
 *        VERSION_CODENAME of a derivative, never ID alone.
 * Source: os-release(5)
 */
bool host_parse(const char *os_release, const char *upstream, struct host *out_host,
	struct err *e) MUST_CHECK;

/* Reads the files below root ("" for /), and dpkg's architecture (from /var/lib/dpkg/arch, else by
 * dpkg --print-architecture). */
bool host_read(const char *root, struct host *out_host, struct err *e) MUST_CHECK;

/*
 * Choose the vendor's codename for this host's: the listed key itself, else the nearest older entry
 * of the family (an entry is a key, or a value that is itself a codename). Order and families are
 * one table in host_base.c; an unknown codename is the newest of the host's family.
 *
 * In:    keys, values   n of them, from a recipe's `base:` map; n 0: the host's own
 * Out:   out            the vendor's codename
 *        false: nothing in the family is old enough (the name is `unsupported`)
 */
bool host_base_choose(const struct host *h, const char *const *keys, const char *const *values,
	size_t n, char *out, size_t out_size);

#endif
