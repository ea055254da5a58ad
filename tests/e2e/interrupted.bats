#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs that are killed or fail half-way, and what the next one makes of it.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron rstudio --yes --accept-license
}
teardown_file() { world_down; }

hook=/etc/apt/apt.conf.d/99-slow
state=/var/lib/devupd/state.db
trail=/var/log/devupd/audit.log

# killed CMD...: devupd is killed as soon as apt-get holds dpkg's lock, before dpkg has begun.
killed() {
	inside sh -c 'rm -f /root/working
		echo "DPkg::Pre-Invoke {\"touch /root/working; sleep 4\";};" >'"$hook"
	inside sh -c '"$@" >/dev/null 2>&1 &' - "$@" </dev/null 3>&-
	eventually inside test -e /root/working
	inside pkill -KILL -x devupd
	inside rm "$hook"
}
apt_get_ends() { eventually inside sh -c '! pgrep -x apt-get'; }

# last_result NAME FIELD: of the newest result on record.
last_result() {
	inside jq -rs --arg name "$1" --arg field "$2" \
		'map(select(.event == "result" and .name == $name)) | last | .[$field]' "$trail"
}
in_state() { inside sqlite3 "$state" "$1"; }
trail_holds() { document inside devupd history --verify && exits 0; }

@test "the next run lets apt-get finish, then says what it did" {
	vendor publish positron 2026.08.2-4
	killed devupd upgrade positron --yes
	inside pgrep -x apt-get
	document inside devupd upgrade --yes --json
	exits 0
	is outcome updated "$(last_result positron outcome)"
	is to 2026.08.2+4-1755790000 "$(last_result positron to)"
	is "results of failure" 0 "$(inside grep -c '"outcome":"failed"' "$trail" || true)"
	trail_holds
}

@test "a lock that stays held ends the next run with 8, and leaves the intent open" {
	vendor publish positron 2026.09.0-3
	killed devupd upgrade positron --yes
	document inside devupd upgrade positron --yes --wait 1 --json
	exits 8
	is "newest result" 2026.08.2+4-1755790000 "$(last_result positron to)"
	apt_get_ends
	inside devupd upgrade --yes
	is "newest result" 2026.09.0+3-1755789999 "$(last_result positron to)"
}

@test "a name that was disabled in between is looked at all the same" {
	vendor publish positron 2026.09.1-2
	killed devupd upgrade positron --yes
	apt_get_ends
	inside sh -c 'mkdir -p /etc/devupd/conf.d; echo "disable: [positron]" >/etc/devupd/conf.d/off.yaml'
	inside devupd upgrade --yes
	is outcome updated "$(last_result positron outcome)"
	is to 2026.09.1+2-1755789998 "$(last_result positron to)"
	inside rm /etc/devupd/conf.d/off.yaml
}

@test "a rollback that was killed sticks" {
	killed devupd rollback positron --yes
	apt_get_ends
	is positron 2026.09.0+3-1755789999 "$(dpkg_version positron)"
	document inside devupd upgrade --yes --json
	exits 0
	is outcome rolled-back "$(last_result positron outcome)"
	is positron 2026.09.0+3-1755789999 "$(dpkg_version positron)"
	inside devupd unskip positron
}

@test "killed together with dpkg: what is half-way there was not done" {
	vendor publish positron 2026.10.0-1 --postinst '[ -e /root/once ] || { touch /root/once; sleep 60; }'
	inside sh -c 'devupd upgrade positron --yes >/dev/null 2>&1 &' </dev/null 3>&-
	eventually inside test -e /root/once
	inside pkill -KILL -x 'devupd|apt-get|dpkg|positron.postin'
	inside devupd upgrade --yes
	is "what became of it" failed "$(inside jq -rs 'map(select(.event == "result" and
		.name == "positron" and .step == "confirm")) | last.outcome' "$trail")"
	is positron "ii " "$(dpkg_status positron)"
	trail_holds
}

# dpkg_deb_does COMMAND: so begins dpkg-deb from now on; none: as it always was.
dpkg_deb_does() {
	inside sh -c '[ -e /root/dpkg-deb ] || mv /usr/bin/dpkg-deb /root/dpkg-deb
		chmod 711 /root
		printf "#!/bin/sh\n%s\nexec /root/dpkg-deb \"\$@\"\n" "$1" >/usr/bin/dpkg-deb
		chmod 755 /usr/bin/dpkg-deb' - "$1"
}
kept() { in_state "select count(*) from kept where version like '$1%'"; }

@test "killed while its package is verified: what was fetched is not fetched again" {
	vendor publish positron 2026.10.1-1
	dpkg_deb_does "sleep 60"
	inside sh -c 'devupd upgrade positron --yes >/dev/null 2>&1 &' </dev/null 3>&-
	eventually inside pgrep -x dpkg-deb
	inside pkill -KILL -x devupd
	dpkg_deb_does ""
	is "rows" 1 "$(kept 2026.10.1)"
	forget_requests
	document inside devupd upgrade positron --yes --json
	outcome positron updated
	is "bytes of packages" 0 "$(bytes_of_packages)"
	is "rows" 1 "$(kept 2026.10.1)"
}

@test "what is refused is not known as kept" {
	vendor publish positron 2026.10.2-1
	dpkg_deb_does "exit 2"
	document inside devupd upgrade positron --yes --json
	outcome positron failed
	dpkg_deb_does ""
	is "rows" 0 "$(kept 2026.10.2)"
	is "files" "" "$(inside find /var/cache/devupd/packages -name '*2026.10.2*')"
	inside devupd upgrade positron --yes
}

@test "a state that fails in the midst of a look: the run's end is on record all the same" {
	in_state "create trigger full before insert on document begin select raise(abort, 'full'); end"
	vendor publish rstudio 2026.08.2-200
	document inside devupd upgrade rstudio --yes --json
	exits 1
	is error state "$(field .error.code)"
	is "last event" run-end "$(inside sh -c "tail -n 1 $trail | jq -r .event")"
	in_state "drop trigger full"
	inside devupd upgrade rstudio --yes
	trail_holds
}

@test "no audit, no change: unhold, unskip and clean" {
	local verb n
	inside devupd hold rstudio
	inside devupd skip rstudio=2030.01.0-1
	n=$(inside find /var/cache/devupd/packages -name '*.deb' | wc -l)
	[ "$n" -ge 2 ]
	in_state "create trigger mute before insert on head
		when cast(new.line as text) like '%\"event\":\"result\"%'
		begin select raise(abort, 'mute'); end"
	for verb in "unhold rstudio" "unskip rstudio" "clean --keep 0"; do
		# shellcheck disable=SC2086
		document inside devupd $verb
		exits 1
	done
	in_state "drop trigger mute"
	is "kept packages" "$n" "$(inside find /var/cache/devupd/packages -name '*.deb' | wc -l)"
	is holds 1 "$(in_state 'select count(*) from hold')"
	is skips 1 "$(in_state 'select count(*) from skip')"
	inside devupd unskip rstudio
	inside devupd unhold rstudio
	document inside devupd check rstudio --json
	outcome rstudio current
}

@test "each package that clean drops is on record" {
	local n
	n=$(inside find /var/cache/devupd/packages -name '*.deb' | wc -l)
	inside devupd clean --keep 0
	is "kept packages" 0 "$(inside find /var/cache/devupd/packages -name '*.deb' | wc -l)"
	is records "$n" "$(inside jq -s \
		'map(select(.event == "result" and .verb == "clean" and .from != null)) | length' "$trail")"
	document inside devupd history
	says clean
	trail_holds
}

@test "copies of what could not be restored: the last five stay, until somebody cleans" {
	local n copies=/var/lib/devupd/apt-deleted
	for n in 1 2 3 4 5 6 7; do
		inside install -D -m 600 /etc/hostname $copies/01900000000$n-0000/etc/apt/sources.list.d/x.list
	done
	inside devupd hold rstudio
	inside devupd unhold rstudio
	is "after a run" "$(printf '01900000000%s-0000\n' 3 4 5 6 7)" "$(inside ls $copies)"
	document inside devupd clean -n
	says "5 leftovers"
	is "after a look" 5 "$(inside ls $copies | wc -l)"
	document inside devupd clean
	exits 0
	says "5 leftovers"
	is "after clean" "" "$(inside ls $copies)"
}

@test "a damaged state: a look goes on, what would change something is refused once" {
	inside devupd hold rstudio
	vendor publish rstudio 2026.09.0-174
	inside sh -c "head -c 8192 /dev/urandom >$state"
	document inside devupd check rstudio --json
	exits 0
	document inside devupd upgrade rstudio --yes --json
	exits 1
	is error state "$(field .error.code)"
	says hold
	is rstudio 2026.08.2+200 "$(dpkg_version rstudio)"
	inside jq -es 'any(.event == "result" and .error.code == "state")' "$trail"
	document inside devupd upgrade rstudio --yes --json
	exits 0
	is rstudio 2026.09.0+174 "$(dpkg_version rstudio)"
	trail_holds
}

@test "a state that a newer devupd wrote is refused and left alone" {
	local version
	inside devupd hold rstudio
	version=$(in_state "pragma user_version")
	in_state "pragma user_version = 99"
	document inside devupd upgrade --yes --json
	exits 1
	is error state "$(field .error.code)"
	says older
	in_state "pragma user_version = $version"
	document inside devupd check rstudio --json
	outcome rstudio held
}

@test "a state that an older devupd wrote keeps what it holds, and gets what it lacks" {
	local version n_aside
	version=$(in_state "pragma user_version")
	n_aside=$(inside find /var/lib/devupd -name 'state.db.*' | wc -l)
	in_state "drop table wait; drop table sight; drop table health; pragma user_version = 1"
	document as_ana devupd status
	exits 0
	says_not "can't"
	says rstudio
	document inside devupd upgrade --yes --json
	exits 0
	outcome rstudio held
	is version "$version" "$(in_state "pragma user_version")"
	is tables 3 "$(in_state "select count(*) from sqlite_schema where name in ('wait', 'sight', 'health')")"
	is "set aside" "$n_aside" "$(inside find /var/lib/devupd -name 'state.db.*' | wc -l)"
	trail_holds
	inside devupd unhold rstudio
}

@test "what somebody wrote into the trail does nothing to a terminal" {
	inside sh -c 'printf "%s\n" "{\"v\":1,\"event\":\"result\",\"name\":\"\\u001b[31mred\",\"to\":\"\\u001b[2J\"}" >>'"$trail"
	document inside devupd history
	exits 0
	says red
	is "escape characters" 0 "$(grep -c $'\e' <<<"$output" || true)"
}
