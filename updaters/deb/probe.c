/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/probe.h"

#include <string.h>
#include <strings.h>

#include "updaters/lib/text.h"

void probe_init(struct probe *p, const char *url)
{
	*p = (struct probe){.state = PROBE_ASKING};
	text_copy_cut(p->url, sizeof(p->url), url);
}

void probe_request(const struct probe *p, struct http_request *out)
{
	text_copy_cut(out->url, sizeof(out->url), p->url);
	out->method = p->by_range ? HTTP_GET : HTTP_HEAD;
	out->has_range = p->by_range;
	out->range_from = out->range_to = 0;
	out->max_bytes = 64 << 10; /* a server that takes no ranges is cut off */
	out->is_download = true;   /* a coded body has another size */
}

bool probe_is_web_page(const struct http_response *r)
{
	return strncasecmp(r->content_type, "text/html", strlen("text/html")) == 0;
}

static bool head_is_refused(int status)
{
	return status == 403 || status == 405 || status == 501;
}

static void fail(struct probe *p, enum err_code code, const char *what)
{
	p->state = PROBE_FAILED;
	err_set(&p->error, code, "%s %s", p->url, what);
}

static void take_live(struct probe *p, const struct http_response *r)
{
	p->state = PROBE_LIVE;
	p->size_bytes = r->size_bytes;
	if (!url_host(r->url, p->host, sizeof(p->host)))
		p->host[0] = '\0';
	/* A weak ETag does not promise equal bytes, so it is no use for If-Range. RFC 9110 §13.1.5
	 */
	if (r->etag[0] != '"' || !text_copy(p->etag, sizeof(p->etag), r->etag))
		p->etag[0] = '\0';
}

void probe_feed(struct probe *p, const struct http_response *r, const struct err *e)
{
	char answer[HTTP_ANSWER_TEXT_MAX];

	p->status = r->status;
	/* Ranges ignored: the whole package began to come, so it is there. */
	if (e != NULL && !(e->code == ERR_TOO_BIG && p->by_range && r->status == 200)) {
		p->state = PROBE_FAILED;
		p->error = *e;
		if (strstr(e->text, p->url) == NULL)
			err_within(&p->error, "%s", p->url);
		return;
	}
	if (!p->by_range && head_is_refused(r->status)) {
		p->by_range = true;
		return;
	}
	if (r->status == 403 || r->status == 404 || r->status == 410)
		p->state = PROBE_DEAD;
	else if (r->status != 200 && r->status != 206)
		fail(p, ERR_HTTP, http_answer_text(r, answer));
	else if (probe_is_web_page(r))
		fail(p, ERR_HTTP,
			"answers with a web page where a package should be: "
			"does the network ask for a login?");
	else
		take_live(p, r);
}
