/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Versions, names and control fields; what is installed is in dpkg_status.c. */
#include "updaters/lib/dpkg.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "updaters/lib/text.h"

enum { CONTROL_MAX_BYTES = 1024 * 1024, FIELDS_MAX = 256 };

/* Bytes from at to end, not NUL-ended. */
struct span {
	const char *at;
	const char *end;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* --- order of versions, deb-version(7) --------------------------------------- */

/* Tilde before the end of a part, the end before letters, letters before everything else. */
static int weight(struct span s)
{
	if (s.at == s.end || is_digit(*s.at))
		return 0;
	if (*s.at == '~')
		return -1;
	return is_letter(*s.at) ? *s.at : 256 + (unsigned char)*s.at;
}

static int compare_words(struct span *a, struct span *b)
{
	for (;; a->at++, b->at++) {
		int a_weight = weight(*a), b_weight = weight(*b);

		if (a_weight != b_weight || a_weight == 0)
			return a_weight - b_weight;
	}
}

/* Takes a run of digits off, without leading zeros. Numbers of any length: none is computed. */
static struct span take_number(struct span *s)
{
	while (s->at < s->end && *s->at == '0')
		s->at++;

	struct span number = {s->at, s->at};

	while (number.end < s->end && is_digit(*number.end))
		number.end++;
	s->at = number.end;
	return number;
}

static int compare_numbers(struct span *a, struct span *b)
{
	struct span x = take_number(a), y = take_number(b);
	ptrdiff_t longer = (x.end - x.at) - (y.end - y.at);

	if (longer != 0)
		return longer < 0 ? -1 : 1;
	return memcmp(x.at, y.at, (size_t)(x.end - x.at));
}

/* Runs of other characters and runs of digits in turn. */
static int compare_parts(struct span a, struct span b)
{
	while (a.at < a.end || b.at < b.end) {
		int order = compare_words(&a, &b);

		if (order == 0)
			order = compare_numbers(&a, &b);
		if (order != 0)
			return order;
	}
	return 0;
}

struct version {
	struct span epoch, upstream, revision; /* empty where not given: that counts as 0 */
};

static struct version version_split(const char *s)
{
	const char *end = s + strlen(s);
	const char *colon = strchr(s, ':');
	const char *upstream = colon == NULL ? s : colon + 1;
	const char *hyphen = strrchr(upstream, '-');

	return (struct version){
		.epoch = {s, colon == NULL ? s : colon},
		.upstream = {upstream, hyphen == NULL ? end : hyphen},
		.revision = {hyphen == NULL ? end : hyphen + 1, end},
	};
}

int dpkg_version_compare(const char *a, const char *b)
{
	struct version x = version_split(a), y = version_split(b);
	int order = compare_parts(x.epoch, y.epoch);

	if (order == 0)
		order = compare_parts(x.upstream, y.upstream);
	if (order == 0)
		order = compare_parts(x.revision, y.revision);
	return order;
}

/* --- what is well formed ----------------------------------------------------- */

/* Letters, digits and extra bytes only. */
static bool is_made_of(struct span s, const char *extra)
{
	for (; s.at < s.end; s.at++) {
		if (*s.at == '\0' ||
			(!is_digit(*s.at) && !is_letter(*s.at) && strchr(extra, *s.at) == NULL))
			return false;
	}
	return true;
}

bool dpkg_version_is_valid(const char *version)
{
	struct version v = version_split(version);
	bool has_epoch = strchr(version, ':') != NULL;
	bool has_revision = v.upstream.end < v.revision.at;
	uint64_t epoch = 0;
	char digits[16];

	if (strlen(version) >= DPKG_VERSION_MAX)
		return false;
	if (has_epoch && (!text_copy_n(digits, sizeof(digits), v.epoch.at,
				  (size_t)(v.epoch.end - v.epoch.at)) ||
				 !text_to_u64(digits, &epoch) || epoch > INT32_MAX))
		return false;
	if (v.upstream.at == v.upstream.end || !is_digit(*v.upstream.at) ||
		!is_made_of(v.upstream, has_epoch ? ".+-~:" : ".+-~"))
		return false;
	return !has_revision || (v.revision.at < v.revision.end && is_made_of(v.revision, "+.~"));
}

bool dpkg_name_is_valid(const char *name)
{
	size_t len = strlen(name);

	return len >= 2 && len < DPKG_NAME_MAX && strchr("+-.", name[0]) == NULL &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789+-.") == len;
}

static bool arch_is_valid(const char *arch)
{
	size_t len = strlen(arch);

	return len > 0 && arch[0] != '-' &&
	       strspn(arch, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* --- control fields, deb-control(5) ------------------------------------------ */

/* dpkg takes "YES" for yes, apt also "true", "on" and "1": whatever is not plainly a no. */
static bool is_yes(const char *value)
{
	return strcasecmp(value, "no") != 0;
}

/* Important is Protected's older name. */
static bool is_claim(const char *name)
{
	return strcasecmp(name, "Essential") == 0 || strcasecmp(name, "Protected") == 0 ||
	       strcasecmp(name, "Important") == 0;
}

static bool take_value(
	const char *name, const char *value, char *out, size_t out_size, struct err *e)
{
	if (value[0] == '\0' || !text_copy(out, out_size, value))
		return err_set(e, ERR_STRUCTURE, "control's %s is empty or too long", name);
	return true;
}

static bool take_field(const char *name, const char *value, struct dpkg_control *c, struct err *e)
{
	if (strcasecmp(name, "Package") == 0)
		return take_value("Package", value, c->package, sizeof(c->package), e);
	if (strcasecmp(name, "Version") == 0)
		return take_value("Version", value, c->version, sizeof(c->version), e);
	if (strcasecmp(name, "Architecture") == 0)
		return take_value(
			"Architecture", value, c->architecture, sizeof(c->architecture), e);
	if (is_claim(name))
		c->is_essential = c->is_essential || is_yes(value);
	return true;
}

/* The fields that we look at are simple: a second line would change what others read. */
static bool is_simple_field(const char *name)
{
	return strcasecmp(name, "Package") == 0 || strcasecmp(name, "Version") == 0 ||
	       strcasecmp(name, "Architecture") == 0 || is_claim(name);
}

/* Policy §5.1: printable ASCII without blanks; dpkg wants two bytes of it, and no "-" in front. */
static bool field_is_named(const char *name, size_t len)
{
	if (len < 2 || name[0] == '-' || name[0] == '#')
		return false;
	for (size_t i = 0; i < len; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return false;
	return true;
}

/* Any field that is there twice is refused by dpkg, too. */
static bool name_take(struct strings *names, const char *name, struct err *e)
{
	for (size_t i = 0; i < names->n_items; i++)
		if (strcasecmp(names->items[i], name) == 0)
			return err_set(
				e, ERR_STRUCTURE, "control has two %s fields", names->items[i]);
	if (names->n_items == FIELDS_MAX)
		return err_set(e, ERR_STRUCTURE, "control has over %d fields", FIELDS_MAX);
	return strings_add(names, name) || err_set(e, ERR_INTERNAL, "no memory for a control file");
}

static bool take_line(char *line, struct strings *names, struct dpkg_control *c, struct err *e)
{
	size_t len = strcspn(line, ":");

	if (line[len] == '\0' || !field_is_named(line, len))
		return err_set(e, ERR_STRUCTURE, "control has no field on a line: %s", line);
	line[len] = '\0';
	return name_take(names, line, e) && take_field(line, text_trim(line + len + 1), c, e);
}

/* A line that goes on with the field before it. */
static bool check_more(const char *line, const struct strings *names, struct err *e)
{
	if (names->n_items == 0 || is_simple_field(names->items[names->n_items - 1]))
		return err_set(e, ERR_STRUCTURE, "control has a stray line: %s", line);
	return line[strspn(line, " \t")] != '\0' ||
	       err_set(e, ERR_STRUCTURE, "control has a line of blanks");
}

/* Lines of one paragraph; text is cut up. Empty lines stand before and behind it only. */
static bool take_lines(char *text, struct dpkg_control *c, struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings names = {0};
	bool is_ended = false;

	for (char *line = text_next(&text, '\n'); line != NULL; line = text_next(&text, '\n')) {
		bool is_more = line[0] == ' ' || line[0] == '\t';

		if (line[0] == '\0') {
			is_ended = names.n_items > 0;
			continue;
		}
		if (is_ended)
			return err_set(e, ERR_STRUCTURE, "control has a second paragraph");
		if (is_more ? !check_more(line, &names, e) : !take_line(line, &names, c, e))
			return false;
	}
	return true;
}

static bool has_control_bytes(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

/* As dpkg writes an epoch: "01:1.0" is 1:1.0, "0:1.0" is 1.0, and "00:1:2" is 0:1:2. */
static void epoch_tidy(char *version)
{
	const char *colon = strchr(version, ':');
	const char *from = version + strspn(version, "0");

	if (colon == NULL)
		return;
	if (from == colon)
		from += strchr(colon + 1, ':') == NULL ? 1 : -1;
	memmove(version, from, strlen(from) + 1);
}

static bool check_control(const struct dpkg_control *c, struct err *e)
{
	if (!dpkg_name_is_valid(c->package))
		return err_set(e, ERR_STRUCTURE, "control has no valid Package: '%s'", c->package);
	if (!dpkg_version_is_valid(c->version))
		return err_set(e, ERR_STRUCTURE, "control has no valid Version: '%s'", c->version);
	if (!arch_is_valid(c->architecture))
		return err_set(e, ERR_STRUCTURE, "control has no valid Architecture: '%s'",
			c->architecture);
	return true;
}

bool dpkg_control_parse(const char *raw_text, size_t len, struct dpkg_control *out, struct err *e)
{
	struct dpkg_control control = {0};

	if (len > CONTROL_MAX_BYTES)
		return err_set(e, ERR_STRUCTURE, "control has %zu bytes, over 1 MiB", len);
	if (has_control_bytes(raw_text, len))
		return err_set(e, ERR_STRUCTURE, "control has control bytes in it");
	if (len == 0 || raw_text[len - 1] != '\n')
		return err_set(e, ERR_STRUCTURE, "control does not end with a line");

	SCOPED_FREE char *text = strndup(raw_text, len);

	if (text == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for a control file");
	if (!take_lines(text, &control, e) || !check_control(&control, e))
		return false;
	epoch_tidy(control.version);
	*out = control;
	return true;
}
