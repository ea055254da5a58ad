#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# status: what is known without asking anybody; and names that somebody else removed.

load ../support/e2e
setup_file() {
	world_up
}
teardown_file() { world_down; }

# left NAME FIELD: of one name that is left; "" where it is none.
left() { jq -r ".left[] | select(.name == \"$1\") | .$2 // \"\"" <<<"$output"; }
# Everything that devupd could have written.
written() {
	inside sh -c 'find /var/lib/devupd /var/log/devupd /var/cache/devupd /run/devupd /home/ben/.local \
		/home/ben/.cache -printf "%p %s %T@\n" 2>/dev/null | sort' || true
}

@test "before the first run there is nothing, and nothing is made" {
	local before
	before=$(written)
	document as_ben devupd status
	exits 0
	says "Linux Mint 22 (Ubuntu noble), amd64"
	says "last run  none yet"
	is "what was written" "$before" "$(written)"
	document inside devupd status --json
	exits 0
	is last_run null "$(field .last_run)"
	is own null "$(field .own)"
	is left 0 "$(field '.left | length')"
}

@test "how the last run ended, and by whom" {
	inside devupd install positron=2026.08.0+331 rstudio --yes --accept-license
	document inside devupd status --json
	is verb install "$(field .last_run.verb)"
	is by root "$(field .last_run.by)"
	is run_exit 0 "$(field .last_run.run_exit)"
	is "under way" null "$(field .under_way)"
	document as_ana sudo -n devupd hold rstudio --reason "as delivered"
	document inside devupd status
	exits 0
	says "last run  install today"
	says "done, or nothing to do"
	grep -qE '^rstudio +today .* held \(as delivered\)$' <<<"$output"
	inside devupd unhold rstudio
}

@test "it reads what anybody may, writes nothing and asks nobody" {
	local before
	vendor publish positron 2026.08.2-4
	as_ben devupd check
	before=$(written)
	forget_requests
	document as_ben devupd status
	exits 0
	grep -qE '^positron +2026.08.2\+4 +today .* update' <<<"$output"
	says "last run  install today"
	is "who it was is for those who may read the trail" "" "$(grep 'by root' <<<"$output" || true)"
	document as_ben devupd status --json
	is positron available "$(left positron outcome)"
	is user ben "$(left positron user)"
	is own ben "$(field .own.user)"
	is requests 0 "$(n_requests)"
	is "what was written" "$before" "$(written)"
	document as_ben devupd status --exit-status
	exits 0
}

@test "what was done since is not left" {
	inside devupd upgrade --yes
	document as_ana devupd status --json
	is positron "" "$(left positron outcome)"
	document inside devupd status
	says "nothing is left to do"
}

@test "a failure with its reason and since when, a source that ails and for how long" {
	local round since
	vendor publish positron 2026.09.1-2 --digest "$(printf '%064d' 7)"
	vendor rule 503 github.com/posit-dev/positron/releases
	for round in 1 2; do
		run inside devupd upgrade --yes
		exits 3
		document inside devupd status --json
		is run_exit 3 "$(field .last_run.run_exit)"
		is positron failed "$(left positron outcome)"
		[ "$round" = 1 ] || is since "$since" "$(left positron since)"
		since=$(left positron since)
		is ailing "$round https://github.com/posit-dev/positron/releases" \
			"$(field '.ailing[0] | "\(.failures) \(.source)"')"
	done
	document inside devupd status
	says "some names failed, at least one did not (exit code 3)"
	grep -qE '^positron +2026.09.1\+2 +today .* failed: https://.* has SHA-256 ' <<<"$output"
	says "positron: source https://github.com/posit-dev/positron/releases has failed 2 times since today"
	vendor rule none github.com/posit-dev/positron/releases
	vendor publish positron 2026.09.1-2
	inside devupd upgrade --yes
	document inside devupd status
	is "sources that ail" "" "$(grep 'has failed' <<<"$output" || true)"
	says "nothing is left to do"
}

@test "a run under way is told with who holds the lock, by anybody; killed, it was cut short" {
	local pid
	vendor publish positron 2026.09.2-1
	vendor rule crawl github.com/posit-dev/positron/releases
	inside sh -c 'devupd upgrade positron --yes >/dev/null 2>&1 &' </dev/null 3>&-
	eventually inside pgrep -x devupd-worker
	pid=$(inside pgrep -x devupd)
	document as_ben devupd status
	exits 0
	says "under way upgrade since today"
	says "(pid $pid)"
	document inside devupd status --json
	is verb upgrade "$(field .under_way.verb)"
	is pid "$pid" "$(field .under_way.pid)"
	is "the one before" 0 "$(field .last_run.run_exit)"
	inside pkill -KILL -x devupd
	eventually sh -c '! "$BOX" in "$WORLD" pgrep -x devupd-worker'
	document inside devupd status
	says "cut short before its end; the next run looks what became of it"
	is "under way" "" "$(grep 'under way' <<<"$output" || true)"
	document inside devupd status --json
	is run_exit null "$(field .last_run.run_exit)"
	vendor rule none github.com/posit-dev/positron/releases
	inside devupd upgrade --yes
	document inside devupd status
	says "done, or nothing to do"
}

@test "what waits for its program to be closed, and since when" {
	vendor publish positron 2026.09.3-1
	as_ana sh -c 'exec setsid /usr/share/positron/positron 1000 </dev/null >/dev/null 2>&1 3>&- &'
	eventually inside pgrep -x positron
	document inside devupd upgrade positron --when-closed --yes --json
	outcome positron deferred
	document inside devupd status --json
	is positron deferred "$(left positron outcome)"
	is reason running "$(left positron reason)"
	is waiting true "$(left positron waiting)"
	document inside devupd status
	says "waits until it is closed; fetched and verified today"
	inside pkill -x positron
	inside devupd upgrade --yes
	document inside devupd status
	says "nothing is left to do"
}

@test "removed by somebody else: who, when and how, for as long as it is gone" {
	local said
	said="was 2026.09.3+1, removed outside devupd today by ana, apt-get -qq -y remove positron: devupd install positron"
	as_ana sudo -n apt-get -qq -y remove positron
	document as_ana devupd check
	says "absent ($said)"
	inside devupd upgrade --yes
	is record "2026.09.3+1 null" "$(inside jq -r 'select(.event == "outside") | "\(.from) \(.to)"' /var/log/devupd/audit.log)"
	is evidence "/var/log/apt/history.log ana apt-get -qq -y remove positron" "$(inside jq -r \
		'select(.event == "outside").changes[1] | "\(.path) \(.from) \(.to)"' /var/log/devupd/audit.log)"
	document as_ana devupd check
	says "absent ($said)"
	document as_ana devupd check positron --json
	is text absent "$(field 'of("positron").outcome')"
	document as_ana devupd list
	says "absent ($said)"
	document as_ana devupd status
	says "absent (was 2026.09.3+1, removed outside devupd by ana, apt-get -qq -y remove positron: devupd install positron)"
	document inside devupd history
	grep -qE '^today .* positron +2026.09.3\+1 +removed outside devupd today, apt-get -qq -y remove positron +ana ' <<<"$output"
	inside devupd install positron --yes
	document as_ana devupd check
	is "no word of it" "" "$(grep absent <<<"$output" || true)"
	document inside devupd status
	says "nothing is left to do"
}

@test "changed by somebody else, by dpkg alone: when, and nobody's name" {
	inside dpkg -i /srv/vendors/cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.08.2-4-x64.deb
	inside devupd repair
	is record "2026.09.3+1 2026.08.2+4 1" "$(inside jq -r 'select(.event == "outside" and .to != null) |
		"\(.from) \(.to) \(.changes | length)"' /var/log/devupd/audit.log)"
	document inside devupd history --name positron
	says "changed outside devupd today"
}

@test "wrong settings hide nothing; a state that can't be read says so" {
	inside sh -c 'echo "nonsense: yes" >/etc/devupd/conf.d/wrong.yaml'
	document inside devupd status
	exits 0
	says "last run"
	inside rm /etc/devupd/conf.d/wrong.yaml
	inside sh -c 'cp /var/lib/devupd/state.db /root/state.db && head -c 8192 /dev/zero | tr "\0" x >/var/lib/devupd/state.db'
	document as_ana devupd status
	exits 0
	says "can't read /var/lib/devupd/state.db"
	inside cp /root/state.db /var/lib/devupd/state.db
}

@test "no wider than the window" {
	vendor publish positron 2026.09.3-2 --digest "$(printf '%064d' 7)"
	run inside devupd upgrade --yes
	run inside script -qec "stty cols 60; devupd status" /dev/null
	exits 0
	[ "$(grep -E '^(NAME|positron )' <<<"$output" | tr -d '\r' | wc -L)" -le 60 ]
	says "failed: "
}
