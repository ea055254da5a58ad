/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/http_head.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/http_retry.h"

/* A field's value: kept where it fits whole, else as if it had not come. */
static void field_keep(char *out, size_t out_size, const char *value)
{
	if (!text_copy(out, out_size, value))
		out[0] = '\0';
}

static void take_etag(struct http_head *head, struct http_response *r, char *value)
{
	(void)head;
	field_keep(r->etag, sizeof(r->etag), value);
}

static void take_last_modified(struct http_head *head, struct http_response *r, char *value)
{
	(void)head;
	field_keep(r->last_modified, sizeof(r->last_modified), value);
}

static void take_content_type(struct http_head *head, struct http_response *r, char *value)
{
	(void)head;
	field_keep(r->content_type, sizeof(r->content_type), value);
}

static void take_length(struct http_head *head, struct http_response *r, char *value)
{
	head->has_length = text_to_u64(value, &head->length_bytes);
	if (head->has_length && r->size_bytes == 0)
		r->size_bytes = head->length_bytes;
}

/* "bytes 100-199/4096", "bytes 100-199" with an unknown total as "*". Source: RFC 9110 §14.4 */
static void take_range(struct http_head *head, struct http_response *r, char *value)
{
	char *slash = strchr(value, '/');
	char *dash = strchr(value, '-');
	uint64_t start = 0, total = 0;

	(void)head;
	if (strncasecmp(value, "bytes ", 6) != 0 || slash == NULL)
		return;
	*slash = '\0';
	r->size_bytes = text_to_u64(slash + 1, &total) ? total : 0;
	if (dash == NULL || dash > slash)
		return;
	*dash = '\0';
	if (text_to_u64(value + 6, &start))
		r->range_start = start;
}

/* GitHub's: how many requests are left, and when they are as many as before. */
static void take_remaining(struct http_head *head, struct http_response *r, char *value)
{
	(void)head;
	r->is_limited = r->is_limited || text_equal(value, "0");
}

static void take_reset(struct http_head *head, struct http_response *r, char *value)
{
	(void)head;
	if (!text_to_u64(value, &r->limited_until_s))
		r->limited_until_s = 0;
}

static void take_retry_after(struct http_head *head, struct http_response *r, char *value)
{
	(void)head;
	r->is_limited = true;
	r->retry_after_s = http_retry_after_s(value, clock_unix_ms() / 1000);
}

static void take_location(struct http_head *head, struct http_response *r, char *value)
{
	(void)r;
	field_keep(head->raw_location, sizeof(head->raw_location), value);
	head->location_len = head->raw_location[0] != '\0' ? strlen(value) : URL_MAX;
}

static const struct {
	const char *name;
	void (*take)(struct http_head *head, struct http_response *r, char *value);
} fields[] = {
	{"ETag", take_etag},
	{"Last-Modified", take_last_modified},
	{"Content-Type", take_content_type},
	{"Content-Length", take_length},
	{"Content-Range", take_range},
	{"Location", take_location},
	{"X-RateLimit-Remaining", take_remaining},
	{"X-RateLimit-Reset", take_reset},
	{"Retry-After", take_retry_after},
};

/* "HTTP/1.1 200 OK", "HTTP/2 200": forget what an interim answer said. */
static void start_answer(struct http_head *head, struct http_response *r, const char *line)
{
	const char *blank = strchr(line, ' ');
	char digits[4] = "";
	uint64_t status = 0;

	*head = (struct http_head){0};
	r->etag[0] = r->last_modified[0] = r->content_type[0] = '\0';
	r->size_bytes = r->range_start = 0;
	r->is_limited = false;
	r->limited_until_s = r->retry_after_s = 0;
	r->status = 0;
	if (blank != NULL && strnlen(blank + 1, 3) == 3 && text_copy_n(digits, 4, blank + 1, 3) &&
		text_to_u64(digits, &status))
		r->status = (int)status;
}

static void take_field(struct http_head *head, struct http_response *r, char *line)
{
	char *colon = strchr(line, ':');

	if (colon == NULL)
		return;
	*colon = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strcasecmp(line, fields[i].name) == 0) {
			fields[i].take(head, r, text_trim(colon + 1));
			return;
		}
	}
}

void http_head_line(
	struct http_head *head, struct http_response *r, const char *raw_line, size_t len)
{
	char line[URL_MAX + 64];

	while (len > 0 && (raw_line[len - 1] == '\n' || raw_line[len - 1] == '\r'))
		len--;
	if (head->is_whole)
		return;
	if (len == 0) {
		head->is_whole = r->status >= 200;
		return;
	}
	if (!text_copy_n(line, sizeof(line), raw_line, len)) {
		/* only an address may be so long, and then it is too long */
		if (len > 9 && strncasecmp(raw_line, "Location:", 9) == 0)
			head->location_len = URL_MAX;
		return;
	}
	if (strncasecmp(line, "HTTP/", 5) == 0)
		start_answer(head, r, line);
	else
		take_field(head, r, line);
}

bool http_head_leads_on(const struct http_head *head, const struct http_response *r)
{
	static const int statuses[] = {301, 302, 303, 307, 308};

	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		if (r->status == statuses[i])
			return head->location_len > 0;
	}
	return false;
}

bool http_head_next_hop(const struct http_head *head, const struct http_response *r,
	const struct strings *visited, char *out, struct err *e)
{
	char url[URL_MAX];
	struct err why = {0};

	if (visited->n_items > HTTP_HOPS_MAX)
		return err_set(e, ERR_REDIRECT, "%s: more than %d redirects", visited->items[0],
			HTTP_HOPS_MAX);
	if (head->location_len >= URL_MAX)
		return err_set(
			e, ERR_REDIRECT, "%s redirects to an address that is too long", r->url);
	if (!url_resolve(r->url, head->raw_location, head->location_len, url, sizeof(url), &why) ||
		!url_check(url, &why)) {
		char told[URL_TOLD_MAX];

		url_tell(head->raw_location, told);
		return err_set(e, ERR_REDIRECT, "%s redirects to '%s': %s", r->url, told, why.text);
	}
	if (strings_has(visited, url))
		return err_set(e, ERR_REDIRECT, "%s redirects in a loop, back to %s", r->url, url);
	memcpy(out, url, sizeof(url));
	return true;
}

const char *http_status_text(int status)
{
	static const struct {
		int status;
		const char *text;
	} known[] = {
		{200, "200 OK"},
		{204, "204 No Content"},
		{206, "206 Partial Content"},
		{300, "300 Multiple Choices"},
		{301, "301 Moved Permanently"},
		{302, "302 Found"},
		{303, "303 See Other"},
		{304, "304 Not Modified"},
		{307, "307 Temporary Redirect"},
		{308, "308 Permanent Redirect"},
		{400, "400 Bad Request"},
		{401, "401 Unauthorized"},
		{403, "403 Forbidden"},
		{404, "404 Not Found"},
		{405, "405 Method Not Allowed"},
		{406, "406 Not Acceptable"},
		{407, "407 Proxy Authentication Required"},
		{408, "408 Request Timeout"},
		{410, "410 Gone"},
		{416, "416 Range Not Satisfiable"},
		{421, "421 Misdirected Request"},
		{429, "429 Too Many Requests"},
		{451, "451 Unavailable For Legal Reasons"},
		{500, "500 Internal Server Error"},
		{501, "501 Not Implemented"},
		{502, "502 Bad Gateway"},
		{503, "503 Service Unavailable"},
		{504, "504 Gateway Timeout"},
	};
	static const char *const classes[] = {"no answer", "an interim answer", "a success",
		"a redirect", "a refusal", "a failure of the server"};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (known[i].status == status)
			return known[i].text;
	}
	return status >= 100 && status < 600 ? classes[status / 100] : classes[0];
}

const char *http_answer_text(const struct http_response *r, char out[HTTP_ANSWER_TEXT_MAX])
{
	bool is_told = r->tries_told[0] != '\0';

	snprintf(out, HTTP_ANSWER_TEXT_MAX, "%s%s%s%s", http_status_text(r->status),
		is_told ? " (" : "", r->tries_told, is_told ? ")" : "");
	return out;
}
