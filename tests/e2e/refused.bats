#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Packages that are not what was promised are never installed.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron rstudio --yes --accept-license
}
teardown_file() { world_down; }

# refused CODE OPTION...: positron's next version, published so, is refused for this reason.
refused() {
	local code=$1 before
	shift
	before=$(dpkg_version positron)
	vendor publish positron 2026.08.2-4 "$@"
	document inside devupd upgrade positron --yes --json
	exits 7
	outcome positron failed
	error_code positron "$code"
	is step verify "$(field 'of("positron").error.step' | sed s/fetch/verify/)"
	is "dpkg's version" "$before" "$(dpkg_version positron)"
	is "left behind" "" "$(inside find /var/cache/devupd/packages -name '*2026.08.2*')"
}

@test "another package's name" {
	refused name --package rstudio
	says "holds the package rstudio, expected was positron"
}

@test "another architecture" {
	refused architecture --arch arm64
	says "is for arm64, this computer is amd64"
}

@test "another version" {
	refused version --control 2026.07.0+1-1755790000
	says "is version 2026.07.0+1-1755790000, expected was 2026.08.2+4"
}

@test "another digest" {
	local file=/srv/vendors/cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.08.2-4-x64.deb
	refused digest --digest "$(printf 'b%.0s' {1..64})"
	says "has SHA-256 $(inside sha256sum $file | cut -d' ' -f1), expected was bbbbbbbb"
}

@test "essential, protected or important: nobody could remove it again" {
	local field
	for field in Essential Protected Important; do
		refused policy --field "$field: yes"
		says "essential or protected"
	done
}

@test "no .deb at all" {
	vendor publish positron 2026.08.2-4
	inside sh -c 'head -c 100000 /dev/urandom >/srv/vendors/cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.08.2-4-x64.deb'
	document inside devupd upgrade positron --yes --json
	exits 7
	error_code positron structure
}

@test "a wrong package is dropped at its head, not after all of it" {
	forget_requests
	vendor publish positron 2026.08.2-4 --package other --mib 40
	document inside devupd upgrade positron --yes --json
	exits 7
	[ "$(bytes_of_packages)" -lt 20000000 ]
}

@test "other bytes under a version already seen raise an alarm" {
	vendor publish positron 2026.08.2-4
	inside devupd upgrade positron --yes
	inside devupd rollback positron --yes
	inside devupd unskip positron
	inside devupd clean --keep 0
	vendor publish positron 2026.08.2-4
	document inside devupd upgrade positron --yes --json
	error_code positron changed-bytes
	exits 7
}

@test "a host that is not on the list is not even asked" {
	inside tee /etc/devupd/recipes/positron.yaml >/dev/null <<-'END'
		name: positron
		title: Positron
		kind: deb
		package: positron
		arch: [amd64]
		hosts: [cdn.posit.co]
		sources:
		  - page: https://github.com/posit-dev/positron/releases
		    link: 'https://elsewhere\.world\.test/Positron-(?<version>[0-9.]+-[0-9]+)\.deb'
		version: {rewrite: ['s/-([0-9]+)$/+$1/'], installed: ['s/-[0-9]{9,}$//']}
	END
	inside sh -c 'echo "<a href=https://elsewhere.world.test/Positron-2026.10.0-297.deb>" \
		>/srv/vendors/github.com/posit-dev/positron/releases/index.html'
	forget_requests
	document inside devupd upgrade positron --yes --json
	outcome positron failed
	says "list of hosts"
	is "asked there" "" "$(requests ' elsewhere.world.test ')"
}
