/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as the audit log: each line is given as far as it reads, nothing rules a terminal, and
 * a log that is sound is none any more when a byte of it is changed, a line is taken out or
 * something is added.
 */
#include "target.h"

#include <fcntl.h>
#include <unistd.h>

#include "updaters/audit_trail.h"

/* One file for all inputs: in a folder of its own, so that nothing lies beside it. */
static char folder[] = "/tmp/devupd-fuzz-XXXXXX", log_file[sizeof(folder) + 16];

static void drop_log(void)
{
	unlink(log_file);
	rmdir(folder);
}

static const char *log_path(void)
{
	if (log_file[0] == '\0') {
		must(mkdtemp(folder) != NULL, "no folder");
		snprintf(log_file, sizeof(log_file), "%s/audit.log", folder);
		must(atexit(drop_log) == 0, "nothing would tidy up");
	}
	return log_file;
}

static void write_log(const char *bytes, size_t len)
{
	SCOPED_CLOSE int fd = open(log_path(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct err e = {0};

	must(fd >= 0 && fs_write_all(fd, bytes, len, log_path(), &e), "can't write the log");
}

static bool on_line(void *user, const struct audit_line *line)
{
	size_t *n = user;

	++*n;
	must(line->event <= AUDIT_N_EVENTS, "an unknown event");
	must(strnlen(line->ts, sizeof(line->ts)) < sizeof(line->ts) &&
			strnlen(line->change_to, sizeof(line->change_to)) < sizeof(line->change_to),
		"no end");
	must(line->raw_len == 0 || line->raw != NULL, "no line");
	return true;
}

static bool verify(const char *bytes, size_t len, struct audit_verdict *out)
{
	struct err e = {0};

	write_log(bytes, len);
	if (!audit_verify(log_path(), NULL, out, &e)) {
		must_be_told(&e);
		return false;
	}
	must(out->is_sound == (out->trouble[0] == '\0'), "unsound without a reason");
	return out->is_sound;
}

/* A byte of any record but the last one is covered by the record behind it. */
static void check_tampering(char *bytes, size_t len, const struct audit_verdict *first)
{
	SCOPED_CLEAR(buf_clear) struct buf other = {0};
	struct audit_verdict verdict = {0};
	const char *line_end = memchr(bytes, '\n', len);
	size_t line_len = line_end != NULL ? (size_t)(line_end - bytes) + 1 : len;

	buf_init(&other, TRAIL_FILE_MAX);
	buf_put(&other, bytes, len);
	buf_puts(&other, "{}\n");
	must(!verify(other.data, other.len, &verdict), "sound with a line that is no record");
	if (first->n_records < 2 || line_len < 2)
		return;
	bytes[line_len / 2] ^= 1;
	must(!verify(bytes, len, &verdict), "sound with a record that was changed");
	bytes[line_len / 2] ^= 1;
	if (first->n_records < 3)
		return;
	buf_reset(&other);
	buf_put(&other, bytes, line_len);
	line_end = memchr(bytes + line_len, '\n', len - line_len);
	must(line_end != NULL, "three records without an end");
	buf_put(&other, line_end + 1, len - (size_t)(line_end + 1 - bytes));
	must(!verify(other.data, other.len, &verdict), "sound with a record that is missing");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED_FREE char *bytes = bytes_of(data, size);
	struct audit_verdict verdict = {0};
	struct audit_intent *intents = NULL;
	size_t n_lines = 0, n_intents = 0;
	struct err e = {0};
	bool is_sound = verify(bytes, size, &verdict);

	if (!audit_each(log_path(), on_line, &n_lines, &e))
		must_be_told(&e);
	must(verdict.n_records <= n_lines, "more records than lines");
	if (audit_open_intents(log_path(), &intents, &n_intents, &e))
		must(n_intents <= n_lines, "more intents than lines");
	free(intents);
	if (is_sound && verdict.n_records > 0)
		check_tampering(bytes, size, &verdict);
	return 0;
}
