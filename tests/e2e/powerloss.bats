#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The power goes: what was not synced is lost, in whole, in part, or in another order. State and
# trail open again, what was cut short is told, and a plain run goes on from there.

load ../support/e2e
setup_file() {
	world_up
	inside /srv/world/powerloss/story /root/record
}
teardown_file() { world_down; }

@test "cut at hundreds of moments of a story, state and trail open again" {
	run inside /srv/world/powerloss/replay /root/record 10 1
	echo "$output" >&2
	echo "# ${lines[-1]}" >&3
	exits 0
	[ "$(grep -oE '[0-9]+ prefixes' <<<"$output" | cut -d' ' -f1)" -ge 200 ]
	[ "$(grep -oE '[0-9]+ healed' <<<"$output" | cut -d' ' -f1)" -ge 20 ]
	[ "$(grep -oE '[0-9]+ converged' <<<"$output" | cut -d' ' -f1)" -ge 20 ]
}

# A change that somebody was just making when he was killed.
half_a_change() {
	inside python3 -c 'import os, sqlite3
db = sqlite3.connect("/var/lib/devupd/state.db", isolation_level=None)
db.execute("pragma cache_size = 1")
db.execute("begin immediate")
db.execute("update run set verb = 1")
db.execute("update head set line = randomblob(1000000)")
os.kill(os.getpid(), 9)' || true
	inside test -s /var/lib/devupd/state.db-journal
}

@test "a change of the state that was cut off is taken back by the first who may" {
	half_a_change
	document as_ana devupd status
	exits 0
	says "a change of it was cut off"
	document as_ana devupd history --verify
	exits 0
	says "a change of it was cut off"
	inside test -s /var/lib/devupd/state.db-journal
	document inside devupd status
	exits 0
	says_not "cut off"
	run ! inside test -s /var/lib/devupd/state.db-journal
	document as_ana devupd history --verify
	exits 0
	says_not "cut off"
	says_not "can't be told"
}
