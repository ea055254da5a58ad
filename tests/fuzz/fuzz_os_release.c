/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any text as os-release and as upstream-release/lsb-release: what is read goes into addresses and
 * on terminals, so it is one word of plain letters, or escaped.
 */
#include "target.h"

#include "updaters/lib/host.h"

static void check_host(const struct host *h)
{
	static const char *const keys[] = {"jammy", "noble", "bookworm"};
	const char *const texts[] = {h->os, h->os_version, h->os_name, h->base_family, h->base};
	char chosen[HOST_WORD_MAX];

	must(h->os[0] != '\0' && h->os_name[0] != '\0', "a system without a name");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		must(strnlen(texts[i], HOST_WORD_MAX) < HOST_WORD_MAX &&
				!has_control_bytes(texts[i]),
			"control bytes in what is shown");
	must(strspn(h->base, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(h->base),
		"a codename with other bytes");
	must((h->base[0] == '\0') == (h->base_family[0] == '\0'), "a base without a family");
	if (h->base_family[0] != '\0')
		must(text_equal(h->base_family, "ubuntu") || text_equal(h->base_family, "debian"),
			"an unknown family");
	if (host_base_choose(h, keys, keys, ARRAY_SIZE(keys), chosen, sizeof(chosen)))
		must(text_equal(chosen, "jammy") || text_equal(chosen, "noble") ||
				text_equal(chosen, "bookworm"),
			"none of those to choose from");
}

static void read_both(const char *os_release, const char *upstream)
{
	struct host h = {.arch = "amd64"};
	struct err e = {0};

	if (host_parse(os_release, upstream, &h, &e)) {
		must(text_equal(h.arch, "amd64"), "the architecture was changed");
		check_host(&h);
	} else {
		must_be_told(&e);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED_FREE char *text = text_of(data, size);

	read_both(text, NULL);
	read_both(text, text);
	read_both("ID=linuxmint\nVERSION_ID=22\n", text);
	return 0;
}
