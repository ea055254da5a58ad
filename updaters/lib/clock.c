/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "updaters/lib/text.h"

enum { MS = 1000, DAY_S = 24 * 60 * 60 };

uint64_t clock_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * MS + (uint64_t)t.tv_nsec / 1000000;
}

int64_t clock_unix_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * MS + t.tv_nsec / 1000000;
}

/* Rounds down, before 1970 too. */
static time_t seconds_of(int64_t unix_ms)
{
	return (time_t)((unix_ms - (unix_ms < 0 ? MS - 1 : 0)) / MS);
}

void clock_format(int64_t unix_ms, char *out, size_t out_size)
{
	time_t s = seconds_of(unix_ms);
	struct tm tm = {0};

	if (gmtime_r(&s, &tm) == NULL) {
		text_copy_cut(out, out_size, "?");
		return;
	}
	snprintf(out, out_size, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		(int)(unix_ms - (int64_t)s * MS));
}

/* Exactly n digits, at most max; moves *at behind them. */
static bool take_digits(const char **at, int n, int max, int *out)
{
	int sum = 0;

	for (int i = 0; i < n; i++) {
		if ((*at)[i] < '0' || (*at)[i] > '9')
			return false;
		sum = sum * 10 + ((*at)[i] - '0');
	}
	*at += n;
	*out = sum;
	return sum <= max;
}

static bool take_char(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

static bool take_date(const char **at, struct tm *tm)
{
	static const int month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = 0, month = 0, day = 0;

	if (!take_digits(at, 4, 9999, &year) || !take_char(at, '-') ||
		!take_digits(at, 2, 12, &month) || !take_char(at, '-') ||
		!take_digits(at, 2, 31, &day))
		return false;
	if (month < 1 || day < 1 || day > month_days[month - 1])
		return false;
	if (month == 2 && day == 29 && (year % 4 != 0 || (year % 100 == 0 && year % 400 != 0)))
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	tm->tm_mday = day;
	return true;
}

/* ".042": any number of digits, the first three count. */
static bool take_fraction(const char **at, int *out_ms)
{
	int weight = 100, digit = 0;

	*out_ms = 0;
	if (!take_char(at, '.'))
		return true;
	if (**at < '0' || **at > '9')
		return false;
	while (take_digits(at, 1, 9, &digit)) {
		*out_ms += digit * weight;
		weight /= 10;
	}
	return true;
}

static bool take_zone(const char **at, int *out_offset_s)
{
	int hours = 0, minutes = 0;
	bool is_west = **at == '-';

	*out_offset_s = 0;
	if (take_char(at, 'Z') || take_char(at, 'z'))
		return true;
	if (text_equal(*at, " UTC")) {
		*at += strlen(*at);
		return true;
	}
	if (!take_char(at, '+') && !take_char(at, '-'))
		return false;
	if (!take_digits(at, 2, 23, &hours) || !take_char(at, ':') ||
		!take_digits(at, 2, 59, &minutes))
		return false;
	*out_offset_s = (hours * 60 + minutes) * (is_west ? -60 : 60);
	return true;
}

static bool take_time(const char **at, struct tm *tm)
{
	return take_digits(at, 2, 23, &tm->tm_hour) && take_char(at, ':') &&
	       take_digits(at, 2, 59, &tm->tm_min) && take_char(at, ':') &&
	       take_digits(at, 2, 60, &tm->tm_sec);
}

bool clock_parse(const char *text, int64_t *out_unix_ms)
{
	struct tm tm = {.tm_isdst = -1};
	int fraction_ms = 0, offset_s = 0;

	if (!take_date(&text, &tm))
		return false;
	if (*text == '\0') {
		*out_unix_ms = (int64_t)mktime(&tm) * MS;
		return true;
	}
	if (!take_char(&text, 'T') && !take_char(&text, 't') && !take_char(&text, ' '))
		return false;
	if (!take_time(&text, &tm) || !take_fraction(&text, &fraction_ms) ||
		!take_zone(&text, &offset_s) || *text != '\0')
		return false;
	*out_unix_ms = ((int64_t)timegm(&tm) - offset_s) * MS + fraction_ms;
	return true;
}

bool clock_parse_local(const char *text, int64_t *out_unix_ms)
{
	struct tm tm = {.tm_isdst = -1};
	bool has_date = take_date(&text, &tm), has_gap = has_date && *text == ' ';

	text += has_gap ? strspn(text, " ") : 0;
	if (!has_gap || !take_digits(&text, 2, 23, &tm.tm_hour) || !take_char(&text, ':') ||
		!take_digits(&text, 2, 59, &tm.tm_min))
		return false;
	if (*text != '\0' && (!take_char(&text, ':') || !take_digits(&text, 2, 60, &tm.tm_sec)))
		return false;
	if (*text != '\0')
		return false;
	*out_unix_ms = (int64_t)mktime(&tm) * MS;
	return true;
}

/* Midnight of a local date, as many days later: of 23 and 25 hours, too. */
static int64_t midnight_of(const struct tm *date, int days_later)
{
	struct tm tm = {.tm_year = date->tm_year,
		.tm_mon = date->tm_mon,
		.tm_mday = date->tm_mday + days_later,
		.tm_isdst = -1};

	return (int64_t)mktime(&tm) * MS;
}

bool clock_parse_bound(const char *text, int64_t now_unix_ms, bool is_end, int64_t *out_unix_ms)
{
	static const char *const words[] = {"today", "yesterday"};
	time_t now_s = seconds_of(now_unix_ms);
	const char *at = text;
	struct tm date = {0};

	for (int days = 0; days < (int)ARRAY_SIZE(words); days++) {
		if (text_equal(text, words[days]) && localtime_r(&now_s, &date) != NULL) {
			*out_unix_ms = midnight_of(&date, (is_end ? 1 : 0) - days);
			return true;
		}
	}
	if (take_date(&at, &date) && *at == '\0') {
		*out_unix_ms = midnight_of(&date, is_end ? 1 : 0);
		return true;
	}
	return clock_parse_local(text, out_unix_ms) || clock_parse(text, out_unix_ms);
}

/* Days since 1970 of a local date, so that two dates can be subtracted across a change of year. */
static int64_t local_day(const struct tm *local)
{
	struct tm date = {
		.tm_year = local->tm_year, .tm_mon = local->tm_mon, .tm_mday = local->tm_mday};

	return (int64_t)timegm(&date) / DAY_S;
}

static const char *const months[] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void clock_format_near(int64_t unix_ms, int64_t now_unix_ms, char *out, size_t out_size)
{
	static const char *const near[] = {"yesterday", "today", "tomorrow"};
	time_t then_s = seconds_of(unix_ms), now_s = seconds_of(now_unix_ms);
	struct tm then = {0}, now = {0};

	if (localtime_r(&then_s, &then) == NULL || localtime_r(&now_s, &now) == NULL) {
		text_copy_cut(out, out_size, "?");
		return;
	}

	int64_t days = local_day(&then) - local_day(&now);

	if (days >= -1 && days <= 1)
		snprintf(out, out_size, "%s %02d:%02d", near[days + 1], then.tm_hour, then.tm_min);
	else if (then.tm_year == now.tm_year)
		snprintf(out, out_size, "%d %s %02d:%02d", then.tm_mday, months[then.tm_mon],
			then.tm_hour, then.tm_min);
	else
		snprintf(out, out_size, "%d %s %d", then.tm_mday, months[then.tm_mon],
			then.tm_year + 1900);
}

void clock_format_day(int64_t unix_ms, int64_t now_unix_ms, char *out, size_t out_size)
{
	time_t then_s = seconds_of(unix_ms), now_s = seconds_of(now_unix_ms);
	struct tm then = {0}, now = {0};

	if (localtime_r(&then_s, &then) == NULL || localtime_r(&now_s, &now) == NULL) {
		text_copy_cut(out, out_size, "?");
		return;
	}

	int64_t days = local_day(&then) - local_day(&now);

	if (days == 0 || days == -1)
		text_copy_cut(out, out_size, days == 0 ? "today" : "yesterday");
	else if (then.tm_year == now.tm_year)
		snprintf(out, out_size, "on %d %s", then.tm_mday, months[then.tm_mon]);
	else
		snprintf(out, out_size, "on %d %s %d", then.tm_mday, months[then.tm_mon],
			then.tm_year + 1900);
}
