#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The main job from end to end: found, checked, fetched, installed, logged, taken back.

load ../support/e2e
setup_file() { world_up; }
teardown_file() { world_down; }

@test "nothing installed: check says absent and asks nobody" {
	document inside devupd check --json
	exits 0
	outcome positron absent
	outcome rstudio absent
	is requests 0 "$(n_requests)"
}

@test "the licence is not accepted: nothing is fetched, the command that would is named" {
	document inside devupd install positron --yes --json
	exits 2
	outcome positron license
	document inside devupd install positron --yes
	exits 2
	says "accept-license positron"
	is "bytes fetched" 0 "$(bytes_of_packages)"
	run ! inside dpkg-query -W positron
}

@test "accepted once, on record" {
	document inside devupd accept-license positron --yes
	exits 0
	says https://positron.posit.co/licensing.html
	document inside devupd install positron rstudio --yes --json
	exits 0
	outcome positron installed
	outcome rstudio installed
	is "digest of positron" sha256 "$(field 'of("positron").verified_by')"
	is positron 2026.08.0+331-1755790327 "$(dpkg_version positron)"
	is rstudio 2026.08.1+195 "$(dpkg_version rstudio)"
}

@test "all is current: no second download, no page body" {
	forget_requests
	document inside devupd check --json
	exits 0
	outcome positron current
	outcome rstudio current
	forget_requests
	document inside devupd upgrade --yes --json
	exits 0
	document inside devupd install positron --yes --json
	exits 0
	outcome positron current
	is "bytes fetched" 0 "$(bytes_of_packages)"
	is "pages sent in full" "" "$(requests '^200 GET')"
}

@test "new versions are published, and found" {
	vendor publish positron 2026.08.2-4
	vendor publish rstudio 2026.08.2-200
	document inside devupd check --json
	exits 0
	outcome positron available
	outcome rstudio available
	is positron 2026.08.2+4 "$(field 'of("positron").available')"
	is rstudio 2026.08.2+200 "$(field 'of("rstudio").available')"
	document inside devupd check
	says "devupd upgrade"
	says 2026.08.2+4
}

@test "upgrade installs both in one transaction" {
	document inside devupd upgrade --yes --json
	exits 0
	outcome positron updated
	outcome rstudio updated
	is positron 2026.08.2+4-1755790000 "$(dpkg_version positron)"
	is rstudio 2026.08.2+200 "$(dpkg_version rstudio)"
	is transactions 1 "$(inside tail -n 6 /var/log/apt/history.log | grep -c '^Upgrade: .*positron.*rstudio\|^Upgrade: .*rstudio.*positron')"
}

@test "rollback brings the kept version back, without the network" {
	forget_requests
	document inside devupd rollback positron --yes --json
	exits 0
	outcome positron rolled-back
	is positron 2026.08.0+331-1755790327 "$(dpkg_version positron)"
	is "bytes fetched" 0 "$(bytes_of_packages)"
}

@test "what was left is not offered again, until a newer one appears" {
	document inside devupd upgrade --yes --json
	exits 0
	outcome positron skipped
	is positron 2026.08.0+331-1755790327 "$(dpkg_version positron)"
	vendor publish positron 2026.09.1-2
	document inside devupd check --json positron
	outcome positron available
	is positron 2026.09.1+2 "$(field 'of("positron").available')"
	vendor withdraw positron 2026.09.1-2
	inside devupd unskip positron
	document inside devupd check --json positron
	is positron 2026.08.2+4 "$(field 'of("positron").available')"
}

@test "history names each change, and verifies" {
	document inside devupd history
	exits 0
	says rolled-back
	says 2026.08.2+200
	says "accepted the licence Elastic-2.0"
	says "nothing to look after was there"
	document inside devupd history --verify
	exits 0
}

@test "a tampered log is noticed" {
	inside sed -i '2s/baseline\|run-start\|intent\|result\|run-end/invented/' /var/log/devupd/audit.log
	document inside devupd history --verify
	exits 1
}
