#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Others at work at the same time: another devupd, apt, unattended-upgrades, PackageKit, whoever has
# the state open. Who holds what is named, what was waited for is done, and nothing is lost.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron rstudio --yes --accept-license
}
teardown_file() { world_down; }
teardown() { inside sh -c 'touch /root/release; rm -f /root/go'; }

# held HOW: somebody holds it from now on; his number in $holder.
held() {
	inside sh -c '/srv/world/lock-holder "$1" >/dev/null 2>&1 &' - "$1" </dev/null 3>&-
	eventually inside test -s /root/held
	holder=$(inside cat /root/held)
}
given_away() {
	inside touch /root/release
	eventually inside sh -c "! kill -0 $holder"
}
# in_background FILE CMD...: its words and its exit code are in FILE later.
in_background() {
	inside sh -c 'to=$1; shift; rm -f "$to" "$to.code"
		("$@" >"$to" 2>&1; echo $? >"$to.code") >/dev/null 2>&1 &' - "$@" </dev/null 3>&-
}
ended() { eventually_long inside test -s "$1.code" && is "exit code of $1" "$2" "$(inside cat "$1.code")"; }
# for what may have to wait for others: within a minute
eventually_long() {
	local i
	for ((i = 0; i < 600; i++)); do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.1
	done
	echo "never: $*" >&2
	return 1
}
whole() {
	is "half-way" "" "$(inside dpkg --audit)"
	document inside devupd history --verify
	exits 0
	is "tables" ok "$(inside sqlite3 /var/lib/devupd/state.db 'pragma integrity_check')"
}
# What a maintainer script waits for.
slow='while [ ! -e /root/go ]; do sleep 0.05; done'

@test "two runs at once: the second names the first, waits, and has nothing left to do" {
	local first
	vendor publish positron 2030.01.0-1 --postinst "$slow"
	in_background /root/first devupd upgrade positron --yes
	eventually inside pgrep -f positron.postinst
	first=$(inside pgrep -xo devupd)
	document inside devupd upgrade rstudio --yes --wait 1 --json
	exits 8
	is code lock "$(field .error.code)"
	says "another devupd is at work (upgrade, pid $first)"
	# to look is no reason to wait
	document inside devupd check --json
	exits 0
	document inside devupd status
	exits 0
	in_background /root/second devupd upgrade --yes --wait 60
	eventually inside grep -q "devupd's lock" /root/second
	inside touch /root/go
	ended /root/first 0
	ended /root/second 0
	is positron 2030.01.0+1-1755789997 "$(dpkg_version positron)"
	is "results" 1 "$(inside grep -c '"event":"result".*"to":"2030.01.0+1' /var/log/devupd/audit.log)"
	whole
}

@test "a lock file that nobody holds any more" {
	inside sh -c 'echo "4711 upgrade" >/run/devupd/lock; touch /var/lib/dpkg/lock /var/lib/dpkg/lock-frontend /var/cache/apt/archives/lock'
	vendor publish positron 2030.02.0-1
	document inside devupd upgrade positron --yes --wait 0
	exits 0
	document inside devupd status
	says_not 4711
	whole
}

@test "a run beside apt: it waits, and both do their work" {
	vendor package busy 1.0 /root/busy.deb --postinst "$slow"
	vendor publish positron 2030.03.0-1
	in_background /root/apt apt-get -qq -y install /root/busy.deb
	eventually inside pgrep -f busy.postinst
	document inside devupd upgrade positron --yes --wait 1 --json
	exits 8
	error_code positron lock
	says apt-get
	says "run again when it is done"
	is positron 2030.02.0+1-1755789997 "$(dpkg_version positron)"
	in_background /root/ours devupd upgrade positron --yes --wait 60
	eventually inside grep -q "apt-get" /root/ours
	inside touch /root/go
	ended /root/apt 0
	ended /root/ours 0
	is positron 2030.03.0+1-1755789997 "$(dpkg_version positron)"
	is busy "ii " "$(dpkg_status busy)"
	whole
}

@test "apt beside a run: it is apt that waits" {
	vendor publish positron 2030.04.0-1 --postinst "$slow"
	in_background /root/ours devupd upgrade positron --yes
	eventually inside pgrep -f positron.postinst
	run inside apt-get -qq -y purge busy
	[ "$status" != 0 ]
	[[ "$output" == *"held by process"* ]]
	in_background /root/apt apt-get -qq -y -o DPkg::Lock::Timeout=60 purge busy
	inside touch /root/go
	ended /root/ours 0
	ended /root/apt 0
	whole
}

@test "beside unattended-upgrades: past the wait 8, with its name and number; else it waits" {
	vendor publish positron 2030.05.0-1
	held unattended-upgrade
	document inside devupd upgrade positron --yes --wait 3 --json
	exits 8
	error_code positron lock
	says "unattended-upgr (pid $holder) holds dpkg's lock; run again when it is done"
	is positron 2030.04.0+1-1755789997 "$(dpkg_version positron)"
	in_background /root/ours devupd upgrade positron --yes --wait 60
	eventually inside grep -q "unattended-upgr" /root/ours
	given_away
	ended /root/ours 0
	is positron 2030.05.0+1-1755789997 "$(dpkg_version positron)"
	whole
}

@test "beside PackageKit, which takes and gives away: between two of its transactions" {
	vendor publish positron 2030.06.0-1
	held packagekitd
	document inside devupd upgrade positron --yes --wait 60 --json
	exits 0
	is positron 2030.06.0+1-1755789997 "$(dpkg_version positron)"
	inside test ! -e /root/release
	given_away
	whole
}

@test "beside a download of apt's, which holds another lock: 8, with its name and number; else it waits" {
	vendor publish positron 2030.07.0-1
	held archives
	document inside devupd upgrade positron --yes --wait 3 --json
	exits 8
	error_code positron lock
	says "/var/cache/apt/archives/lock. It is held by process $holder (archives)"
	is positron 2030.06.0+1-1755789997 "$(dpkg_version positron)"
	in_background /root/ours devupd upgrade positron --yes --wait 60
	eventually inside pgrep -x apt-get
	given_away
	ended /root/ours 0
	is positron 2030.07.0+1-1755789997 "$(dpkg_version positron)"
	whole
}

@test "a state that another program holds for ever: told after a while, nothing done" {
	local how
	vendor publish positron 2030.08.0-1
	for how in state state-read; do
		held $how
		document inside devupd upgrade positron --yes --json
		exits 1
		is error state "$(field .error.code)"
		says "/var/lib/devupd/state.db: another program has it locked"
		says "fuser -v /var/lib/devupd/state.db"
		is positron 2030.07.0+1-1755789997 "$(dpkg_version positron)"
		document inside devupd check positron --json
		exits 0
		outcome positron available
		document as_ana devupd status
		exits 0
		given_away
		is "set aside" "" "$(inside find /var/lib/devupd -name 'state.db.*')"
	done
	document inside devupd upgrade positron --yes --json
	exits 0
	outcome positron updated
	whole
}

@test "a young release, seen while another program holds the state: the look goes on, and keeps nothing" {
	local sights="select count(*) from sight where name = 'positron' and version like '2030.09%'"
	vendor publish positron 2030.09.0-1
	inside sh -c 'umask 022; echo "cool_down: 3 days" >/etc/devupd/conf.d/test.yaml'
	held state-read
	document inside devupd check positron --json
	exits 0
	outcome positron deferred
	is "kept" 0 "$(inside sqlite3 -readonly /var/lib/devupd/state.db "$sights")"
	given_away
	document inside devupd check positron --json
	exits 0
	outcome positron deferred
	is "kept" 1 "$(inside sqlite3 -readonly /var/lib/devupd/state.db "$sights")"
	inside rm /etc/devupd/conf.d/test.yaml
	whole
}
