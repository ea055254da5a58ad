#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Killed at any moment, by any signal that can't be caught: a plain run afterwards brings everything
# to where it would have been.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron --yes --accept-license
}
teardown_file() { world_down; }

@test "killed at 52 points, each process alone and all at once" {
	run inside /srv/world/kill-points 1 52
	echo "$output" >&2
	echo "# ${lines[-1]}" >&3
	exits 0
	is points 52 "$(grep -c '^seed' <<<"$output")"
	[ "$(sed -nE 's/^([0-9]+) hits.*/\1/p' <<<"$output")" -ge 50 ]
}
