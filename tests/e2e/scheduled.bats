#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# status on a real systemd: when the next run is due, and who waits for a program to be closed.

load ../support/e2e
setup_file() {
	machine_up
	inside apt-get -qq -y install /srv/world/devupd.deb
	inside devupd install positron=2026.08.0+331 --yes --accept-license
	vendor publish positron 2026.08.2-4
}
teardown_file() { machine_down; }

# due [--user]: the timer's next start as systemd has it, in seconds.
due() { date +%s -d "$(systemctl_of "$@" show -P NextElapseUSecRealtime devupd.timer)"; }
systemctl_of() {
	if [ "${1:-}" = --user ]; then as_ana systemctl "$@"; else inside systemctl "$@"; fi
}
# seconds TIME: of RFC 3339, as a number.
seconds() { date +%s -d "$1"; }

@test "when the timer starts the next run, asked by anybody" {
	document as_ben devupd status --json
	exits 0
	is "next run" "$(due)" "$(seconds "$(field .next_run)")"
	document as_ben devupd status
	grep -qE '^next run  (today|tomorrow) 06:[0-4][0-9]$' <<<"$output"
}

@test "a timer that is off is told with the command that helps, which helps" {
	local command
	inside systemctl disable --now devupd.timer
	document inside devupd status
	says "next run  not scheduled: sudo systemctl enable --now devupd.timer"
	command=$(sed -n 's/^next run  not scheduled: //p' <<<"$output")
	as_ana sh -c "$command"
	document inside devupd status
	grep -qE '^next run  (today|tomorrow) 06:[0-4][0-9]$' <<<"$output"
}

@test "a person's own timer, where they have one" {
	document as_ana devupd status
	is "no word of it" "" "$(grep yours <<<"$output" || true)"
	inside loginctl enable-linger ana
	eventually as_ana systemctl --user is-system-running --wait
	as_ana systemctl --user enable --now devupd.timer
	document as_ana devupd status --json
	is "their next run" "$(due --user)" "$(seconds "$(field .own.next_run)")"
	document as_ana devupd status
	says "next run  yours: "
	document as_ben devupd status
	is "not another's" "" "$(grep yours <<<"$output" || true)"
}

@test "an install that waits says whether somebody waits for it" {
	inside cp /usr/bin/sleep /usr/share/positron/positron-test
	inside systemd-run --quiet --collect --unit=open --uid=ana /usr/share/positron/positron-test 1000
	document inside devupd upgrade positron --yes --when-closed --json
	outcome positron deferred
	document as_ben devupd status --json
	is unit true "$(field '.left[] | select(.name == "positron").unit_active')"
	document as_ben devupd status
	grep -qE '^positron +2026.08.2\+4 +today .* waits until it is closed; fetched and verified today [0-9:]+$' <<<"$output"
	inside systemctl stop devupd-when-closed-positron.service
	document as_ben devupd status --json
	is unit false "$(field '.left[] | select(.name == "positron").unit_active')"
	document as_ben devupd status
	says "installed by the next run or boot that finds it closed"
	inside systemctl stop open
}
