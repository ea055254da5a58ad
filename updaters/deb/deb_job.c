/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/deb_job.h"

#include <stdlib.h>

void deb_inspect_clear(struct deb_inspect *i)
{
	recipe_free(i->recipe);
	for (size_t k = 0; k < i->n_documents; k++)
		document_clear(&i->documents[k]);
	free(i->documents);
	*i = (struct deb_inspect){0};
}

void deb_inspect_pack(const struct deb_inspect *i, struct buf *out)
{
	size_t n = i->n_documents < DEB_DOCUMENTS_MAX ? i->n_documents : DEB_DOCUMENTS_MAX;

	recipe_pack(i->recipe, out);
	pack_str(out, i->installed);
	pack_str(out, i->wanted);
	pack_str(out, i->below);
	pack_str(out, i->skip_exactly);
	pack_str(out, i->skip_up_to);
	pack_u8(out, i->with_reinstall);
	pack_u8(out, i->with_digest);
	pack_u8(out, i->with_trace);
	pack_u8(out, i->with_pages);
	pack_u8(out, i->offline);
	pack_u32(out, (uint32_t)n);
	for (size_t k = 0; k < n; k++)
		document_pack(&i->documents[k], out);
}

static bool unpack_bool(struct unpack *u)
{
	uint8_t n = unpack_u8(u);

	u->is_bad = u->is_bad || n > 1;
	return n == 1;
}

static bool unpack_documents(struct unpack *u, struct deb_inspect *out)
{
	size_t n = unpack_below(u, DEB_DOCUMENTS_MAX + 1);

	out->documents = calloc(n + 1, sizeof(*out->documents));
	if (out->documents == NULL)
		return false;
	for (; out->n_documents < n; out->n_documents++)
		if (!document_unpack(u, &out->documents[out->n_documents]))
			return false;
	return true;
}

static bool job_is_bad(const char *phase, struct err *e)
{
	return err_set(e, ERR_WORKER, "the input of the job to %s can't be read", phase);
}

bool deb_inspect_unpack(struct unpack *u, struct deb_inspect *out, struct err *e)
{
	SCOPED_CLEAR(deb_inspect_clear) struct deb_inspect in = {0};

	if (!recipe_unpack(u, &in.recipe, e))
		return false;
	unpack_str(u, in.installed, sizeof(in.installed));
	unpack_str(u, in.wanted, sizeof(in.wanted));
	unpack_str(u, in.below, sizeof(in.below));
	unpack_str(u, in.skip_exactly, sizeof(in.skip_exactly));
	unpack_str(u, in.skip_up_to, sizeof(in.skip_up_to));
	in.with_reinstall = unpack_bool(u);
	in.with_digest = unpack_bool(u);
	in.with_trace = unpack_bool(u);
	in.with_pages = unpack_bool(u);
	in.offline = unpack_bool(u);
	if (!unpack_documents(u, &in) || !unpack_is_done(u))
		return job_is_bad("inspect", e);
	*out = in;
	in = (struct deb_inspect){0};
	return true;
}

void deb_fetch_clear(struct deb_fetch *f)
{
	recipe_free(f->recipe);
	*f = (struct deb_fetch){0};
}

void deb_fetch_pack(const struct deb_fetch *f, struct buf *out)
{
	recipe_pack(f->recipe, out);
	release_pack(&f->release, out);
	pack_str(out, f->file_name);
	pack_u64(out, f->max_bytes);
}

bool deb_fetch_unpack(struct unpack *u, struct deb_fetch *out, struct err *e)
{
	SCOPED_CLEAR(deb_fetch_clear) struct deb_fetch in = {0};

	if (!recipe_unpack(u, &in.recipe, e))
		return false;
	release_unpack(u, &in.release);
	unpack_str(u, in.file_name, sizeof(in.file_name));
	in.max_bytes = unpack_u64(u);
	if (!unpack_is_done(u) || in.max_bytes == 0)
		return job_is_bad("fetch", e);
	if (in.file_name[0] == '\0' || in.file_name[0] == '.' || strchr(in.file_name, '/') != NULL)
		return err_set(
			e, ERR_POLICY, "\"%s\" is no name for a file to fetch into", in.file_name);
	*out = in;
	in = (struct deb_fetch){0};
	return true;
}

void deb_verify_clear(struct deb_verify *v)
{
	recipe_free(v->recipe);
	*v = (struct deb_verify){0};
}

void deb_verify_pack(const struct deb_verify *v, struct buf *out)
{
	recipe_pack(v->recipe, out);
	pack_str(out, v->version);
	pack_str(out, v->sha256);
	pack_u64(out, v->size_bytes);
}

bool deb_verify_unpack(struct unpack *u, struct deb_verify *out, struct err *e)
{
	SCOPED_CLEAR(deb_verify_clear) struct deb_verify in = {0};

	if (!recipe_unpack(u, &in.recipe, e))
		return false;
	unpack_str(u, in.version, sizeof(in.version));
	unpack_str(u, in.sha256, sizeof(in.sha256));
	in.size_bytes = unpack_u64(u);
	if (!unpack_is_done(u))
		return job_is_bad("verify", e);
	*out = in;
	in = (struct deb_verify){0};
	return true;
}
