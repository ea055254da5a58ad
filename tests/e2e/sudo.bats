#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Root is asked for as late as can be.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install rstudio --yes
	inside apt-get -qq -y install \
		/srv/vendors/cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.08.0-331-x64.deb
	vendor sudo password
}
teardown_file() { world_down; }

@test "check asks for no password" {
	run terminal -- devupd check
	exits 0
	is sudo 0 "$(n_sudo)"
}

@test "nor does an upgrade when all is current" {
	run terminal -- devupd upgrade
	exits 0
	is sudo 0 "$(n_sudo)"
}

@test "dry-run neither" {
	vendor publish rstudio 2026.08.2-200
	vendor publish positron 2026.08.2-4
	run terminal -- devupd upgrade -n
	exits 0
	is sudo 0 "$(n_sudo)"
}

@test "answered no: nothing is done, exit 1, no password" {
	run terminal '\[Y/n\]' n -- devupd upgrade
	exits 1
	is sudo 0 "$(n_sudo)"
	is rstudio 2026.08.1+195 "$(dpkg_version rstudio)"
}

@test "a refused password: exit 9" {
	run terminal '\[Y/n\]' y '(?i)password' wrong '(?i)password' wrong '(?i)password' wrong -- \
		devupd upgrade
	exits 9
	is rstudio 2026.08.1+195 "$(dpkg_version rstudio)"
	inside rm -f /var/log/sudo.log
}

@test "two updates: one question, one password" {
	run terminal '\[Y/n\]' y '(?i)password' secret -- devupd upgrade
	exits 0
	is sudo 1 "$(n_sudo)"
	is rstudio 2026.08.2+200 "$(dpkg_version rstudio)"
	is positron 2026.08.2+4-1755790000 "$(dpkg_version positron)"
	inside grep -q 'COMMAND=/usr/bin/devupd' /var/log/sudo.log
}

@test "the record names the person" {
	is "sudo_user" ana "$(inside tail -n 1 /var/log/devupd/audit.log | jq -r .sudo_user)"
}

# to_file COMMAND...: ana on a terminal, and the document goes elsewhere; $output is what it holds.
to_file() {
	run terminal '(?i)password' secret -- sh -c 'devupd "$@" >/home/ana/document' - "$@"
	output=$(as_ana cat document)
}

@test "what is only put on record: root's document is the person's, also where it failed" {
	to_file hold rstudio --json --reason why
	exits 0
	is document "devupd/1 hold 0 null" "$(field '"\(.schema) \(.verb) \(.exit) \(.error)"')"
	[[ $(field .text) == "rstudio is held"* ]]
	to_file unhold rstudio --json
	exits 0
	to_file hold nosuch --json
	exits 2
	is document "devupd/1 hold 2 usage null" "$(field '"\(.schema) \(.verb) \(.exit) \(.error.code) \(.text)"')"
	inside rm -f /var/log/sudo.log
}

@test "without a terminal: what needs root is left, exit 9" {
	vendor publish rstudio 2026.09.0-174
	vendor sudo nopasswd
	document as_ana devupd upgrade --yes --json
	exits 9
	is rstudio 2026.08.2+200 "$(dpkg_version rstudio)"
}

@test "--no-sudo on a terminal asks nothing, since nothing can follow" {
	run terminal -- devupd upgrade --no-sudo
	exits 9
	says "sudo devupd upgrade"
	run ! grep -F '[Y/n]' <<<"$output"
}

# hang_up WHAT: ana says yes; when root's part works, on what crawls, WHAT is done to hers.
hang_up() {
	vendor publish rstudio 2026.10.0-11
	vendor rule crawl download1.rstudio.org/electron/jammy/amd64/rstudio-2026.10.0-11-amd64.deb
	run as_ana expect -c "set timeout 30
		spawn -noecho devupd upgrade rstudio
		expect -re {\[Y/n\]} { send \"y\r\" }
		while {[catch {exec pgrep -u _devupd}]} { after 100 }
		after 1500
		$1
		lassign [wait] pid id os_error status
		exit \$status"
}

# The record of a run that a signal ended; nothing is left that works on.
is_over() {
	eventually none_runs root,ana,_devupd devupd devupd-worker sudo
	is rstudio "$1" "$(dpkg_version rstudio)"
	is "the last record" run-end "$(inside tail -n 1 /var/log/devupd/audit.log | jq -r .event)"
}

@test "a closed terminal ends the run behind sudo, too" {
	local before
	before=$(dpkg_version rstudio)
	hang_up close
	is_over "$before"
}

@test "so does a signal to the half that asked, also where sudo has a terminal of its own" {
	local before
	before=$(dpkg_version rstudio)
	hang_up 'exec kill -TERM [exp_pid]; expect eof'
	exits 143
	is_over "$before"
	inside sh -c 'echo "Defaults use_pty" >/etc/sudoers.d/pty; chmod 440 /etc/sudoers.d/pty'
	hang_up 'exec kill -TERM [exp_pid]; expect eof'
	exits 143
	is_over "$before"
	inside rm /etc/sudoers.d/pty
	vendor rule none download1.rstudio.org/electron/jammy/amd64/rstudio-2026.10.0-11-amd64.deb
}

@test "the licence is asked for once, on a terminal" {
	inside apt-get -qq -y remove --purge positron
	run terminal '(?i)licen[cs]e.*\[y/N\]' n -- devupd install positron
	exits 2
	run ! inside dpkg-query -W positron
}

@test "what a person alone may do leaves root's things alone" {
	run as_ana devupd check
	exits 0
	as_ana test -d /home/ana/.local/state/devupd
	is "files of others at home" "" "$(inside find /home/ana -not -user ana)"
}

@test "all that was given goes through sudo: clean -n drops nothing" {
	local before
	before=$(inside ls /var/cache/devupd/packages)
	[ -n "$before" ]
	run terminal -- devupd clean -n --keep 0
	exits 0
	says "would drop"
	is "kept packages" "$before" "$(inside ls /var/cache/devupd/packages)"
}

@test "a relative --config leads root to the same file" {
	inside sh -c 'echo "keep_packages: 0" >/home/settings.yaml'
	run terminal -- devupd clean -n --config ../settings.yaml
	exits 0
	says "would drop"
	run terminal -- devupd clean -n --config ../none.yaml
	exits 5
	says "can't find ../none.yaml"
}

@test "skip takes no dry-run: it would have nothing to show" {
	run inside devupd skip rstudio -n
	exits 2
	says "devupd skip takes no --dry-run"
	run inside devupd skip rstudio=1.0 --dry-run
	exits 2
}

@test "--no-sudo on a terminal asks for what is the person's own, and for that alone" {
	local before
	before=$(n_sudo)
	as_ana sh -c 'python3 -m venv ~/before && mv ~/before ~/venv'
	run terminal '\[Y/n\]' n -- devupd upgrade --no-sudo
	exits 1
	says "Repair 1?"
	run ! as_ana /home/ana/venv/bin/pip --version
	run terminal 'Repair 1\?' y -- devupd upgrade --no-sudo
	exits 9
	as_ana /home/ana/venv/bin/pip --version
	is rstudio 2026.08.2+200 "$(dpkg_version rstudio)"
	is sudo "$before" "$(n_sudo)"
}
