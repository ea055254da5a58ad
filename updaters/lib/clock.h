/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time: the wall clock for people and records, the monotonic one for everything measured. */
#ifndef DEVUPD_LIB_CLOCK_H
#define DEVUPD_LIB_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CLOCK_TEXT_MAX = 40 };

uint64_t clock_now_ms(void); /* monotonic */
int64_t clock_unix_ms(void); /* wall clock, since 1970 */

/* RFC 3339 in UTC with milliseconds: "2026-11-22T18:41:51.042Z". Source: RFC 3339 §5.6 */
void clock_format(int64_t unix_ms, char *out, size_t out_size);
/* Reads what clock_format wrote, also without the fraction, with +hh:mm or " UTC"; also a bare date
 * ("2026-11-22", midnight local time). */
bool clock_parse(const char *text, int64_t *out_unix_ms);
/* A local time without a zone, as dpkg and apt write it: "2026-11-22 18:41:51", "…  18:41". */
bool clock_parse_local(const char *text, int64_t *out_unix_ms);
/*
 * One end of a span, as a person types it: "today", "yesterday", a date, a local time, or what
 * clock_parse reads. Of a whole day it is the first moment, or, where is_end, the first of the day
 * after.
 */
bool clock_parse_bound(const char *text, int64_t now_unix_ms, bool is_end, int64_t *out_unix_ms);
/* For people, in local time: "today 06:12", also yesterday and tomorrow, "2 Sep 06:12", "2 Sep
 * 2025". */
void clock_format_near(int64_t unix_ms, int64_t now_unix_ms, char *out, size_t out_size);
/* The day alone, as it stands in a sentence: "today", "yesterday", "on 2 Sep", "on 2 Sep 2025". */
void clock_format_day(int64_t unix_ms, int64_t now_unix_ms, char *out, size_t out_size);

#endif
