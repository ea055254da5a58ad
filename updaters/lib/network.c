/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/network.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/route.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

/* Of a host with a full table of the net's routes there is no need to read on. */
enum { ROUTES_MAX_BYTES = 1 << 20 };

/* Prefixes up to these lengths count as "everywhere": 0/1 and 2000::/3 are what VPNs use. */
enum { EVERYWHERE_BITS_4 = 1, EVERYWHERE_BITS_6 = 3 };

static bool is_in_use(unsigned flags)
{
	return (flags & RTF_UP) != 0 && (flags & RTF_REJECT) == 0;
}

/* Iface Destination Gateway Flags RefCnt Use Metric Mask ...; addresses in network order. */
static bool line_leads_out_4(const char *line)
{
	unsigned flags = 0, mask = 0;

	return sscanf(line, "%*s %*x %*x %x %*d %*u %*d %x", &flags, &mask) == 2 &&
	       is_in_use(flags) && __builtin_popcount(mask) <= EVERYWHERE_BITS_4;
}

/* destination bits source bits gateway metric references use flags device */
static bool line_leads_out_6(const char *line)
{
	unsigned bits = 0, flags = 0;

	return sscanf(line, "%*s %x %*s %*x %*s %*x %*x %*x %x", &bits, &flags) == 2 &&
	       is_in_use(flags) && bits <= EVERYWHERE_BITS_6;
}

static bool file_leads_out(const char *folder, const char *name, bool (*leads_out)(const char *))
{
	SCOPED_FREE char *text = NULL;
	char path[128];
	struct err e = {0};
	char *cursor;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (!fs_read(path, ROUTES_MAX_BYTES, &text, NULL, &e))
		return e.sys_errno != ENOENT;
	cursor = text;
	for (const char *line; (line = text_next(&cursor, '\n')) != NULL;) {
		if (leads_out(line))
			return true;
	}
	return false;
}

bool network_has_route(const char *folder)
{
	return file_leads_out(folder, "route", line_leads_out_4) ||
	       file_leads_out(folder, "ipv6_route", line_leads_out_6);
}

/* A socket that becomes readable when a route was added or went; -1: none to be had. */
static int routes_listen(void)
{
	struct sockaddr_nl about = {
		.nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE};
	SCOPED_CLOSE int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (struct sockaddr *)&about, sizeof(about)) != 0)
		return -1;
	return MOVE_FD(fd);
}

/* What is said is of no interest: that something was, is. An overrun says so, too. */
static void routes_hear(int fd)
{
	char raw[8192];

	while (recv(fd, raw, sizeof(raw), MSG_DONTWAIT) > 0)
		;
}

bool network_wait_route(const char *folder, uint64_t timeout_ms, int stop_fd)
{
	SCOPED_CLOSE int fd = routes_listen();
	struct pollfd polled[] = {{.fd = fd, .events = POLLIN}, {.fd = stop_fd, .events = POLLIN}};
	uint64_t deadline_ms = clock_now_ms() + timeout_ms;

	for (;;) {
		uint64_t now_ms = clock_now_ms();

		if (network_has_route(folder))
			return true;
		if (fd < 0 || now_ms >= deadline_ms || polled[1].revents != 0)
			return false;
		polled[1].revents = 0;
		if (poll(polled, ARRAY_SIZE(polled), (int)(deadline_ms - now_ms)) < 0 &&
			errno != EINTR)
			return false;
		routes_hear(fd);
	}
}
