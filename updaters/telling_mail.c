/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/telling_mail.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "updaters/lib/child.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"

#define SENDMAIL "/usr/sbin/sendmail"

enum { MAIL_MAX = 16 << 10, SENDMAIL_MS = 30 * 1000, HOST_MAX = 64 };

/* Login and host names hold nothing but these; whatever else came here is not put in a header. */
static const char *safe(const char *word, const char *instead)
{
	static const char fit[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	return word[0] != '\0' && word[0] != '-' && word[strspn(word, fit)] == '\0' ? word
										    : instead;
}

/* Its words are ours; what is not plain ASCII has no place in a header. */
static void put_plain(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		buf_printf(out, "%c", *text >= ' ' && *text <= '~' ? *text : '?');
}

static void put_date(struct buf *out, int64_t unix_ms)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t s = (time_t)(unix_ms / 1000);
	struct tm tm = {0};

	gmtime_r(&s, &tm);
	buf_printf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\n", days[tm.tm_wday], tm.tm_mday,
		months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

bool telling_mail_write(const struct notice *n, const char *to, const char *host,
	int64_t now_unix_ms, struct buf *out)
{
	host = safe(host, "this computer");
	buf_printf(out, "To: %s\nSubject: devupd: ", safe(to, "root"));
	put_plain(out, n->summary);
	buf_printf(out, " on %s\n", host);
	put_date(out, now_unix_ms);
	buf_puts(out, "MIME-Version: 1.0\n"
		      "Content-Type: text/plain; charset=utf-8\n"
		      "Content-Transfer-Encoding: 8bit\n"
		      "Auto-Submitted: auto-generated\n\n");
	buf_printf(out, "%s\n\nThe run in full: devupd history --run %s\n", n->body, n->run);
	return !out->is_full;
}

/* The program's own words, or none. */
static bool sendmail_refused(int status, const char *errors, struct err *e)
{
	char why[256];

	text_escape(errors, strcspn(errors, "\n"), why, sizeof(why));
	return err_set(e, ERR_COMMAND, "no mail: " SENDMAIL " ended with exit code %d%s%s", status,
		why[0] != '\0' ? ": " : "", why);
}

static bool sendmail_run(int mail_fd, struct err *e)
{
	static const char *const argv[] = {SENDMAIL, "-oi", "-t", NULL};
	struct child_spec spec = {
		.argv = argv,
		.fds = {{.from = mail_fd, .to = STDIN_FILENO}},
		.n_fds = 1,
		.own_session = true,
		.excess = CHILD_KEEP_START,
	};
	SCOPED_FREE char *text = NULL;
	SCOPED_FREE char *errors = NULL;
	int status = 0;

	if (access(SENDMAIL, X_OK) != 0)
		return err_set(e, ERR_COMMAND,
			"no mail: there is no " SENDMAIL "; install a mail transport agent, or set "
			"notify: desktop");
	return child_run(&spec, SENDMAIL_MS, 4096, &text, &errors, &status, e) &&
	       (status == 0 || sendmail_refused(status, errors, e));
}

bool telling_mail_send(const struct notice *n, const char *to, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf mail = {0};
	SCOPED_CLOSE int fd = memfd_create("mail", MFD_CLOEXEC);
	char host[HOST_MAX] = "";

	buf_init(&mail, MAIL_MAX);
	if (gethostname(host, sizeof(host) - 1) != 0)
		host[0] = '\0';
	if (!telling_mail_write(n, to, host, clock_unix_ms(), &mail))
		return err_set(e, ERR_TOO_BIG, "no mail: the message does not fit");
	if (fd < 0)
		return err_sys(e, ERR_INTERNAL, "no mail: no file in memory");
	if (!fs_write_all(fd, mail.data, mail.len, "the mail", e))
		return false;
	if (lseek(fd, 0, SEEK_SET) != 0)
		return err_sys(e, ERR_INTERNAL, "no mail");
	return sendmail_run(fd, e);
}
