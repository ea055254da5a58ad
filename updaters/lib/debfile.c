/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The head of a package, as it arrives. */
#include "updaters/lib/debfile.h"

#include <string.h>

#include "updaters/lib/debfile_parts.h"
#include "updaters/lib/text.h"

/* What is being collected into `have` until it has `want` bytes. */
enum stage { STAGE_MAGIC, STAGE_HEADER, STAGE_BODY, STAGE_READY, STAGE_BAD };

struct debhead {
	enum stage stage;
	size_t want;
	struct buf have;
	size_t index; /* of the member */
	struct ar_member member;
	struct err why; /* STAGE_BAD */
};

struct debhead *debhead_new(void)
{
	struct debhead *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	buf_init(&h->have, DEBFILE_CONTROL_MAX + 1);
	debhead_restart(h);
	return h;
}

void debhead_free(struct debhead *h)
{
	if (h == NULL)
		return;
	buf_clear(&h->have);
	free(h);
}

static void debhead_expect(struct debhead *h, enum stage stage, size_t want)
{
	h->stage = stage;
	h->want = want;
	buf_reset(&h->have);
}

void debhead_restart(struct debhead *h)
{
	h->index = 0;
	debhead_expect(h, STAGE_MAGIC, AR_MAGIC_LEN);
}

/* A body is collected with the byte that pads it to an even length, but for the last one. */
static bool debhead_header(struct debhead *h, struct err *e)
{
	if (!member_read(buf_str(&h->have), &h->member, e) ||
		!member_check(&h->member, h->index, e))
		return false;

	size_t size = (size_t)h->member.size;

	debhead_expect(h, STAGE_BODY, h->index == MEMBER_CONTROL ? size : size + size % 2);
	return true;
}

static bool debhead_body(struct debhead *h, struct err *e)
{
	if (h->index == MEMBER_CONTROL) {
		h->stage = STAGE_READY;
		return true;
	}
	if (h->member.size % 2 == 1 && h->have.data[h->member.size] != '\n')
		return err_set(e, ERR_STRUCTURE, "wrong byte behind a member");
	if (!format_check(buf_str(&h->have), (size_t)h->member.size, e))
		return false;
	h->index++;
	debhead_expect(h, STAGE_HEADER, AR_HEADER_LEN);
	return true;
}

/* What was wanted is there, whole. */
static bool debhead_step(struct debhead *h, struct err *e)
{
	if (h->stage == STAGE_HEADER)
		return debhead_header(h, e);
	if (h->stage == STAGE_BODY)
		return debhead_body(h, e);
	if (memcmp(buf_str(&h->have), AR_MAGIC, AR_MAGIC_LEN) != 0)
		return err_set(e, ERR_STRUCTURE, "not a Debian package: no ar archive");
	debhead_expect(h, STAGE_HEADER, AR_HEADER_LEN);
	return true;
}

enum debhead_state debhead_feed(struct debhead *h, const void *bytes, size_t len, struct err *e)
{
	const char *at = bytes;

	while (len > 0 && h->stage < STAGE_READY) {
		size_t missing = h->want - h->have.len;
		size_t n = len < missing ? len : missing;

		if (!buf_put(&h->have, at, n)) {
			err_set(&h->why, ERR_INTERNAL, "no memory for a package's head");
			h->stage = STAGE_BAD;
			break;
		}
		at += n;
		len -= n;
		if (h->have.len == h->want && !debhead_step(h, &h->why))
			h->stage = STAGE_BAD;
	}
	if (h->stage == STAGE_BAD && e != NULL)
		*e = h->why;
	return h->stage == STAGE_BAD     ? DEBHEAD_BAD
	       : h->stage == STAGE_READY ? DEBHEAD_READY
					 : DEBHEAD_MORE;
}

bool debhead_control(struct debhead *h, struct dpkg_control *out, struct err *e)
{
	if (h->stage != STAGE_READY)
		return err_set(e, ERR_STRUCTURE, "the package ends within its head");

	const struct packed_input in = {
		.suffix = h->member.suffix,
		.memory = buf_str(&h->have),
		.fd = -1,
		.len = h->have.len,
	};

	return control_member_read(&in, out, e);
}
