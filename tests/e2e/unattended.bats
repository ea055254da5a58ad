#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# As the timer runs it: nobody is asked, nothing is accepted for anybody.

load ../support/e2e
setup_file() {
	world_up
	inside apt-get -qq -y install \
		/srv/vendors/download1.rstudio.org/electron/jammy/amd64/rstudio-2026.08.1-195-amd64.deb
}
teardown_file() { world_down; }

@test "it accepts no licence" {
	document inside devupd install positron --unattended --json </dev/null
	exits 2
	outcome positron license
	document inside devupd upgrade --unattended --json
	exits 0
	outcome positron absent
	run ! inside dpkg-query -W positron
}

@test "what a person installed by hand is upgraded without asking" {
	inside apt-get -qq -y install /srv/vendors/cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.08.0-331-x64.deb
	vendor publish positron 2026.08.2-4
	document inside devupd upgrade --unattended --json </dev/null
	exits 0
	outcome positron updated
	is positron 2026.08.2+4-1755790000 "$(dpkg_version positron)"
}

@test "the first run's baseline, and what happened outside, are on record" {
	inside apt-get -qq -y --allow-downgrades install /srv/vendors/cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.08.0-331-x64.deb
	inside devupd upgrade --unattended
	inside jq -es 'any(.event == "baseline")' /var/log/devupd/audit.log
	inside jq -es 'any(.event == "outside" and .name == "positron")' /var/log/devupd/audit.log
	document inside devupd history --verify
	exits 0
}

@test "each record is chained to the one before" {
	local previous="" line
	inside cat /var/log/devupd/audit.log | while read -r line; do
		[ -z "$previous" ] || is prev "$previous" "$(jq -r .prev <<<"$line")"
		previous=$(printf %s "$line" | sha256sum | cut -d' ' -f1)
	done
	is mode "640 root adm" "$(inside stat -c '%a %U %G' /var/log/devupd/audit.log)"
}

@test "an audit log that can't be written: no change" {
	vendor publish positron 2026.09.1-2
	inside sh -c 'mv /var/log/devupd /var/log/away && touch /var/log/devupd'
	document inside devupd upgrade --unattended --json
	exits 1
	is positron 2026.08.2+4-1755790000 "$(dpkg_version positron)"
	inside sh -c 'rm /var/log/devupd && mv /var/log/away /var/log/devupd'
}
