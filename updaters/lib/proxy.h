/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A proxy as it may be told, and the hosts that are asked without it. Makes no connection. */
#ifndef DEVUPD_LIB_PROXY_H
#define DEVUPD_LIB_PROXY_H

#include <stdbool.h>
#include <stddef.h>

enum { PROXY_MAX = 512, PROXY_SPARED_MAX = 4096 };

/* There is a login in it. */
bool proxy_has_login(const char *proxy);
/* Without its login, and that there is one: "http://…@proxy.test:3128". */
void proxy_tell(const char *proxy, char out[PROXY_MAX]);
/* For whom the login is not: "http://proxy.test:3128". */
void proxy_strip(const char *proxy, char out[PROXY_MAX]);

/*
 * Is this host asked directly?
 *
 * In:    spared   no_proxy as others read it: hosts by comma or blank, each with all below it, a
 *                 leading dot or not; "*" is every host. A port behind one is not looked at
 *        host     lower case
 * Source: curl(1), NO_PROXY
 */
bool proxy_spares(const char *spared, const char *host);

#endif
