#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Packages that gpg signed, on their way through a whole run.

load ../support/e2e
setup_file() {
	command -v gpg >/dev/null && command -v ar >/dev/null || lacking "gpg, binutils"
	world_up
	inside /srv/world/signed-packages /srv/signed acme 2.0
	inside install -d /srv/vendors/elsewhere.world.test/acme
}
teardown_file() { world_down; }

fingerprint() { inside cat "/srv/signed/$1.fpr"; }

# acme KEY REST: the recipe, with that key's fingerprint and the rest of `signature:`; its key file
# is put in place.
acme() {
	local fingerprint
	fingerprint=$(fingerprint "$1")
	inside tee /etc/devupd/recipes/acme.yaml >/dev/null <<-END
		name: acme
		kind: deb
		package: acme
		arch: [amd64]
		hosts: [elsewhere.world.test]
		sources:
		  - page: https://elsewhere.world.test/acme/
		    link: 'https://[^"<> ]*/acme_(?<version>[0-9.]+)_amd64\.deb'
		signature: {keys: [$fingerprint], $2}
	END
	inside sh -c 'rm -f /etc/devupd/keys/*; install -m 644 "/srv/signed/$1.asc" "/etc/devupd/keys/$2.asc"' \
		- "$1" "$fingerprint"
}

# publish HOW: the vendor offers this one of the signed packages, and its .asc if there is one.
publish() {
	inside sh -ec '
		cd /srv/vendors/elsewhere.world.test/acme
		rm -f ./*
		# nginx tells files of one size apart by the second of their change
		now=$(($(cat /srv/now 2>/dev/null || date +%s) + 1))
		echo $now >/srv/now
		cp "/srv/signed/$1.deb" acme_2.0_amd64.deb
		[ ! -e "/srv/signed/$1.deb.asc" ] || cp "/srv/signed/$1.deb.asc" acme_2.0_amd64.deb.asc
		echo "<a href=https://elsewhere.world.test/acme/acme_2.0_amd64.deb>" >index.html
		touch -d @$now ./*' - "$1"
}

# refused HOW [TEXT]: installing it ends so, and leaves nothing.
refused() {
	publish "$1"
	document inside devupd install acme --yes --json
	exits 7
	outcome acme failed
	error_code acme signature
	is step verify "$(field 'of("acme").error.step')"
	[ $# -lt 2 ] || says "$2"
	is "left behind" "" "$(inside find /var/cache/devupd -name 'acme*')"
	run ! inside dpkg-query -W acme
}

# accepted HOW: a look at the file says that it is signed.
accepted() {
	document inside devupd verify "/srv/signed/$1.deb" --as acme --json
	exits 0
	is "$1" signature "$(field .verified_by)"
}

# gone NAME: that key's folders hold it no more.
gone() { inside sh -c 'rm -f /etc/devupd/keys/*'; }

@test "in the package: what is not signed, not by the vendor, or no more, is refused" {
	local how
	acme vendor "policy: require"
	refused plain "it is not signed, and the recipe requires"
	refused other "another key than the recipe's"
	for how in other-origin swapped swapped-origin edited sha1 junk no-list twice-signed; do
		refused $how
	done
	acme expired "policy: require"
	refused expired "has expired"
	acme revoked "policy: require"
	refused revoked "was revoked"
}

@test "in the package: a member that nobody signed, before or after, and a list that does not fit" {
	acme vendor "policy: require"
	for how in extra-after extra-before extra-origin omits missing second-other same-name; do
		refused $how
	done
}

@test "prefer goes on without a signature, and without a key, but not with a bad one" {
	acme vendor "policy: prefer"
	refused other
	refused swapped
	refused extra-after
	document inside devupd verify /srv/signed/plain.deb --as acme --json
	exits 0
	says "it is not signed"
	is verified first-sight "$(field .verified_by)"
	gone vendor
	document inside devupd verify /srv/signed/builder.deb --as acme --json
	exits 0
	says "its signature is not checked: no key file /etc/devupd/keys/"
	acme vendor "policy: require"
	gone vendor
	document inside devupd verify /srv/signed/builder.deb --as acme --json
	exits 7
	says "no key file /etc/devupd/keys/$(fingerprint vendor).asc"
}

@test "a key that is required and not here is missed before anything is fetched" {
	acme vendor "policy: require"
	gone vendor
	forget_requests
	refused builder "into /etc/devupd/keys/$(fingerprint vendor).asc"
	is fetched 0 "$(bytes_of_packages)"
}

@test "detached: missing, another's, of other bytes: refused" {
	acme vendor "detached: 'https://elsewhere.world.test/acme/acme_\${raw_version}_amd64.deb.asc'"
	refused plain "the recipe requires one"
	refused other-detached "another key"
	refused swapped-detached "not what was signed"
	acme vendor "detached: 'https://packages.world.test/acme.asc'"
	forget_requests
	publish detached
	document inside devupd install acme --yes --json
	[ "$status" != 0 ]
	says "list of hosts"
	is "asked there" "" "$(requests ' packages.world.test ')"
}

@test "a key file that others may write is not believed" {
	acme vendor "policy: prefer"
	inside sh -c 'chmod 666 /etc/devupd/keys/*'
	refused builder "/etc/devupd/keys/"
}

@test "what the vendor signed is verified by its signature, for root and for a person" {
	acme vendor "policy: require"
	for how in builder origin both extra-listed; do
		accepted $how
	done
	document as_ana devupd verify /srv/signed/builder.deb --as acme --json
	exits 0
	is ana signature "$(field .verified_by)"
}

@test "signed, fetched, verified, installed; the record says by what" {
	acme vendor "detached: 'https://elsewhere.world.test/acme/acme_\${raw_version}_amd64.deb.asc', policy: require"
	publish detached
	inside devupd install -n acme
	forget_requests
	document inside devupd install acme --yes --json
	exits 0
	outcome acme installed
	is "asked for again, and unchanged" 304 "$(requests '\.deb\.asc ' | cut -d' ' -f1 | xargs)"
	is verified signature "$(field 'of("acme").verified_by')"
	is acme 2.0 "$(dpkg_version acme)"
	document inside devupd history --verify
	exits 0
	# without the key what is kept is neither believed nor given up
	gone vendor
	document inside devupd install acme=2.0 --reinstall --yes --json
	exits 7
	error_code acme signature
	is kept 1 "$(inside find /var/cache/devupd/packages -name 'acme*' | wc -l)"
}

@test "RStudio's key is named; where it is not in place the report says so" {
	document inside devupd install rstudio --yes --accept-license --json
	exits 0
	outcome rstudio installed
	says "it is not signed"
	inside test -d /etc/devupd/keys
	inside grep -q 8B65E5A107BBEFE3BA99C59751C0B5BB19F92D60 /usr/share/devupd/recipes/rstudio.yaml
}
