#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# doctor on a real systemd: does anything run by itself, and how did it end?

load ../support/e2e
setup_file() {
	machine_up
	inside dpkg -i /srv/world/devupd.deb
}
teardown_file() { machine_down; }

doctor() { document inside devupd doctor --offline --json; }
# finding ID FIELD
finding() { jq -r --arg id "$1" "[.checks[] | select(.id == \$id)][0].$2" <<<"$output"; }

@test "the timer waits for its time, and nothing has failed" {
	doctor
	exits 0
	is "timer" ok "$(finding timer state)"
	[[ $(finding timer evidence) == "enabled, next t"* ]] # today or tomorrow
	is "service" ok "$(finding service state)"
}

@test "a person is told the same" {
	document as_ana devupd doctor --offline --json
	is "timer" ok "$(finding timer state)"
}

@test "the timer is switched off: what doctor says switches it on" {
	inside systemctl disable --now devupd.timer
	doctor
	exits 0
	is "timer" warning "$(finding timer state)"
	is "mending" "sudo systemctl enable --now devupd.timer" "$(finding timer mend)"
	inside sh -c "$(finding timer mend)"
	doctor
	is "timer" ok "$(finding timer state)"
}

@test "the timer's last run has failed" {
	inside sh -c 'echo "jbos: 1" >/etc/devupd/conf.d/wrong.yaml'
	run inside systemctl start --wait devupd.service
	[ "$status" != 0 ]
	inside rm /etc/devupd/conf.d/wrong.yaml
	doctor
	exits 0
	is "service" warning "$(finding service state)"
	[[ $(finding service evidence) == *"devupd.service has failed: exit-code"* ]]
	run inside sh -c "$(finding service mend)"
	[[ $output == *jbos* ]]
	inside systemctl start --wait devupd.service
	doctor
	is "service" ok "$(finding service state)"
}
