/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/proxy.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

bool proxy_has_login(const char *proxy)
{
	return strchr(proxy, '@') != NULL;
}

static void put_for_login(const char *proxy, const char *instead, char out[PROXY_MAX])
{
	const char *at = strrchr(proxy, '@');
	const char *scheme_end = strstr(proxy, "://");
	size_t scheme_len = scheme_end != NULL ? (size_t)(scheme_end - proxy) + 3 : 0;

	if (at == NULL)
		snprintf(out, PROXY_MAX, "%s", proxy);
	else
		snprintf(out, PROXY_MAX, "%.*s%s%s", (int)scheme_len, proxy, instead, at + 1);
}

void proxy_tell(const char *proxy, char out[PROXY_MAX])
{
	put_for_login(proxy, "…@", out);
}

void proxy_strip(const char *proxy, char out[PROXY_MAX])
{
	put_for_login(proxy, "", out);
}

/* "example.com" is itself and all below it, not "badexample.com". */
static bool is_below(const char *host, const char *name, size_t name_len)
{
	size_t host_len = strlen(host);

	if (host_len < name_len || strncasecmp(host + host_len - name_len, name, name_len) != 0)
		return false;
	return host_len == name_len || host[host_len - name_len - 1] == '.';
}

bool proxy_spares(const char *spared, const char *host)
{
	for (const char *at = spared; *at != '\0';) {
		size_t len = strcspn(at, ", \t");
		const char *name = at;
		size_t name_len = len;

		at += len;
		at += strspn(at, ", \t");
		if (name_len == 1 && *name == '*')
			return true;
		while (name_len > 0 && *name == '.') {
			name++;
			name_len--;
		}
		if (memchr(name, ':', name_len) != NULL)
			name_len = (size_t)((const char *)memchr(name, ':', name_len) - name);
		if (name_len > 0 && is_below(host, name, name_len))
			return true;
	}
	return false;
}
