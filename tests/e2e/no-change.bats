#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What looks only, changes nothing.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron rstudio --yes --accept-license
	vendor publish positron 2026.08.2-4
	vendor publish rstudio 2026.08.2-200
}
teardown_file() { world_down; }

# What a run could change: dpkg's mind, the record, the kept packages.
picture() {
	inside sh -c 'cat /var/lib/dpkg/status /var/log/devupd/* /var/log/dpkg.log; find /var/cache/devupd /etc -type f |
		sort | xargs sha256sum' | sha256sum
}

@test "dry-run tells all of it and changes nothing" {
	local before
	before=$(picture)
	forget_requests
	document inside devupd upgrade -n --json
	exits 0
	is dry_run true "$(field .dry_run)"
	outcome positron available
	document inside devupd install rstudio -n
	exits 0
	document inside devupd rollback positron -n
	is picture "$before" "$(picture)"
	is "bytes fetched" 0 "$(bytes_of_packages)"
}

@test "nor do check, list, show, explain, history, as root or not" {
	local before verb
	before=$(picture)
	for verb in check "check --all" list "show positron" "explain positron" history "history positron" help; do
		# shellcheck disable=SC2086
		document inside devupd $verb
		exits 0
		# shellcheck disable=SC2086
		document as_ana devupd $verb
		exits 0
	done
	is picture "$before" "$(picture)"
}

@test "download-only fetches, verifies and installs nothing; the upgrade then fetches nothing" {
	document inside devupd upgrade --download-only --yes --json
	exits 0
	outcome positron downloaded
	is positron 2026.08.0+331-1755790327 "$(dpkg_version positron)"
	forget_requests
	document inside devupd upgrade --yes --json
	exits 0
	outcome positron updated
	is "bytes fetched" 0 "$(bytes_of_packages)"
}

@test "explain --save keeps what the sources said" {
	inside devupd explain positron --save /root/saved
	inside sh -c 'grep -rql "Positron-2026.08.2-4-x64.deb" /root/saved'
}
