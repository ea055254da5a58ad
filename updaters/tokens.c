/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/tokens.h"

#include "updaters/lib/text.h"

#define TOKEN(code, token) token,
static const char *const outcome_tokens[] = {OUTCOMES(TOKEN)};
static const char *const reason_tokens[] = {REASONS(TOKEN)};
static const char *const step_tokens[] = {STEPS(TOKEN)};
static const char *const digest_from_tokens[] = {DIGEST_SOURCES(TOKEN)};
static const char *const verified_by_tokens[] = {VERIFIERS(TOKEN)};
#undef TOKEN
static const char *const phase_tokens[PHASE_N] = {
	[PHASE_INSPECT] = "inspect",
	[PHASE_PREPARE] = "prepare",
	[PHASE_VERIFY] = "verify",
	[PHASE_APPLY] = "apply",
	[PHASE_CONFIRM] = "confirm",
};

const char *outcome_token(enum outcome o)
{
	return o < OUTCOME_N ? outcome_tokens[o] : "";
}

bool outcome_find(const char *token, enum outcome *out)
{
	for (size_t i = 0; i < OUTCOME_N; i++) {
		if (text_equal(token, outcome_tokens[i])) {
			*out = (enum outcome)i;
			return true;
		}
	}
	return false;
}

const char *reason_token(enum reason r)
{
	return r < REASON_N ? reason_tokens[r] : "";
}

bool reason_find(const char *token, enum reason *out)
{
	for (size_t i = 0; i < REASON_N; i++) {
		if (text_equal(token, reason_tokens[i])) {
			*out = (enum reason)i;
			return true;
		}
	}
	return false;
}

const char *step_token(enum step s)
{
	return s < STEP_N ? step_tokens[s] : "";
}

const char *digest_from_token(enum digest_from d)
{
	return d < DIGEST_FROM_N ? digest_from_tokens[d] : "";
}

const char *verified_by_token(enum verified_by v)
{
	return v < VERIFIED_BY_N ? verified_by_tokens[v] : "";
}

const char *phase_token(enum phase p)
{
	return p < PHASE_N ? phase_tokens[p] : "";
}
