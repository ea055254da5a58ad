/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/digest.h"

/* A type of libcrypto's has the name of an error code of ours. */
#define ERR_STATE libcrypto_err_state
#include <openssl/evp.h>
#undef ERR_STATE
#include <string.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

enum { READ_SIZE = 256 << 10 };

static const struct {
	const char *name;
	const EVP_MD *(*algorithm)(void);
} kinds[DIGEST_N_KINDS] = {
	[DIGEST_SHA256] = {"SHA-256", EVP_sha256},
	[DIGEST_SHA1] = {"SHA-1", EVP_sha1},
	[DIGEST_MD5] = {"MD5", EVP_md5},
};

struct digest {
	EVP_MD_CTX *context;
	enum digest_kind kind;
	bool is_bad; /* libcrypto refused something: no digest comes out of this one */
};

struct digest *digest_new(void)
{
	return digest_new_of(DIGEST_SHA256);
}

struct digest *digest_new_of(enum digest_kind kind)
{
	SCOPED(digest_free) struct digest *d = calloc(1, sizeof(*d));

	if (d == NULL || (d->context = EVP_MD_CTX_new()) == NULL)
		return NULL;
	d->kind = kind;
	digest_restart(d);
	return d->is_bad ? NULL : MOVE_PTR(d);
}

void digest_free(struct digest *d)
{
	if (d == NULL)
		return;
	EVP_MD_CTX_free(d->context);
	free(d);
}

void digest_restart(struct digest *d)
{
	d->is_bad = EVP_DigestInit_ex(d->context, kinds[d->kind].algorithm(), NULL) != 1;
}

void digest_add(struct digest *d, const void *bytes, size_t len)
{
	if (len > 0 && !d->is_bad && EVP_DigestUpdate(d->context, bytes, len) != 1)
		d->is_bad = true;
}

bool digest_finish(struct digest *d, char out_hex[SHA256_HEX_SIZE], struct err *e)
{
	return digest_finish_of(d, out_hex, SHA256_HEX_SIZE, e);
}

bool digest_finish_of(struct digest *d, char *out_hex, size_t out_size, struct err *e)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (d->is_bad || EVP_DigestFinal_ex(d->context, raw, &len) != 1 ||
		out_size != 2 * (size_t)len + 1)
		return err_set(e, ERR_INTERNAL, "libcrypto can't compute %s", kinds[d->kind].name);
	d->is_bad = true;
	for (size_t i = 0; i < len; i++) {
		out_hex[2 * i] = digits[raw[i] >> 4];
		out_hex[2 * i + 1] = digits[raw[i] & 15];
	}
	out_hex[2 * len] = '\0';
	return true;
}

bool digest_of(const void *bytes, size_t len, char out_hex[SHA256_HEX_SIZE], struct err *e)
{
	SCOPED(digest_free) struct digest *d = digest_new();

	if (d == NULL)
		return err_set(e, ERR_INTERNAL, "libcrypto can't compute SHA-256");
	digest_add(d, bytes, len);
	return digest_finish(d, out_hex, e);
}

bool digest_of_fd(int fd, char out_hex[SHA256_HEX_SIZE], uint64_t *out_size_bytes, struct err *e)
{
	const struct digest_watch nobody = {0};

	return digest_of_fd_watched(fd, &nobody, out_hex, out_size_bytes, e);
}

bool digest_of_fd_watched(int fd, const struct digest_watch *watch, char out_hex[SHA256_HEX_SIZE],
	uint64_t *out_size_bytes, struct err *e)
{
	SCOPED(digest_free) struct digest *d = digest_new();
	SCOPED_FREE unsigned char *part = malloc(READ_SIZE);
	uint64_t size_bytes = 0;

	if (d == NULL || part == NULL)
		return err_set(e, ERR_INTERNAL, "libcrypto can't compute SHA-256");
	for (size_t n = READ_SIZE; n == READ_SIZE;) {
		if (!fs_read_at(fd, part, READ_SIZE, size_bytes, &n))
			return err_sys(e, ERR_INTERNAL, "can't read a file to hash it");
		digest_add(d, part, n);
		size_bytes += n;
		if (watch->on_read != NULL)
			watch->on_read(watch->user, size_bytes);
	}
	if (!digest_finish(d, out_hex, e))
		return false;
	*out_size_bytes = size_bytes;
	return true;
}

bool digest_is_sha256(const char *raw, char out_hex[SHA256_HEX_SIZE])
{
	if (!text_is_hex(raw, SHA256_HEX_SIZE - 1))
		return false;
	memcpy(out_hex, raw, SHA256_HEX_SIZE);
	text_lower(out_hex);
	return true;
}
