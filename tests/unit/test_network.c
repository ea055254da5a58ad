/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Routes as the kernel shows them. */
#include "updaters/lib/network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"

#define HEAD_4                                                                                     \
	"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
#define ROUTE_4(to, flags, mask)                                                                   \
	"eth0\t" to "\t010200C0\t" flags "\t0\t0\t0\t" mask "\t0\t0\t0   \n"
#define ZERO_6 "00000000000000000000000000000000"
#define ROUTE_6(to, bits, flags, device)                                                           \
	to " " bits " " ZERO_6 " 00 " ZERO_6 " 00000400 00000002 00000000 " flags "     " device   \
	   "\n"
#define OWN_4 HEAD_4 ROUTE_4("000200C0", "0001", "00FFFFFF")
#define OWN_6                                                                                      \
	ROUTE_6("fe800000000000000000000000000000", "40", "00000001", "eth0")                      \
	ROUTE_6("ff000000000000000000000000000000", "08", "00000001", "eth0")                      \
	ROUTE_6("00000000000000000000000000000001", "80", "80200001", "lo")                        \
	ROUTE_6(ZERO_6, "00", "00200200", "lo")

/* What is said of these two files; NULL = missing. */
static bool has_route(const char *route, const char *ipv6_route)
{
	const char *texts[] = {route, ipv6_route};
	char folder[] = "/tmp/test_network.XXXXXX", paths[2][64];
	struct err e = {0};

	assert_non_null(mkdtemp(folder));
	snprintf(paths[0], sizeof(paths[0]), "%s/route", folder);
	snprintf(paths[1], sizeof(paths[1]), "%s/ipv6_route", folder);
	for (size_t i = 0; i < 2; i++) {
		if (texts[i] != NULL)
			assert_true(fs_replace(paths[i], texts[i], strlen(texts[i]), 0644, &e));
	}

	bool is_there = network_has_route(folder);

	unlink(paths[0]);
	unlink(paths[1]);
	rmdir(folder);
	return is_there;
}

static void without_a_default_route_there_is_none(void **state)
{
	(void)state;
	assert_false(has_route(HEAD_4, ""));
	assert_false(has_route(OWN_4, OWN_6));
	assert_false(has_route(OWN_4, NULL)); /* a kernel without IPv6 */
	assert_false(has_route("", ""));
}

static void a_default_route_of_either_family_counts(void **state)
{
	(void)state;
	assert_true(has_route(OWN_4 ROUTE_4("00000000", "0003", "00000000"), OWN_6));
	assert_true(has_route(OWN_4, OWN_6 ROUTE_6(ZERO_6, "00", "00000003", "eth0")));
	assert_true(has_route(NULL, OWN_6 ROUTE_6(ZERO_6, "00", "00000003", "eth0")));
}

static void halves_of_the_net_as_vpns_put_them_count(void **state)
{
	(void)state;
	assert_true(has_route(OWN_4 ROUTE_4("00000080", "0003", "00000080"), NULL));
	assert_true(has_route(
		OWN_4, ROUTE_6("20000000000000000000000000000000", "03", "00000003", "wg0")));
}

static void a_route_that_refuses_or_is_down_does_not(void **state)
{
	(void)state;
	assert_false(has_route(OWN_4 ROUTE_4("00000000", "0201", "00000000"), OWN_6));
	assert_false(has_route(OWN_4 ROUTE_4("00000000", "0002", "00000000"), OWN_6));
}

static void what_can_t_be_read_counts_as_a_network(void **state)
{
	char folder[] = "/tmp/test_network.XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/route", folder);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_true(network_has_route(folder));
	rmdir(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_default_route_there_is_none),
		cmocka_unit_test(a_default_route_of_either_family_counts),
		cmocka_unit_test(halves_of_the_net_as_vpns_put_them_count),
		cmocka_unit_test(a_route_that_refuses_or_is_down_does_not),
		cmocka_unit_test(what_can_t_be_read_counts_as_a_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
