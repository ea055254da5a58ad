/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/http_retry.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "updaters/lib/scope.h"
#include "updaters/lib/text.h"

enum { WAIT_S_MAX = 1000000000 }; /* thirty years: beyond it nothing differs, and sums stay sums */

bool http_status_is_passing(int status)
{
	static const int statuses[] = {429, 500, 502, 503, 504};

	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		if (statuses[i] == status)
			return true;
	}
	return false;
}

static bool is_passing(const struct http_try *last)
{
	if (last->fault == HTTP_FAULT_NONE)
		return http_status_is_passing(last->status);
	return last->fault != HTTP_FAULT_LASTING;
}

unsigned http_retry_most(const struct http_try *last)
{
	unsigned most = last->most > 0 ? last->most : HTTP_TRIES_MAX;

	return last->fault == HTTP_FAULT_SLOW && most > HTTP_TRIES_SLOW_MAX ? HTTP_TRIES_SLOW_MAX
									    : most;
}

/* Many that were cut at once must not come back at once: from half of it to all of it. */
static uint64_t growing_wait(unsigned n_tries, uint32_t random)
{
	uint64_t wait_ms = HTTP_WAIT_FIRST_MS;

	for (unsigned i = 1; i < n_tries && wait_ms < HTTP_WAIT_MAX_MS; i++)
		wait_ms *= 2;
	return wait_ms / 2 + random % (wait_ms / 2 + 1);
}

enum http_verdict http_retry(const struct http_try *last, uint64_t *out_wait_ms)
{
	uint64_t wait_ms = growing_wait(last->n_tries, last->random);

	if (!is_passing(last))
		return HTTP_ENOUGH;
	/* said also after the last try: by it a person knows when to come back */
	if (last->asked_ms > last->left_ms)
		return HTTP_ASKS_TOO_LONG;
	if (last->n_tries >= http_retry_most(last))
		return HTTP_EXHAUSTED;
	if (wait_ms < last->asked_ms)
		wait_ms = last->asked_ms;
	if (wait_ms > last->left_ms)
		return HTTP_OUT_OF_TIME;
	*out_wait_ms = wait_ms;
	return HTTP_AGAIN;
}

uint64_t http_retry_after_s(const char *raw_value, int64_t now_unix_s)
{
	static const char *const forms[] = {
		"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"};
	uint64_t seconds = 0;

	if (text_to_u64(raw_value, &seconds))
		return seconds < WAIT_S_MAX ? seconds : WAIT_S_MAX;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct tm tm = {0};
		const char *end = strptime(raw_value, forms[i], &tm);

		if (end == NULL || *end != '\0')
			continue;

		int64_t then = timegm(&tm);

		if (then <= now_unix_s)
			return 0;
		return then - now_unix_s < WAIT_S_MAX ? (uint64_t)(then - now_unix_s) : WAIT_S_MAX;
	}
	return 0;
}

/* --- the budget -------------------------------------------------------------- */

uint64_t http_budget_left(const struct http_budget *b, uint64_t now_ms)
{
	return b->left_ms + (b->until_ms > now_ms ? b->until_ms - now_ms : 0);
}

void http_budget_spend(struct http_budget *b, uint64_t now_ms, uint64_t wait_ms)
{
	uint64_t from_ms = b->until_ms > now_ms ? b->until_ms : now_ms;
	uint64_t until_ms = now_ms + wait_ms;

	if (until_ms <= from_ms)
		return;
	b->left_ms -= until_ms - from_ms < b->left_ms ? until_ms - from_ms : b->left_ms;
	b->until_ms = until_ms;
}

/* --- words ------------------------------------------------------------------- */

void http_retry_tell(const struct http_try *last, enum http_verdict verdict, uint64_t took_ms,
	char out[HTTP_TRIES_TOLD_MAX])
{
	char took[32], asked[32], tried[64] = "", why[80] = "";

	text_duration(took_ms, took, sizeof(took));
	text_duration(last->asked_ms, asked, sizeof(asked));
	if (last->n_tries > 1)
		snprintf(tried, sizeof(tried), "tried %u times in %s", last->n_tries, took);
	if (verdict == HTTP_ASKS_TOO_LONG)
		snprintf(why, sizeof(why), "it asks to wait %s, longer than a run waits", asked);
	else if (verdict == HTTP_OUT_OF_TIME)
		snprintf(why, sizeof(why), "this run has waited long enough");
	if (verdict == HTTP_ENOUGH)
		tried[0] = '\0';
	snprintf(out, HTTP_TRIES_TOLD_MAX, "%s%s%s", tried,
		tried[0] != '\0' && why[0] != '\0' ? "; " : "", why);
}
