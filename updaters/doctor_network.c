/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Doctor: what has to be there before a vendor can be asked. Nobody is asked here. */
#include "updaters/doctor_parts.h"

#include <dirent.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/network.h"
#include "updaters/lib/proxy.h"

#define RESOLV_CONF "/etc/resolv.conf"

/* --- a way out --------------------------------------------------------------- */

/* The first interface beside lo that is switched off; false: there is none. */
static bool find_down(char *out, size_t out_size)
{
	struct ifaddrs *list = NULL;
	bool is_found = false;

	if (getifaddrs(&list) != 0)
		return false;
	for (const struct ifaddrs *at = list; at != NULL && !is_found; at = at->ifa_next) {
		if ((at->ifa_flags & (IFF_LOOPBACK | IFF_UP)) == 0)
			is_found = text_copy(out, out_size, at->ifa_name);
	}
	freeifaddrs(list);
	return is_found;
}

void doctor_route(struct doctor *d)
{
	char interface[64] = "";

	if (d->setup.offline) {
		doctor_say(d, DOCTOR_NOT_APPLICABLE, "not looked at: --offline");
		return;
	}
	if (network_has_route("/proc/net")) {
		doctor_say(d, DOCTOR_OK, "a route leads out");
		return;
	}
	doctor_say(d, DOCTOR_FAILURE, "no route leads out: a run finds nothing newer");
	if (access("/usr/bin/nmcli", X_OK) == 0)
		doctor_mend(d, "nmcli networking on");
	else if (find_down(interface, sizeof(interface)))
		doctor_mend(d, "sudo ip link set %s up", interface);
	else
		doctor_mend(d, "ip route");
}

/* --- names ------------------------------------------------------------------- */

/* How many name servers it lists; false: it can't be read. */
static bool count_servers(size_t *out_n)
{
	SCOPED_FREE char *text = NULL;
	char *cursor;

	if (!fs_read(RESOLV_CONF, 1 << 20, &text, NULL, NULL)) {
		SCOPED_FREE char *real = realpath(RESOLV_CONF, NULL);

		if (real == NULL || !fs_read(real, 1 << 20, &text, NULL, NULL))
			return false;
	}
	*out_n = 0;
	cursor = text;
	for (char *line = text_next(&cursor, '\n'); line != NULL; line = text_next(&cursor, '\n'))
		*out_n += text_starts(text_trim(line), "nameserver");
	return true;
}

void doctor_resolver(struct doctor *d)
{
	size_t n_servers = 0;

	if (d->setup.offline) {
		doctor_say(d, DOCTOR_NOT_APPLICABLE, "not looked at: --offline");
		return;
	}
	if (count_servers(&n_servers) && n_servers > 0) {
		doctor_say(d, DOCTOR_OK, RESOLV_CONF " lists %zu name server%s", n_servers,
			n_servers == 1 ? "" : "s");
		return;
	}
	doctor_say(d, DOCTOR_WARNING, RESOLV_CONF " %s",
		access(RESOLV_CONF, F_OK) == 0 ? "lists no name server" : "leads nowhere");
	if (access("/usr/bin/nmcli", X_OK) == 0)
		doctor_mend(d, "sudo nmcli general reload dns-rc");
	else
		doctor_mend(d, "sudo systemctl restart systemd-resolved");
}

/* --- the proxy --------------------------------------------------------------- */

/* It may hold a password: what stands before the host is left out. */
void doctor_proxy(struct doctor *d)
{
	char told[PROXY_MAX];

	proxy_tell(d->config.effective_proxy, told);
	doctor_say(d, DOCTOR_OK, "%s", told[0] != '\0' ? told : "none");
}

/* --- whom TLS trusts --------------------------------------------------------- */

/* OpenSSL looks them up by hash: "0a1b2c3d.0". */
static size_t count_certificates(void)
{
	DIR *folder = opendir("/etc/ssl/certs");
	size_t n = 0;

	for (struct dirent *entry = folder != NULL ? readdir(folder) : NULL; entry != NULL;
		entry = readdir(folder)) {
		struct stat st;

		n += strlen(entry->d_name) == strlen("0a1b2c3d.0") && entry->d_name[8] == '.' &&
		     fstatat(dirfd(folder), entry->d_name, &st, 0) == 0;
	}
	if (folder != NULL)
		closedir(folder);
	return n;
}

void doctor_certificates(struct doctor *d)
{
	static const char bundle[] = "/etc/ssl/certs/ca-certificates.crt";
	size_t n = count_certificates();
	struct stat st;

	if (n > 0) {
		doctor_say(d, DOCTOR_OK, "%zu in /etc/ssl/certs", n);
		return;
	}
	if (stat(bundle, &st) == 0 && st.st_size > 0) {
		doctor_say(d, DOCTOR_OK, "%s", bundle);
		return;
	}
	doctor_say(d, DOCTOR_FAILURE,
		"none in /etc/ssl/certs: no vendor can prove who it is, and none is trusted");
	doctor_mend(d, "sudo update-ca-certificates --fresh");
}
