/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/url.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "updaters/lib/text.h"

static const char scheme[] = "https://";
enum { SCHEME_LEN = sizeof(scheme) - 1 };

static const char host_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
/* RFC 3986 §2.2 and §2.3: what may stand in an address as it is, and with the percent sign. */
#define PLAIN_BYTES                                                                                \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/?#[]@!$&'()*+,;="
static const char plain_bytes[] = PLAIN_BYTES, url_bytes[] = PLAIN_BYTES "%";

struct piece {
	const char *at;
	size_t len;
};

/* Any piece may be empty. A query keeps its "?". */
struct parts {
	struct piece authority, path, query;
};

/* Source: RFC 3986, appendix B */
static void url_split(const char *after_scheme, bool has_authority, struct parts *out)
{
	const char *at = after_scheme;

	*out = (struct parts){0};
	if (has_authority)
		out->authority = (struct piece){at, strcspn(at, "/?#")};
	at += out->authority.len;
	out->path = (struct piece){at, strcspn(at, "?#")};
	at += out->path.len;
	out->query = (struct piece){at, strcspn(at, "#")};
}

static int hex_value(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

unsigned char url_byte_at(const char *at, size_t left, size_t *out_len)
{
	*out_len = 1;
	if (left < 3 || at[0] != '%' || hex_value(at[1]) < 0 || hex_value(at[2]) < 0)
		return (unsigned char)at[0];
	*out_len = 3;
	return (unsigned char)(hex_value(at[1]) << 4 | hex_value(at[2]));
}

/* A host whose last label is a number is an IPv4 address to some parser, however it is spelled. */
static bool is_ip_address(const char *host, size_t len)
{
	size_t start = len > 0 && host[len - 1] == '.' ? --len : len;

	while (start > 0 && host[start - 1] != '.')
		start--;
	if (len - start > 1 && host[start] == '0' && (host[start + 1] | 0x20) == 'x')
		return true;
	return len > start && strspn(host + start, "0123456789") >= len - start;
}

static bool host_check(const char *host, size_t len, struct err *e)
{
	if (len > 0 && host[0] == '[')
		return err_set(e, ERR_POLICY, "address with an IP number instead of a name");
	if (len == 0 || len > 253 || strspn(host, host_bytes) < len)
		return err_set(e, ERR_PARSE,
			"\"%.*s\" is no host name (ASCII letters, digits, "
			"\"-\" and \".\"; international names in their xn-- form)",
			(int)(len > 253 ? 253 : len), host);
	if (is_ip_address(host, len))
		return err_set(e, ERR_POLICY, "address with an IP number instead of a name");
	for (size_t i = 0, start = 0; i <= len; i++) {
		if (i < len && host[i] != '.')
			continue;
		if (i == start || i - start > 63 || host[start] == '-' || host[i - 1] == '-')
			return err_set(e, ERR_PARSE, "\"%.*s\" is no host name", (int)len, host);
		start = i + 1;
	}
	return true;
}

static bool authority_check(struct piece authority, struct err *e)
{
	const char *colon = memchr(authority.at, ':', authority.len);
	size_t host_len = colon != NULL ? (size_t)(colon - authority.at) : authority.len;
	char port[6] = "";
	uint64_t number = 0;

	if (memchr(authority.at, '@', authority.len) != NULL)
		return err_set(e, ERR_POLICY, "address with a user name in it");
	if (!host_check(authority.at, authority.at[0] == '[' ? 1 : host_len, e))
		return false;
	if (colon == NULL)
		return true;
	if (!text_copy_n(port, sizeof(port), colon + 1, authority.len - host_len - 1) ||
		!text_to_u64(port, &number) || number == 0 || number > 65535)
		return err_set(e, ERR_PARSE, "address with a port that is none");
	return true;
}

void url_tell(const char *raw_url, char out[URL_TOLD_MAX])
{
	const char *start = strstr(raw_url, "//"), *at = NULL;
	size_t len = start != NULL ? strcspn(start + 2, "/?#") : 0;

	for (size_t i = 0; i < len; i++)
		at = start[2 + i] == '@' ? start + 2 + i : at;
	if (at == NULL)
		snprintf(out, URL_TOLD_MAX, "%.200s", raw_url);
	else
		snprintf(out, URL_TOLD_MAX, "%.*s...%.180s",
			(int)(start + 2 - raw_url < 20 ? start + 2 - raw_url : 20), raw_url, at);
}

static bool has_whole_escapes(const char *url)
{
	for (const char *at = strchr(url, '%'); at != NULL; at = strchr(at + 1, '%')) {
		if (hex_value(at[1]) < 0 || hex_value(at[2]) < 0)
			return false;
	}
	return true;
}

static bool url_check_bytes(const char *url, size_t len, struct err *e)
{
	bool is_https = strncasecmp(url, scheme, SCHEME_LEN) == 0;
	bool is_clean = is_https && strspn(url, url_bytes) >= len;
	char told[URL_TOLD_MAX];

	if (is_clean && has_whole_escapes(url))
		return true;
	url_tell(url, told);
	if (!is_https)
		return err_set(e, ERR_POLICY, "\"%s\" is not an https address", told);
	if (!is_clean)
		return err_set(e, ERR_PARSE, "byte that may not stand in an address: \"%s\"", told);
	return err_set(e, ERR_PARSE, "\"%%\" without two hex digits: \"%s\"", told);
}

bool url_check(const char *url, struct err *e)
{
	size_t len = strnlen(url, URL_MAX);
	struct parts parts = {0};
	char told[URL_TOLD_MAX];

	if (len == URL_MAX)
		return err_set(e, ERR_PARSE, "address longer than %d bytes", URL_MAX - 1);
	if (!url_check_bytes(url, len, e))
		return false;
	url_split(url + SCHEME_LEN, true, &parts);
	if (authority_check(parts.authority, e))
		return true;
	url_tell(url, told);
	return err_within(e, "\"%s\"", told);
}

/* --- resolving a link -------------------------------------------------------- */

static void utf8_encode(uint32_t code, struct buf *out)
{
	static const struct {
		uint32_t below;
		unsigned lead;
	} forms[] = {{0x80, 0}, {0x800, 0xC0}, {0x10000, 0xE0}, {0x110000, 0xF0}};
	size_t n_more = 0;

	while (code >= forms[n_more].below)
		n_more++;
	for (size_t i = 0; i <= n_more; i++) {
		unsigned bits = code >> (6 * (n_more - i)) & 0xFF;
		char byte = (char)(i == 0 ? forms[n_more].lead | bits : 0x80 | (bits & 0x3F));

		buf_put(out, &byte, 1);
	}
}

/* "#38" and "#x26". */
static bool numeric_entity(const char *name, uint32_t *out_code)
{
	bool is_hex = (name[1] | 0x20) == 'x';
	const char *digits = name + (is_hex ? 2 : 1);
	uint32_t code = 0;

	if (name[0] != '#' || *digits == '\0')
		return false;
	for (; *digits != '\0'; digits++) {
		int value = hex_value(*digits);

		if (value < 0 || (!is_hex && value > 9))
			return false;
		code = code * (is_hex ? 16 : 10) + (uint32_t)value;
		if (code > 0x10FFFF)
			return false;
	}
	*out_code = code;
	return code < 0xD800 || code > 0xDFFF;
}

/* Puts the character of an entity at "&"; returns how long the entity is, 0 where it is none. */
static size_t entity_decode(const char *at, size_t left, struct buf *out)
{
	static const struct {
		const char *name;
		uint32_t code;
	} entities[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
	char name[12];
	const char *end = memchr(at, ';', left < sizeof(name) ? left : sizeof(name));
	uint32_t code = 0;

	if (end == NULL || !text_copy_n(name, sizeof(name), at + 1, (size_t)(end - at - 1)))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(entities); i++)
		if (text_equal(name, entities[i].name))
			code = entities[i].code;
	if (code == 0 && !numeric_entity(name, &code))
		return 0;
	utf8_encode(code, out);
	return (size_t)(end - at + 1);
}

static bool entities_decode(const char *raw, size_t len, struct buf *out)
{
	for (size_t i = 0, n; i < len; i += n) {
		n = raw[i] == '&' ? entity_decode(raw + i, len - i, out) : 0;
		if (n > 0)
			continue;

		/* as it stands, up to the next one */
		const char *next = memchr(raw + i + 1, '&', len - i - 1);

		n = next != NULL ? (size_t)(next - raw) - i : len - i;
		buf_put(out, raw + i, n);
	}
	return !out->is_full;
}

/*
 * Percent-encodes what may not stand raw; what is encoded already stays so.
 *
 * In:    raw   len bytes and a NUL
 */
static bool bytes_encode(const char *raw, size_t len, struct buf *out, struct err *e)
{
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		unsigned char c = (unsigned char)raw[i];

		n = strspn(raw + i, plain_bytes);
		if (n == 0)
			url_byte_at(raw + i, len - i, &n);
		if (c < 0x20 || c == 0x7F)
			return err_set(e, ERR_PARSE, "control byte in a link");
		if (n == 1 && strchr(plain_bytes, c) == NULL)
			buf_printf(out, "%%%02X", c);
		else
			buf_put(out, raw + i, n);
	}
	return !out->is_full || err_set(e, ERR_PARSE, "link longer than %d bytes", URL_MAX - 1);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

/* From the link as it stands in HTML to one that RFC 3986 can read. */
static bool link_clean(const char *raw, size_t len, struct buf *out, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf decoded = {0};

	buf_init(&decoded, 4 * URL_MAX);
	for (; len > 0 && is_blank(raw[0]); len--)
		raw++;
	while (len > 0 && is_blank(raw[len - 1]))
		len--;
	if (len == 0)
		return err_set(e, ERR_PARSE, "empty link");
	if (!entities_decode(raw, len, &decoded))
		return err_set(e, ERR_PARSE, "link longer than %d bytes", URL_MAX - 1);
	return bytes_encode(buf_str(&decoded), decoded.len, out, e);
}

/* Does it begin with "scheme:"? */
static bool has_scheme(const char *link)
{
	size_t len = strcspn(link, ":/?#");

	return link[len] == ':' && isalpha((unsigned char)link[0]);
}

/* Source: RFC 3986 §5.2.4; path begins with a slash */
static void path_put(const char *path, size_t len, struct buf *out)
{
	const size_t root = out->len;
	const char *end = path + len;

	while (path < end) {
		const char *next = memchr(path + 1, '/', (size_t)(end - path - 1));
		size_t n = (size_t)((next != NULL ? next : end) - path);
		bool is_dot = n == 2 && path[1] == '.';
		bool is_up = n == 3 && path[1] == '.' && path[2] == '.';

		if (is_up)
			while (out->len > root && out->data[--out->len] != '/')
				;
		if (!is_dot && !is_up)
			buf_put(out, path, n);
		else if (next == NULL)
			buf_put(out, "/", 1);
		path += n;
	}
	if (out->len == root)
		buf_put(out, "/", 1);
}

static void authority_put(struct piece authority, struct buf *out)
{
	const char *colon = memchr(authority.at, ':', authority.len);
	size_t host_len = colon != NULL ? (size_t)(colon - authority.at) : authority.len;
	size_t port_len = authority.len - host_len;
	bool is_default = port_len == 4 && memcmp(colon, ":443", 4) == 0;

	size_t at = out->len;

	buf_put(out, authority.at, authority.len - (is_default ? port_len : 0));
	for (; at < out->len; at++)
		out->data[at] = (char)tolower((unsigned char)out->data[at]);
}

/* Source: RFC 3986 §5.2.2 */
static void url_merge(const char *base, const char *link, struct buf *out)
{
	struct parts from = {0}, to = {0};
	SCOPED_CLEAR(buf_clear) struct buf path = {0};
	bool has_authority = link[0] == '/' && link[1] == '/';

	buf_init(&path, 2 * URL_MAX);
	if (has_scheme(link)) {
		has_authority = true;
		link += SCHEME_LEN - 2;
	}
	url_split(base + SCHEME_LEN, true, &from);
	url_split(has_authority ? link + 2 : link, has_authority, &to);
	if (!has_authority && to.path.len == 0) {
		to.query = to.query.len > 0 ? to.query : from.query;
		to.path = from.path;
	} else if (!has_authority && to.path.at[0] != '/') {
		while (from.path.len > 0 && from.path.at[from.path.len - 1] != '/')
			from.path.len--;
		if (from.path.len > 0)
			buf_put(&path, from.path.at, from.path.len);
		else
			buf_put(&path, "/", 1);
	}
	buf_put(&path, to.path.at, to.path.len);
	buf_puts(out, scheme);
	authority_put(has_authority ? to.authority : from.authority, out);
	path_put(buf_str(&path), path.len, out);
	buf_put(out, to.query.at, to.query.len);
}

bool url_resolve(const char *base, const char *raw_link, size_t len, char *out, size_t out_size,
	struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf link = {0}, url = {0};

	buf_init(&link, URL_MAX - 1);
	buf_init(&url, URL_MAX - 1);
	if (!url_check(base, e) || !link_clean(raw_link, len, &link, e))
		return false;
	if (has_scheme(buf_str(&link)) && !url_check(buf_str(&link), e))
		return false;
	url_merge(base, buf_str(&link), &url);
	if (url.is_full || !url_check(buf_str(&url), e)) {
		char told[URL_TOLD_MAX];

		url_tell(buf_str(&link), told);
		return err_within(e, "link \"%s\"", told);
	}
	if (!text_copy(out, out_size, buf_str(&url)))
		return err_set(e, ERR_PARSE, "link longer than %zu bytes", out_size - 1);
	return true;
}

/* --- parts ------------------------------------------------------------------- */

bool url_host(const char *url, char *out, size_t out_size)
{
	SCOPED_CLEAR(buf_clear) struct buf host = {0};
	struct parts parts = {0};

	buf_init(&host, URL_HOST_MAX + 6);
	url_split(url + SCHEME_LEN, true, &parts);
	authority_put(parts.authority, &host);
	return !host.is_full && text_copy(out, out_size, buf_str(&host));
}

bool url_path(const char *url, char *out, size_t out_size)
{
	struct parts parts = {0};

	url_split(url + SCHEME_LEN, true, &parts);
	if (parts.path.len == 0)
		return text_copy(out, out_size, "/");
	return text_copy_n(out, out_size, parts.path.at, parts.path.len);
}

bool url_file_name(const char *url, char *out, size_t out_size)
{
	char path[URL_MAX], name[URL_MAX];
	size_t len = 0, n;

	if (!url_path(url, path, sizeof(path)))
		return false;
	for (const char *at = strrchr(path, '/') + 1; *at != '\0'; at += n) {
		unsigned char c = url_byte_at(at, strlen(at), &n);

		if (c == '/' || c < 0x20 || c == 0x7F)
			return false;
		name[len++] = (char)c;
	}
	name[len] = '\0';
	if (len == 0 || text_equal(name, ".") || text_equal(name, ".."))
		return false;
	return text_copy(out, out_size, name);
}
