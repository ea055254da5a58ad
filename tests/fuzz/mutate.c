/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mutate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "updaters/lib/packed.h"

enum { HEADER = 60, BLOCK = 512, MEMBERS_MAX = 8, TAR_MAX = 4 << 20 };

static uint32_t draw(uint64_t *seed, size_t below)
{
	*seed = *seed * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)((*seed >> 33) % (below > 0 ? below : 1));
}

/* --- members ----------------------------------------------------------------- */

struct part {
	const char *header;
	char name[17];
	const char *bytes;
	size_t len;
};

static size_t split(const struct buf *package, struct part parts[MEMBERS_MAX])
{
	size_t n = 0, at = 8;

	for (; n < MEMBERS_MAX && at + HEADER <= package->len; n++) {
		struct part *p = &parts[n];
		char number[11] = "";

		p->header = package->data + at;
		memcpy(p->name, p->header, 16);
		p->name[16] = '\0';
		p->name[strcspn(p->name, " /")] = '\0';
		memcpy(number, p->header + 48, 10);
		p->bytes = p->header + HEADER;
		p->len = strtoul(number, NULL, 10);
		at += HEADER + p->len + p->len % 2;
	}
	return n;
}

static void put_member(struct buf *out, const char *name, const char *bytes, size_t len)
{
	buf_printf(out, "%-16s%-12d%-6d%-6d%-8o%-10zu`\n", name, 0, 0, 0, 0100644U, len);
	buf_put(out, bytes, len);
	if (len % 2 == 1)
		buf_put(out, "\n", 1);
}

static void put_part(struct buf *out, const struct part *p)
{
	buf_put(out, p->header, HEADER + p->len + p->len % 2);
}

/* --- bytes ------------------------------------------------------------------- */

static const char *flip_bit(const struct buf *package, uint64_t *seed, struct buf *out)
{
	size_t at = draw(seed, package->len);

	buf_put(out, package->data, package->len);
	out->data[at] = (char)(out->data[at] ^ 1 << draw(seed, 8));
	return "a bit flipped";
}

static const char *change_header(const struct buf *package, uint64_t *seed, struct buf *out)
{
	static const char telling[] = " 0123456789`\n/._-xzgtsb\0\x80";
	struct part parts[MEMBERS_MAX];
	const struct part *p = &parts[draw(seed, split(package, parts))];
	size_t at = (size_t)(p->header - package->data) + draw(seed, HEADER);

	buf_put(out, package->data, package->len);
	out->data[at] = telling[draw(seed, sizeof(telling) - 1)];
	return "a byte of a member's header";
}

static const char *cut(const struct buf *package, uint64_t *seed, struct buf *out)
{
	size_t n = draw(seed, 2) == 0 ? draw(seed, package->len) : package->len - draw(seed, 600);

	buf_put(out, package->data, n < package->len ? n : package->len - 1);
	return "cut off";
}

static const char *append(const struct buf *package, uint64_t *seed, struct buf *out)
{
	static const char *const tails[] = {"\n", "\0", "x", "trailing bytes", "!<arch>\n"};
	const char *tail = tails[draw(seed, ARRAY_SIZE(tails))];

	buf_put(out, package->data, package->len);
	buf_put(out, tail, tail[0] == '\0' ? 1 : strlen(tail));
	return "bytes behind it";
}

/* A run of zeros, or of another place of the package. */
static const char *overwrite(const struct buf *package, uint64_t *seed, struct buf *out)
{
	size_t n = 1 + draw(seed, 64), at, from;

	n = n < package->len / 2 ? n : package->len / 2;
	at = draw(seed, package->len - n);
	from = draw(seed, package->len - n);
	buf_put(out, package->data, package->len);
	if (draw(seed, 2) == 0)
		memset(out->data + at, 0, n);
	else
		memcpy(out->data + at, package->data + from, n);
	return "bytes overwritten";
}

/* --- whole members ----------------------------------------------------------- */

static const char *reorder(const struct buf *package, uint64_t *seed, struct buf *out)
{
	struct part parts[MEMBERS_MAX];
	size_t n = split(package, parts), which = draw(seed, n), other = draw(seed, n);
	uint32_t how = draw(seed, 4);

	buf_put(out, package->data, 8);
	for (size_t i = 0; i < n; i++) {
		size_t from = how == 0 && i == which ? other : how == 0 && i == other ? which : i;

		if (how == 1 && i == which)
			continue;
		put_part(out, &parts[from]);
		if (how == 2 && i == which)
			put_part(out, &parts[other]);
	}
	if (how == 3)
		put_member(out, draw(seed, 2) == 0 ? "_extra" : "extra", "x", 1);
	return "members swapped, dropped, doubled or added";
}

static const char *rename_member(const struct buf *package, uint64_t *seed, struct buf *out)
{
	static const char *const names[] = {"control.tar", "control.tar.gz", "control.tar.xz",
		"control.tar.zst", "control.tar.bz2", "data.tar", "data.tar.gz", "data.tar.xz",
		"data.tar.zst", "data.tar.bz2", "data.tar.lzma", "debian-binary", "Control.tar.xz",
		"data.tar.xz/", "_gpgorigin", "debian_binary", "control.tar.xzz"};
	struct part parts[MEMBERS_MAX];
	size_t n = split(package, parts), which = draw(seed, n);

	buf_put(out, package->data, 8);
	for (size_t i = 0; i < n; i++)
		if (i == which)
			put_member(out, names[draw(seed, ARRAY_SIZE(names))], parts[i].bytes,
				parts[i].len);
		else
			put_part(out, &parts[i]);
	return "another name for a member";
}

/* --- inside the tars --------------------------------------------------------- */

/* A member unpacked; empty where it is large. */
static void unpack_member(const struct part *p, struct buf *out)
{
	const char *suffix = strstr(p->name, ".tar");
	const struct packed_input in = {.suffix = suffix != NULL ? suffix + 4 : "",
		.memory = p->bytes,
		.fd = -1,
		.len = p->len};
	SCOPED(packed_free) struct packed *packed = NULL;
	char bytes[BLOCK];
	size_t n = sizeof(bytes);

	buf_init(out, TAR_MAX);
	if (!packed_open(&in, &packed, NULL))
		return;
	while (n == sizeof(bytes) && packed_read(packed, bytes, sizeof(bytes), &n, NULL))
		buf_put(out, bytes, n);
	if (out->is_full)
		buf_reset(out);
}

static void seal(char *header)
{
	unsigned sum = 8 * ' ';
	char text[8];

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= 148 && i < 156 ? 0 : (unsigned char)header[i];
	snprintf(text, sizeof(text), "%06o", sum & 0777777);
	memcpy(header + 148, text, 7);
	header[155] = ' ';
}

/* Where the headers of a tar begin. */
static size_t find_headers(const struct buf *tar, size_t *out, size_t max)
{
	size_t n = 0;

	for (size_t at = 0; at + BLOCK <= tar->len && n < max; at += BLOCK)
		if (memcmp(tar->data + at + 257, "ustar", 5) == 0)
			out[n++] = at;
	return n;
}

/* One field of one header becomes something telling; its sum is right. */
static void change_entry(struct buf *tar, uint64_t *seed)
{
	static const struct {
		size_t at, len;
		const char *bytes;
	} changes[] = {{0, 13, "../etc/passwd"}, {0, 12, "/etc/passwd\0"}, {0, 1, "\0"},
		{0, 3, "a\nb"}, {2, 2, "/."}, {100, 7, "0004755"}, {100, 2, "99"}, {108, 3, "-1 "},
		{124, 11, "00000000000"}, {124, 11, "00000000001"}, {124, 11, "77777777777"},
		{124, 4, "\xFF\xFF\xFF\xFF"}, {124, 12, "            "}, {136, 4, "zzzz"},
		{136, 12, "\x80\0\0\0\0\0\0\1\0\0\0\0"}, {156, 1, "1"}, {156, 1, "2"},
		{156, 1, "3"}, {156, 1, "5"}, {156, 1, "6"}, {156, 1, "7"}, {156, 1, "L"},
		{156, 1, "K"}, {156, 1, "x"}, {156, 1, "g"}, {156, 1, "S"}, {156, 1, "Z"},
		{156, 1, "\0"}, {157, 11, "/etc/shadow"}, {157, 2, "..\0"}, {257, 6, "xxxxxx"},
		{257, 8,
			"ustar\0"
			"00"},
		{345, 4, "pre\0"}, {345, 4, "../."}};
	size_t headers[256], n = find_headers(tar, headers, ARRAY_SIZE(headers));
	size_t which = draw(seed, ARRAY_SIZE(changes));

	if (n == 0)
		return;

	char *header = tar->data + headers[draw(seed, n)];

	memcpy(header + changes[which].at, changes[which].bytes, changes[which].len);
	seal(header);
}

/* A whole block, entry or not: out, doubled, zeroed, or everything behind it gone. */
static void change_blocks(struct buf *tar, uint64_t *seed)
{
	size_t n = tar->len / BLOCK, at = draw(seed, n) * BLOCK;

	if (n < 2)
		return;
	switch (draw(seed, 4)) {
	case 0:
		memmove(tar->data + at, tar->data + at + BLOCK, tar->len - at - BLOCK);
		tar->len -= BLOCK;
		break;
	case 1: memcpy(tar->data + at, tar->data + draw(seed, n) * BLOCK, BLOCK); break;
	case 2: memset(tar->data + at, 0, BLOCK); break;
	default: tar->len = at; break;
	}
}

static const char *const lines[] = {"Package: other\n", "package: other\n", "Version: 99:1\n",
	"VERSION: 1\n", "Architecture: all\n", "Architecture: any\n", " folded\n", "\n", " \n",
	"\t.\n", "Package:\n other\n", "X: \x01\n", "no colon\n", "Essential: yes\n",
	"#: comment\n", "# comment\n", "Depends: (\n", "-X: y\n", ": z\n", "X Y: z\n", "X:\n",
	"\r\n"};

/* A line more in the control file, somewhere; its size and sum are right. */
static void change_control(struct buf *tar, uint64_t *seed)
{
	const char *line = lines[draw(seed, ARRAY_SIZE(lines))];
	size_t headers[64], n = find_headers(tar, headers, ARRAY_SIZE(headers)), i = 0;
	char number[12], text[BLOCK * 64];

	while (i < n && strcmp(tar->data + headers[i], "./control") != 0)
		i++;
	if (i == n)
		return;
	memcpy(number, tar->data + headers[i] + 124, 12);

	size_t from = headers[i] + BLOCK, size = strtoul(number, NULL, 8), at = 0;
	size_t old = (size + BLOCK - 1) / BLOCK * BLOCK, len = strlen(line);

	if (size + len + BLOCK > sizeof(text) || from + old > tar->len)
		return;
	/* at the beginning of a line */
	for (at = draw(seed, size); at > 0 && tar->data[from + at - 1] != '\n';)
		at--;
	memset(text, 0, sizeof(text));
	memcpy(text, tar->data + from, at);
	memcpy(text + at, line, len);
	memcpy(text + at + len, tar->data + from + at, size - at);

	size_t new = (size + len + BLOCK - 1) / BLOCK *BLOCK;
	SCOPED_CLEAR(buf_clear) struct buf changed = {0};

	buf_init(&changed, TAR_MAX);
	buf_put(&changed, tar->data, from);
	buf_put(&changed, text, new);
	buf_put(&changed, tar->data + from + old, tar->len - from - old);
	snprintf(number, sizeof(number), "%011zo", size + len);
	memcpy(changed.data + headers[i] + 124, number, 11);
	seal(changed.data + headers[i]);
	buf_reset(tar);
	buf_put(tar, changed.data, changed.len);
}

static const char *change_tar(const struct buf *package, uint64_t *seed, struct buf *out)
{
	static const struct {
		void (*change)(struct buf *tar, uint64_t *seed);
		size_t member;
		const char *what;
	} changes[] = {{change_entry, 1, "an entry of the control"},
		{change_entry, 2, "an entry of the data"},
		{change_blocks, 1, "blocks of the control"},
		{change_blocks, 2, "blocks of the data"},
		{change_control, 1, "a line in the control"}};
	static const char *const names[] = {"", "control.tar", "data.tar"};
	SCOPED_CLEAR(buf_clear) struct buf tar = {0};
	struct part parts[MEMBERS_MAX];
	size_t n = split(package, parts), which = draw(seed, ARRAY_SIZE(changes));
	size_t member = changes[which].member;

	unpack_member(&parts[member], &tar);
	if (tar.len == 0)
		return flip_bit(package, seed, out);
	changes[which].change(&tar, seed);
	buf_put(out, package->data, 8);
	for (size_t i = 0; i < n; i++)
		if (i == member)
			put_member(out, names[member], tar.data, tar.len);
		else
			put_part(out, &parts[i]);
	return changes[which].what;
}

const char *mutate_package(const struct buf *package, uint64_t *seed, struct buf *out)
{
	static const char *(*const ways[])(const struct buf *, uint64_t *, struct buf *) = {
		flip_bit, change_header, cut, append, overwrite, reorder, rename_member, change_tar,
		change_tar, change_tar, change_tar, change_tar};

	return ways[draw(seed, ARRAY_SIZE(ways))](package, seed, out);
}
