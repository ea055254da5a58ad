/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/gpgv.h"

#include <fcntl.h>
#include <string.h>

#include "updaters/lib/text.h"

enum { KEYRING_FD = 3, SIGNATURE_FD = 4, LOG_FD = 5, TIMEOUT_MS = 10 * 60 * 1000 };

void gpgv_answer_clear(struct gpgv_answer *a)
{
	free(a->text);
	*a = (struct gpgv_answer){0};
}

/* --- its status -------------------------------------------------------------- */

/* How many of each were said. */
enum word {
	WORD_NEW,
	WORD_GOOD,
	WORD_VALID,
	WORD_BAD,
	WORD_NO_KEY,
	WORD_ERROR,
	WORD_KEY_EXPIRED,
	WORD_EXPIRED,
	WORD_REVOKED,
	N_WORDS
};
static const char *const words[N_WORDS] = {
	[WORD_NEW] = "NEWSIG",
	[WORD_GOOD] = "GOODSIG",
	[WORD_VALID] = "VALIDSIG",
	[WORD_BAD] = "BADSIG",
	[WORD_NO_KEY] = "NO_PUBKEY",
	[WORD_ERROR] = "ERRSIG",
	[WORD_KEY_EXPIRED] = "EXPKEYSIG",
	[WORD_EXPIRED] = "EXPSIG",
	[WORD_REVOKED] = "REVKEYSIG",
};

/* The primary key's is the last of the eleven words behind VALIDSIG. */
static void take_fingerprint(char *rest, char out[GPGV_FINGERPRINT_SIZE])
{
	const char *last = strrchr(text_trim(rest), ' ');

	last = last != NULL ? last + 1 : "";
	if ((!text_is_hex(last, 40) && !text_is_hex(last, 64)) ||
		!text_copy(out, GPGV_FINGERPRINT_SIZE, last))
		out[0] = '\0';
}

static enum gpgv_verdict judge(const unsigned n[N_WORDS], int exit_code, const char *fingerprint)
{
	if (n[WORD_BAD] > 0)
		return GPGV_BAD;
	if (n[WORD_REVOKED] > 0)
		return GPGV_REVOKED;
	if (n[WORD_KEY_EXPIRED] + n[WORD_EXPIRED] > 0)
		return GPGV_EXPIRED;
	if (n[WORD_NO_KEY] > 0)
		return GPGV_UNKNOWN_KEY;
	/* one signature and nothing else: of several, each might be over other bytes */
	return exit_code == 0 && n[WORD_NEW] == 1 && n[WORD_GOOD] == 1 && n[WORD_VALID] == 1 &&
			       n[WORD_ERROR] == 0 && fingerprint[0] != '\0'
		       ? GPGV_GOOD
		       : GPGV_UNREADABLE;
}

enum gpgv_verdict gpgv_status_read(
	const char *status, int exit_code, char out_fingerprint[GPGV_FINGERPRINT_SIZE])
{
	static const char prefix[] = "[GNUPG:] ";
	SCOPED_FREE char *copy = strdup(status);
	char *cursor = copy, *line;
	unsigned n[N_WORDS] = {0};

	out_fingerprint[0] = '\0';
	while (copy != NULL && (line = text_next(&cursor, '\n')) != NULL) {
		char *word = line + strlen(prefix);
		size_t len;

		if (!text_starts(line, prefix))
			continue;
		len = strcspn(word, " ");
		for (size_t i = 0; i < N_WORDS; i++)
			n[i] += strlen(words[i]) == len && strncmp(word, words[i], len) == 0;
		if (text_starts(word, "VALIDSIG "))
			take_fingerprint(word, out_fingerprint);
	}
	return judge(n, exit_code, out_fingerprint);
}

/* --- asking ------------------------------------------------------------------ */

/*
 * Its log, which holds what the signature's maker wrote, goes nowhere; its status stands alone on
 * standard error. It looks for no configuration and no keys of anybody's home.
 */
static const char *const signed_text[] = {"/usr/bin/gpgv", "--homedir", "/nonexistent",
	"--weak-digest", "SHA1", "--keyring", "/proc/self/fd/3", "--status-fd", "2", "--logger-fd",
	"5", "--output", "-", NULL};
static const char *const detached[] = {"/usr/bin/gpgv", "--homedir", "/nonexistent",
	"--weak-digest", "SHA1", "--keyring", "/proc/self/fd/3", "--status-fd", "2", "--logger-fd",
	"5", "/proc/self/fd/4", "-", NULL};

bool gpgv_ask(const struct gpgv_question *q, struct gpgv_answer *out, struct err *e)
{
	SCOPED_CLOSE int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	SCOPED_FREE char *text = NULL, *status = NULL;
	struct child_spec spec = {
		.argv = q->signature_fd >= 0 ? detached : signed_text,
		.fds = {{q->keyring_fd, KEYRING_FD}, {null, LOG_FD},
			{q->signature_fd, SIGNATURE_FD}},
		.n_fds = q->signature_fd >= 0 ? 3 : 2,
		.dies_with_us = true,
		.change_user = q->change_user,
		.uid = q->uid,
		.gid = q->gid,
		.input_fd = q->data_fd,
		.input = q->data,
		.n_input = q->n_data,
	};
	int exit_code = 0;

	if (null < 0)
		return err_sys(e, ERR_INTERNAL, "can't open /dev/null");
	if (!child_run(&spec, TIMEOUT_MS, GPGV_TEXT_MAX, &text, &status, &exit_code, e))
		return err_within(e, "the signature can't be checked");
	*out = (struct gpgv_answer){0};
	out->verdict = gpgv_status_read(status, exit_code, out->fingerprint);
	if (out->verdict == GPGV_GOOD)
		out->text = MOVE_PTR(text);
	return true;
}
