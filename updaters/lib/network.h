/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is this host on a network at all? Read from the kernel's routes; nobody is asked. */
#ifndef DEVUPD_LIB_NETWORK_H
#define DEVUPD_LIB_NETWORK_H

#include <stdbool.h>

/*
 * Does a route lead beyond this host's own networks?
 *
 * A default route, or a half or an eighth of one, as VPNs put them. What can't be read counts as
 * yes: a failure is then told as one.
 *
 * In:    folder   "/proc/net"; its route and ipv6_route are read, either may be missing
 * Source: proc_net(5), linux/route.h
 */
bool network_has_route(const char *folder);

#endif
