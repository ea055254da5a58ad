#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A program that is open is not pulled from under its user; what is young is not taken yet.
# shellcheck disable=SC2154

load ../support/e2e
setup_file() {
	world_up
	inside apt-get -qq -y install /srv/vendors/cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.08.0-331-x64.deb
	vendor publish positron 2026.08.2-4
}
teardown_file() { world_down; }

# open_positron [NAME]: ana has it open: a process whose executable lies in the program's folder.
open_positron() {
	inside install -m 0755 /bin/sleep "/usr/share/positron/${1:-window}"
	as_ana sh -c 'exec setsid "/usr/share/positron/$1" 1000 </dev/null >/dev/null 2>&1 3>&- &' - "${1:-window}"
	eventually inside pgrep -f "^/usr/share/positron/${1:-window}"
}
close_positron() { inside pkill -f "^/usr/share/positron/${1:-window}"; }
pid_of_positron() { inside pgrep -f "^/usr/share/positron/window"; }
is_installed() { [[ "$(dpkg_version positron)" == "$1"* ]]; }
reason() { is reason "$1" "$(field 'of("positron").reason')"; }
settings() { inside sh -c 'umask 022; cat >/etc/devupd/conf.d/test.yaml'; }

@test "with --yes it is fetched, verified and waits; nobody's program is touched" {
	open_positron
	document inside devupd upgrade --yes --json --exit-status
	exits 10
	outcome positron deferred
	reason running
	is_installed 2026.08.0
	[ "$(bytes_of_packages)" -gt 0 ]
	is kept 1 "$(inside sh -c 'ls /var/cache/devupd/packages/*.deb | wc -l')"
	inside jq -es 'any(.event == "result" and .outcome == "deferred" and .name == "positron")' \
		/var/log/devupd/audit.log
}

@test "who has it open is told with the process, and that it waits" {
	run inside devupd upgrade --yes
	says "open (ana, pid $(pid_of_positron))"
	run as_ana devupd check
	says "waits until it is closed"
}

@test "clean drops everything but what waits" {
	inside devupd clean --keep 0
	is kept 1 "$(inside sh -c 'ls /var/cache/devupd/packages/*.deb | wc -l')"
}

@test "finish waits for the last process, then installs without a network" {
	forget_requests
	inside sh -c 'setsid devupd finish positron >/root/finish.log 2>&1 </dev/null 3>&- &'
	sleep 1
	is_installed 2026.08.0
	close_positron
	eventually is_installed 2026.08.2
	is requests 0 "$(n_requests)"
	eventually inside sh -c '! pgrep -x devupd'
	inside devupd history --verify
	inside jq -es 'any(.event == "result" and .outcome == "updated" and .verb == "finish")' \
		/var/log/devupd/audit.log
	is kept "" "$(inside sqlite3 /var/lib/devupd/state.db 'select * from wait')"
}

@test "a finish that is told to end leaves what waits" {
	vendor publish positron 2026.09.1-2
	open_positron
	inside devupd upgrade --unattended
	inside sh -c 'setsid devupd finish positron >/root/finish.log 2>&1 </dev/null 3>&- &'
	eventually inside pgrep -x devupd
	sleep 0.5
	inside pkill -TERM -x devupd
	eventually inside sh -c '! pgrep -x devupd'
	is waits positron "$(inside sqlite3 /var/lib/devupd/state.db 'select name from wait')"
	is_installed 2026.08.2
}

@test "an upgrade that finds it closed installs what is here already" {
	close_positron
	forget_requests
	document inside devupd upgrade --unattended --json
	outcome positron updated
	is "bytes of packages" 0 "$(bytes_of_packages)"
	is kept "" "$(inside sqlite3 /var/lib/devupd/state.db 'select * from wait')"
}

@test "on a terminal: later, now" {
	vendor publish positron 2026.09.2-1
	open_positron
	run terminal 'positron is open .ana, pid [0-9]+.\. +.w.ait and install when it closes +.n.ow +.l.ater' l -- \
		devupd upgrade positron
	exits 0
	is_installed 2026.09.1
	is "nothing was fetched" "" "$(inside sqlite3 /var/lib/devupd/state.db 'select * from wait')"
	run terminal '\[l\]ater' n 'Upgrade 1' y -- devupd upgrade positron
	exits 0
	is_installed 2026.09.2
}

@test "on a terminal: who ends the input has said later; who presses Ctrl-C, no more at all" {
	vendor publish positron 2026.09.3-1
	local who
	for who in as_ana inside; do
		run $who /srv/world/terminal '\[l\]ater' '^D' -- devupd upgrade positron
		exits 0
		says_not "Upgrade 1"
		run $who /srv/world/terminal '\[l\]ater' '^C' -- devupd upgrade positron
		exits 130
		says_not "Upgrade 1"
	done
	is_installed 2026.09.2
	is waits "" "$(inside sqlite3 /var/lib/devupd/state.db 'select name from wait')"
}

@test "--no-sudo: nobody is asked about a program that only root could replace" {
	run terminal -- devupd upgrade positron --no-sudo
	exits 9
	says_not "[l]ater"
	is_installed 2026.09.2
}

@test "on a terminal: wait is what an empty answer means" {
	run terminal '\[l\]ater' '' 'Upgrade 1' y -- devupd upgrade positron
	exits 0
	says "deferred"
	is_installed 2026.09.2
	is waits 2026.09.3+1 "$(inside sqlite3 /var/lib/devupd/state.db 'select version from wait')"
	close_positron
	inside devupd finish
	is_installed 2026.09.3
}

@test "a session without a window is told apart; later is what an empty answer means" {
	vendor publish positron 2026.10.0-1
	open_positron kcserver
	run terminal 'a session left open' '' -- devupd upgrade positron
	is_installed 2026.09.3
	document inside devupd upgrade --unattended --json
	outcome positron deferred
	reason session
	close_positron kcserver
	inside devupd finish
	is_installed 2026.10.0
}

@test "another person's program is seen by root, though not by who types" {
	vendor publish positron 2026.10.1-1
	inside install -m 0755 /bin/sleep /usr/share/positron/window
	as_ben sh -c 'exec setsid /usr/share/positron/window 1000 </dev/null >/dev/null 2>&1 3>&- &'
	run terminal 'Upgrade 1' y 'positron is open .ben' w -- devupd upgrade positron
	is_installed 2026.10.0
	close_positron
	inside devupd finish
	is_installed 2026.10.1
}

@test "on_running: proceed takes it, warn says so, defer asks nobody" {
	vendor publish positron 2026.10.2-1
	open_positron
	settings <<<"on_running: defer"
	run terminal 'Upgrade 1' y -- devupd upgrade positron
	is_installed 2026.10.1
	settings <<<"on_running: warn"
	run --separate-stderr inside devupd upgrade --unattended
	is_installed 2026.10.2
	says "is open (ana"
	vendor publish positron 2026.10.3-1
	settings <<<"on_running: proceed"
	inside devupd upgrade --unattended
	is_installed 2026.10.3
	inside rm /etc/devupd/conf.d/test.yaml
}

@test "--when-closed waits where somebody has it open, and installs where nobody has" {
	vendor publish positron 2026.11.0-1
	document inside devupd upgrade --when-closed --yes --json
	outcome positron deferred
	close_positron
	inside devupd finish
	is_installed 2026.11.0
	vendor publish positron 2026.11.1-1
	document inside devupd upgrade --when-closed --yes --json
	outcome positron updated
}

# opened_meanwhile VERSION CMD...: ana opens it while the package of that version comes in.
opened_meanwhile() {
	local package=cdn.posit.co/positron/releases/deb/x86_64/Positron-$1-x64.deb pid
	vendor publish positron "$1" --mib 2
	vendor rule slow "$package"
	shift
	inside "$@" >"$WORLD/document" 2>"$WORLD/words" </dev/null 3>&- &
	pid=$!
	eventually inside sh -c 'ls /var/cache/devupd/staging | grep .'
	open_positron
	wait "$pid"
	vendor rule none "$package"
	# shellcheck disable=SC2034 # is and says print it
	output=$(cat "$WORLD/document") stderr=$(cat "$WORLD/words")
}

@test "opened while its package is fetched, it is not pulled from under its user either" {
	opened_meanwhile 2026.11.1-2 devupd upgrade --unattended --json
	outcome positron deferred
	reason running
	is_installed 2026.11.1+1
	is waits 2026.11.1+2 "$(inside sqlite3 /var/lib/devupd/state.db 'select version from wait')"
	close_positron
	inside devupd finish
	is_installed 2026.11.1+2
	settings <<<"on_running: proceed"
	opened_meanwhile 2026.11.1-3 devupd upgrade --yes --when-closed --json
	outcome positron deferred
	close_positron
	inside devupd finish
	is_installed 2026.11.1+3
	settings <<<"on_running: warn"
	opened_meanwhile 2026.11.1-4 devupd upgrade --yes --json
	outcome positron updated
	says "is open (ana"
	close_positron
	inside rm /etc/devupd/conf.d/test.yaml
}

@test "a rollback that waits is one still: what it left does not come back" {
	open_positron
	document inside devupd rollback positron --yes --json
	outcome positron deferred
	close_positron
	document inside devupd finish --json
	outcome positron rolled-back
	is_installed 2026.11.1+3
	inside devupd upgrade --unattended
	is_installed 2026.11.1+3
	inside devupd unskip positron
}

@test "a typed version that waits is above a skip, and may be older" {
	open_positron
	inside devupd skip positron=2026.11.1+2
	document inside devupd install positron=2026.11.1-2 --yes --json
	outcome positron deferred
	close_positron
	document inside devupd finish --json
	outcome positron updated
	is_installed 2026.11.1+2
	inside devupd unskip positron
}

first_sight() {
	inside sqlite3 /var/lib/devupd/state.db \
		"select sha256 from digest where package = 'positron' and version = '2026.11.1+2'"
}

@test "other bytes that a person asked for wait, too; installed, they were seen first" {
	local first
	first=$(first_sight)
	vendor publish positron 2026.11.1-2 --mib 3
	open_positron
	document inside devupd install positron=2026.11.1-2 --yes --json
	exits 7
	says "devupd install positron=2026.11.1+2 --reinstall"
	document inside devupd install positron=2026.11.1-2 --reinstall --yes --json
	outcome positron deferred
	is "seen first" "$first" "$(first_sight)"
	close_positron
	document inside devupd finish --json
	exits 0
	outcome positron updated
	is_installed 2026.11.1+2
	is "seen first" "$(field 'of("positron").sha256')" "$(first_sight)"
	[ "$first" != "$(first_sight)" ]
	is "on record" "$first" "$(inside grep '"event":"result"' /var/log/devupd/audit.log | tail -n 1 | jq -r '.changes[0].from')"
	is waits "" "$(inside sqlite3 /var/lib/devupd/state.db 'select name from wait')"
}

@test "a hold keeps what waits; what was passed over waits no longer" {
	vendor publish positron 2026.11.2-1
	open_positron
	inside devupd upgrade --unattended
	close_positron
	inside devupd hold positron
	inside devupd finish
	is_installed 2026.11.1
	is waits positron "$(inside sqlite3 /var/lib/devupd/state.db 'select name from wait')"
	inside devupd unhold positron
	inside devupd skip positron=2026.11.2+1
	inside devupd finish
	is_installed 2026.11.1
	is waits "" "$(inside sqlite3 /var/lib/devupd/state.db 'select name from wait')"
	inside devupd unskip positron
}

@test "a young release is left alone, unless its version is typed" {
	settings <<<"cool_down: 3 days"
	document inside devupd check --json --exit-status
	outcome positron deferred
	reason cool-down
	exits 10
	run inside devupd upgrade --unattended
	is_installed 2026.11.1
	run as_ana devupd check
	says "devupd install positron=2026.11.2+1"
	inside devupd install --yes positron=2026.11.2+1
	is_installed 2026.11.2
}

@test "a name may have a cool-down of its own" {
	vendor publish positron 2026.12.0-1
	settings <<-'END'
		cool_down: 3 days
		updaters:
		  positron: {cool_down: 0}
	END
	document inside devupd upgrade --unattended --json
	outcome positron updated
}

@test "what finish installed is told, also where it can't go on record" {
	vendor publish positron 2026.12.1-1 --postinst "$log_no_more"
	open_positron
	inside devupd upgrade --unattended
	close_positron
	run inside devupd finish
	exits 1
	is_installed 2026.12.1
	says "2026.12.1+1  installed"
	says /var/log/devupd
	inside umount /var/log/devupd
}

# finish_begins: what waits is waited for, as its unit does.
finish_begins() {
	inside devupd upgrade --unattended
	inside sh -c 'setsid devupd finish positron >/root/finish.log 2>&1 </dev/null 3>&- &'
	eventually inside pgrep -x devupd
}
last_record() { inside tail -n 1 /var/log/devupd/audit.log | jq -r '"\(.event) \(.verb)"'; }
finish_has_looked() { [ "$(last_record)" = "run-end finish" ]; }

@test "opened again before its turn has come: it is waited for once more" {
	vendor publish positron 2026.12.2-1
	open_positron
	finish_begins
	hold_lock
	close_positron
	eventually it_waits_for_lock
	open_positron
	free_lock
	eventually finish_has_looked
	is_installed 2026.12.1
	close_positron
	eventually is_installed 2026.12.2
	eventually none_runs root devupd
}

# other_version FILE...: these programs are of another devupd from now on.
other_version() {
	inside sh -ec 'for f; do cp -p "$f" "$f.new"; LC_ALL=C sed -i "s/$0/${0%?}x/g" "$f.new"; mv "$f.new" "$f"; done' \
		"$(inside devupd version | cut -d " " -f 2)" "$@"
}
worker=/usr/libexec/devupd/devupd-worker

@test "devupd is upgraded while it waits: the one on disk installs" {
	vendor publish positron 2026.12.3-1
	inside cp -p /usr/bin/devupd $worker /root
	open_positron
	finish_begins
	other_version /usr/bin/devupd $worker
	close_positron
	eventually is_installed 2026.12.3
	eventually none_runs root devupd
	is waits "" "$(inside sqlite3 /var/lib/devupd/state.db 'select name from wait')"
	inside sh -c 'mv /root/devupd /usr/bin; mv /root/devupd-worker "$1"' - $worker
}

@test "a worker of another devupd is not set to work" {
	inside cp -p $worker /root
	other_version $worker
	document inside devupd check --json
	exits 1
	error_code positron worker
	says "this worker is devupd $(inside devupd version | cut -d " " -f 2 | sed 's/.$/x/')"
	inside mv /root/devupd-worker $worker
	inside devupd check
}

@test "finish is not for people, and needs root" {
	run as_ana devupd help
	[[ $output != *finish* ]]
	run as_ana devupd finish
	exits 9
}
