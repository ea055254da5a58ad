#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# history: what was done, found again; one run in full; what an auditor takes along.

load ../support/e2e
log=/var/log/devupd/audit.log

setup_file() {
	world_up
	inside devupd install positron=2026.08.0+331 --yes --accept-license
	inside devupd install rstudio --yes --accept-license
	vendor publish positron 2026.08.2-4
	as_ana sudo -n devupd upgrade --yes
	vendor publish positron 2026.09.1-2 --postinst 'exit 1'
	run inside devupd upgrade --yes
}
teardown_file() { world_down; }

# ids [FILTER]: run ids on record, each once, in their order.
ids() { inside cat $log | jq -r "select(${1:-true}).run" | awk '!seen[$0]++'; }
n_of() { inside devupd history --json "$@" | jq '.records | length'; }

@test "a table: a head, aligned columns, by time" {
	document inside devupd history
	exits 0
	[[ ${lines[0]} =~ ^WHEN\ +NAME\ +VERSION\ +OUTCOME\ +BY\ +RUN$ ]]
	grep -qE '^today [0-9:]{5} +positron +2026.08.0\+331-1755790327 -> 2026.08.2\+4-1755790000 +updated +ana +[0-9a-f]{12}-[0-9a-f]{8}$' <<<"$output"
	is "column of the run" 1 "$(grep '^today' <<<"$output" | awk '{ print match($0, /[0-9a-f]{12}-/) }' | sort -u | wc -l)"
	# what failed says why below, whole
	grep -qE '^  .*(half-configured|dpkg --configure)' <<<"$output"
	run inside script -qec "stty cols 70; devupd history" /dev/null
	is "wider than the window" "" "$(tr -d '\r' <<<"$output" | grep -v '^  ' | LC_ALL=C.UTF-8 wc -L | awk '$1 > 70')"
}

@test "all filters together, and each" {
	local all
	all=$(n_of)
	is name "$(n_of positron)" "$(n_of --name positron)"
	is several "$(($(n_of --outcome failed) + $(n_of --outcome updated)))" "$(n_of --outcome failed,updated)"
	is failed "$(n_of --outcome failed)" "$(n_of --failed)"
	is both 1 "$(n_of positron --failed --outcome failed,updated --since today --until today --run last)"
	is none 0 "$(n_of rstudio --failed)"
	is today "$all" "$(n_of --since today)"
	is "since yesterday" "$all" "$(n_of --since yesterday --until today)"
	is "until yesterday" 0 "$(n_of --until yesterday)"
	is "a time" 0 "$(n_of --until "$(inside date +%F) 00:00")"
	is "the same time" "$all" "$(n_of --since "$(inside date +%F) 00:00:00")"
	document inside devupd history positron --name rstudio
	exits 2
	document inside devupd history --name positrom
	exits 2
	says "did you mean 'positron'"
	document inside devupd history --outcome failed,instaled
	exits 2
	says "did you mean 'installed'?"
}

@test "one run in full, with apt's own words" {
	local id
	id=$(ids '.outcome == "updated"')
	document inside devupd history --run "$id"
	exits 0
	[[ ${lines[0]} == "run       $id" ]]
	says "verb      upgrade"
	says "by        ana, as root"
	says "started   today"
	says "ended     today"
	says "exit      done, or nothing to do"
	says "positron  2026.08.0+331-1755790327 -> 2026.08.2+4-1755790000  updated"
	says "from    https://cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.08.2-4-x64.deb"
	says "sha256  "
	says "took    "
	says "apt-get's words:"
	says "  == "
	says "run $id: /usr/bin/apt-get"
	says "Unpacking positron (2026.08.2+4-1755790000)"
	is "of another run" "" "$(grep rstudio <<<"$output" || true)"
	document inside devupd history --run "$id" --json
	is run "$id" "$(field .run)"
	is run_exit 0 "$(field .run_exit)"
	field '.apt | contains("Unpacking positron (2026.08.2+4")' | grep -qx true
	field ".records | length > 3 and all(.run == \"$id\")" | grep -qx true
	document inside devupd history --json
	is "no one run" "null null null" "$(field '"\(.run) \(.run_exit) \(.apt)"')"
}

@test "a run by its beginning, and the last one" {
	local id begin
	id=$(ids '.outcome == "updated"')
	begin=${id%-*}
	document inside devupd history --run "$begin" --json
	is run "$id" "$(field .run)"
	document inside devupd history --run last
	exits 0
	says "run       $(ids | tail -n 1)"
	says "error   "
	document inside devupd history --run 0
	exits 2
	says "several runs begin with '0'"
	document inside devupd history --run no-such-run
	exits 0
	says "nothing on record"
	document inside devupd history --run ""
	exits 2
}

@test "apt's words outlive a rotation, and group adm reads them" {
	local id
	id=$(ids '.outcome == "updated"')
	inside logrotate -f /etc/logrotate.d/devupd
	document inside devupd history --run "$id"
	says "Unpacking positron (2026.08.2+4-1755790000)"
	document as_ana devupd history --run "$id"
	exits 0
	says "Unpacking positron (2026.08.2+4-1755790000)"
	document as_ben devupd history --run "$id"
	exits 1
	says "is for root and group adm: sudo devupd history"
}

@test "what a maintainer script prints does nothing to a terminal" {
	vendor publish positron 2026.09.2-1 --postinst "printf '\\033[2Jcleared\\n'"
	inside devupd upgrade --yes
	document inside devupd history --run last
	says '\x1b[2Jcleared'
	is "escape characters" 0 "$(grep -c $'\e' <<<"$output" || true)"
}

@test "an export: records byte for byte between the chain's heads" {
	inside sh -c "devupd history --export >/root/trail"
	is records "$(inside sh -c "cat $log.1 $log")" "$(inside sed '1d;$d' /root/trail)"
	output=$(inside head -n 1 /root/trail)
	is export devupd/1 "$(field .export)"
	is host mint "$(field .host)"
	is file $log "$(field .file)"
	is by root "$(field .by)"
	is begins_at 1 "$(field .begins_at)"
	is prev "$(printf '%064d' 0)" "$(field .prev)"
	output=$(inside tail -n 1 /root/trail)
	is head "$(inside tail -n 1 $log | jq .seq) $(inside tail -n 1 $log | tr -d '\n' | sha256sum | cut -c1-64)" \
		"$(field '"\(.head.seq) \(.head.sha256)"')"
	is anchor "$(field .head)" "$(field .anchor)"
	is anchored true "$(field .anchored)"
	is filtered false "$(field .filtered)"
	is records "$(inside sed '1d;$d' /root/trail | wc -l)" "$(field .records)"
}

@test "by hand the chain is followed with sha256sum alone" {
	inside sh -c 'sed "1d;\$d" /root/trail | jq -r .prev | sed 1d >/root/said
		sed "1d;\$d" /root/trail | while IFS= read -r line; do printf %s "$line" | sha256sum; done |
			cut -c1-64 >/root/is; tail -n 1 /root/is >/root/head; sed -i "\$d" /root/is
		cmp /root/said /root/is'
	is head "$(inside tail -n 1 /root/trail | jq -r .head.sha256)" "$(inside cat /root/head)"
}

@test "what was filtered says that it is no chain; what was tampered with is not anchored" {
	output=$(inside devupd history --export --outcome updated | tail -n 1)
	is filtered true "$(field .filtered)"
	is records 2 "$(field .records)"
	is "head of the whole" "$(inside tail -n 1 $log | jq .seq)" "$(field .head.seq)"
	inside sh -c "cp -a $log /root/audit.log && sed -i '\$s/\"uid\":0/\"uid\":7/' $log"
	output=$(inside devupd history --export | tail -n 1)
	is anchored false "$(field .anchored)"
	inside cp -a /root/audit.log $log
	output=$(inside devupd history --export | tail -n 1)
	is anchored true "$(field .anchored)"
}

@test "a person's own trail has heads of its own; what there is none of is none" {
	is "sections, without a trail of one's own" 1 "$(as_ana devupd history --export | grep -c '^{"export"')"
	as_ana sh -c "cp $log ~/own && mkdir -p ~/.local/state/devupd && mv ~/own ~/.local/state/devupd/audit.log"
	is sections 2 "$(as_ana devupd history --export | grep -c '^{"export"')"
	is "anchored" "true false" "$(as_ana devupd history --export | jq -r 'select(has("head")).anchored' | xargs)"
	document as_ana devupd history --json
	field '[.records[].ts] | . == sort and length > 0' | grep -qx true
	as_ana rm -r .local/state/devupd
	document as_ben devupd history --export
	exits 1
	is "nothing half" "" "$output"
	inside sh -c "mv /var/log/devupd /root/away && mkdir /var/log/devupd"
	document inside devupd history --export
	exits 0
	is lines 2 "${#lines[@]}"
	is head "null false" "$(tail -n 1 <<<"$output" | jq -r '"\(.head) \(.anchored)"')"
	inside sh -c "rmdir /var/log/devupd && mv /root/away /var/log/devupd"
}
