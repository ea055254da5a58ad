#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What the net may do to a run.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron rstudio --yes --accept-license
}
teardown_file() { world_down; }

github=github.com/posit-dev/positron/releases

@test "an unchanged second check transfers no page body" {
	inside devupd check
	forget_requests
	document inside devupd check --json
	exits 0
	is "pages sent in full" "" "$(requests '^200 GET')"
	[ "$(n_requests '^304 GET')" -ge 2 ]
}

@test "HTTP/2 is used where it is offered" {
	is "other protocols" "" "$(requests | grep -v HTTP/2.0)"
}

@test "a certificate that nobody vouches for is refused, and no option changes that" {
	vendor certificate stranger
	document inside devupd check --json
	exits 6
	error_code positron tls
	document inside env CURL_CA_BUNDLE=/srv/tls/stranger/ca.crt SSL_CERT_FILE=/srv/tls/stranger/ca.crt \
		SSL_CERT_DIR=/srv/tls/stranger devupd check --json
	exits 6
	vendor certificate world
}

@test "a dead source gives way to the next, and explain says why" {
	vendor rule 503 "$github"
	vendor publish positron 2026.08.2-4
	document inside devupd check positron --json
	exits 0
	outcome positron available
	is source https://cdn.posit.co/positron/releases/deb/x86_64/releases.json \
		"$(field 'of("positron").source')"
	document inside devupd explain positron
	exits 0
	says 503
	says "$github"
	vendor rule none "$github"
}

@test "a page without a link: the next source, and what was there is told" {
	inside sh -c "echo '<a href=/nothing>nothing</a>' >/srv/vendors/$github/index.html"
	document inside devupd check positron --json -v
	outcome positron available
	says 200
}

@test "a package that is announced but not there yet is pending, no error" {
	vendor withdraw positron 2026.08.2-4
	document inside devupd upgrade positron --yes --json
	exits 0
	outcome positron deferred
	is reason pending "$(field 'of("positron").reason')"
	is positron 2026.08.0+331-1755790327 "$(dpkg_version positron)"
}

@test "a candidate that is gone gives way to the next best" {
	vendor publish positron 2026.08.1-2
	vendor publish positron 2026.08.2-4
	vendor withdraw positron 2026.08.2-4
	document inside devupd check positron --json
	outcome positron available
	is positron 2026.08.1+2 "$(field 'of("positron").available')"
}

@test "a download that is stopped says what is kept, and goes on from there" {
	vendor publish positron 2026.09.0-9 --mib 20
	vendor rule slow cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.09.0-9-x64.deb
	document inside timeout -s TERM 4 devupd upgrade positron --yes
	says "MB kept, run again to continue"
	vendor rule none cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.09.0-9-x64.deb
	forget_requests
	document inside devupd upgrade positron --yes --json
	exits 0
	outcome positron updated
	is "resumed by range" 1 "$(n_requests '^206 GET .*range="bytes=[1-9]')"
}

@test "a download that was cut goes on where it ended" {
	vendor publish positron 2026.09.1-2 --mib 3
	vendor rule slow cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.09.1-2-x64.deb
	document inside sh -c 'devupd upgrade positron --yes --json >/root/out 2>/root/err & sleep 4;
		/srv/world/vendor cut; /srv/world/vendor rule none \
			cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.09.1-2-x64.deb; wait $!'
	[ "$status" = 0 ] || inside devupd upgrade positron --yes
	is positron 2026.09.1+2-1755789998 "$(dpkg_version positron)"
	[ "$(n_requests '^206 GET .*range="bytes=[1-9][0-9]*-')" -ge 1 ]
}

@test "offline: what is known already, and nobody is asked" {
	vendor publish rstudio 2026.08.2-200
	inside devupd check
	forget_requests
	document inside devupd check --offline --json
	exits 0
	outcome rstudio available
	document inside devupd check --offline
	says "as of today"
	is requests 0 "$(n_requests)"
}

@test "a vendor that can't be reached is no missing network: an error for the timer, too" {
	vendor down
	document inside devupd upgrade rstudio --unattended --json
	exits 6
	outcome rstudio failed
	vendor up
}

@test "no network at all: an error for a person, none for the timer" {
	vendor offline
	document inside devupd upgrade --unattended --json
	exits 0
	outcome rstudio deferred
	is reason offline "$(field 'of("rstudio").reason')"
	document inside devupd check
	exits 6
	vendor online
}
