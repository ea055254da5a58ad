/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is this host on a network at all? Read from the kernel's routes; nobody is asked. */
#ifndef DEVUPD_LIB_NETWORK_H
#define DEVUPD_LIB_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

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

/*
 * Wait until such a route is there: after a resume, or at boot, it comes some seconds later. The
 * kernel tells of each new route (rtnetlink(7)); nothing is polled.
 *
 * In:    stop_fd   readable = give up; -1 = none
 * Out:   whether there is one
 */
bool network_wait_route(const char *folder, uint64_t timeout_ms, int stop_fd);

#endif
