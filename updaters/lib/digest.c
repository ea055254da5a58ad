/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/digest.h"

/* A type of libcrypto's has the name of an error code of ours. */
#define ERR_STATE libcrypto_err_state
#include <openssl/evp.h>
#undef ERR_STATE
#include <string.h>

#include "updaters/lib/base64.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

enum { READ_SIZE = 256 << 10, SHA512_BYTES = 64, SHA512_BASE64_LEN = 88 };

static const struct {
	const char *name;
	const EVP_MD *(*algorithm)(void);
} kinds[DIGEST_N_KINDS] = {
	[DIGEST_SHA256] = {"SHA-256", EVP_sha256},
	[DIGEST_SHA512] = {"SHA-512", EVP_sha512},
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

static void put_hex(const unsigned char *raw, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[raw[i] >> 4];
		out[2 * i + 1] = digits[raw[i] & 15];
	}
	out[2 * len] = '\0';
}

bool digest_finish_of(struct digest *d, char *out_hex, size_t out_size, struct err *e)
{
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (d->is_bad || EVP_DigestFinal_ex(d->context, raw, &len) != 1 ||
		out_size != 2 * (size_t)len + 1)
		return err_set(e, ERR_INTERNAL, "libcrypto can't compute %s", kinds[d->kind].name);
	d->is_bad = true;
	put_hex(raw, len, out_hex);
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

static bool is_hex_of(const char *raw, char *out_hex, size_t size)
{
	if (!text_is_hex(raw, size - 1))
		return false;
	memcpy(out_hex, raw, size);
	text_lower(out_hex);
	return true;
}

bool digest_is_sha256(const char *raw, char out_hex[SHA256_HEX_SIZE])
{
	return is_hex_of(raw, out_hex, SHA256_HEX_SIZE);
}

bool digest_is_sha512(const char *raw, char out_hex[SHA512_HEX_SIZE])
{
	return is_hex_of(raw, out_hex, SHA512_HEX_SIZE);
}

bool digest_from_base64(const char *raw, char out_hex[SHA512_HEX_SIZE])
{
	SCOPED_CLEAR(buf_clear) struct buf bytes = {0};
	size_t len = strlen(raw);

	buf_init(&bytes, SHA512_BYTES);
	/* one spelling: no white space, and all of its padding */
	if (len != SHA512_BASE64_LEN || raw[len - 1] != '=' || strcspn(raw, " \t\r\n") != len ||
		!base64_decode(raw, len, &bytes) || bytes.len != SHA512_BYTES)
		return false;
	put_hex((const unsigned char *)bytes.data, bytes.len, out_hex);
	return true;
}

/* --- several of the same bytes ----------------------------------------------- */

struct measuring {
	struct digest *sha256;
	struct digest *sha512; /* NULL: nobody expects it */
};

bool digests_are_known(const struct digests *d)
{
	return d->sha256[0] != '\0' || d->sha512[0] != '\0';
}

bool digests_agree(const struct digests *a, const struct digests *b)
{
	bool has_sha256 = a->sha256[0] != '\0' && b->sha256[0] != '\0';
	bool has_sha512 = a->sha512[0] != '\0' && b->sha512[0] != '\0';

	return (has_sha256 || has_sha512) && (!has_sha256 || text_equal(a->sha256, b->sha256)) &&
	       (!has_sha512 || text_equal(a->sha512, b->sha512));
}

static bool check_one(const char *name, const char *expected, const char *measured,
	const char *what, struct err *e)
{
	return expected[0] == '\0' || text_equal(expected, measured) ||
	       err_set(e, ERR_DIGEST, "%s has %s %s, expected was %s", what, name, measured,
		       expected);
}

bool digests_check(const struct digests *expected, const struct digests *measured, const char *what,
	struct err *e)
{
	return check_one("SHA-512", expected->sha512, measured->sha512, what, e) &&
	       check_one("SHA-256", expected->sha256, measured->sha256, what, e);
}

static bool add_one(char *found, const char *hex, size_t size, const char *what, struct err *e)
{
	if (hex[0] == '\0')
		return true;
	if (found[0] != '\0' && strcmp(found, hex) != 0)
		return err_set(e, ERR_DIGEST, "%s stands there with two digests, %s and %s", what,
			found, hex);
	memcpy(found, hex, size);
	return true;
}

bool digests_add(struct digests *found, const struct digests *more, const char *what, struct err *e)
{
	return add_one(found->sha256, more->sha256, sizeof(found->sha256), what, e) &&
	       add_one(found->sha512, more->sha512, sizeof(found->sha512), what, e);
}

struct measuring *measuring_new(const struct digests *expected)
{
	SCOPED(measuring_free) struct measuring *m = calloc(1, sizeof(*m));

	if (m == NULL || (m->sha256 = digest_new()) == NULL)
		return NULL;
	if (expected->sha512[0] != '\0' && (m->sha512 = digest_new_of(DIGEST_SHA512)) == NULL)
		return NULL;
	return MOVE_PTR(m);
}

void measuring_free(struct measuring *m)
{
	if (m == NULL)
		return;
	digest_free(m->sha256);
	digest_free(m->sha512);
	free(m);
}

void measuring_restart(struct measuring *m)
{
	digest_restart(m->sha256);
	if (m->sha512 != NULL)
		digest_restart(m->sha512);
}

void measuring_add(struct measuring *m, const void *bytes, size_t len)
{
	digest_add(m->sha256, bytes, len);
	if (m->sha512 != NULL)
		digest_add(m->sha512, bytes, len);
}

bool measuring_finish(struct measuring *m, struct digests *out, struct err *e)
{
	struct digests all = {0};

	if (!digest_finish(m->sha256, all.sha256, e) ||
		(m->sha512 != NULL &&
			!digest_finish_of(m->sha512, all.sha512, sizeof(all.sha512), e)))
		return false;
	*out = all;
	return true;
}

bool digests_of_fd(int fd, const struct digests *expected, const struct digest_watch *watch,
	struct digests *out, uint64_t *out_size_bytes, struct err *e)
{
	SCOPED(measuring_free) struct measuring *m = measuring_new(expected);
	SCOPED_FREE unsigned char *part = malloc(READ_SIZE);
	uint64_t size_bytes = 0;

	if (m == NULL || part == NULL)
		return err_set(e, ERR_INTERNAL, "libcrypto can't compute digests");
	for (size_t n = READ_SIZE; n == READ_SIZE;) {
		if (!fs_read_at(fd, part, READ_SIZE, size_bytes, &n))
			return err_sys(e, ERR_INTERNAL, "can't read a file to hash it");
		measuring_add(m, part, n);
		size_bytes += n;
		if (watch != NULL && watch->on_read != NULL)
			watch->on_read(watch->user, size_bytes);
	}
	if (!measuring_finish(m, out, e))
		return false;
	*out_size_bytes = size_bytes;
	return true;
}

bool digest_of_fd(int fd, char out_hex[SHA256_HEX_SIZE], uint64_t *out_size_bytes, struct err *e)
{
	const struct digests nothing = {0};
	struct digests measured;

	if (!digests_of_fd(fd, &nothing, NULL, &measured, out_size_bytes, e))
		return false;
	memcpy(out_hex, measured.sha256, sizeof(measured.sha256));
	return true;
}
