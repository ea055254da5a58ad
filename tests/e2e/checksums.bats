#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The digests that vendors publish, in each form that they have, and the packages that are not the
# ones they were made of.

load ../support/e2e
setup_file() {
	world_up
	recipe "checksum: {text: 'https://cdn.posit.co/tool/sums', policy: require}"
}
teardown_file() { world_down; }

# recipe LINE [PATTERN]: with this line in it; PATTERN finds the releases on the page.
recipe() { tool_recipe "${2:-(?<url>tool_(?<version>[0-9.]+)\.deb)}" "$1"; }

# publish VERSION: the package, and the page that has it.
publish() {
	vendor package tool "$1" "/srv/vendors/cdn.posit.co/tool/tool_$1.deb"
	echo "<a href=tool_$1.deb data-sum=$(sum 256 "$1")>" | vendor page cdn.posit.co/tool/index.html
}
sums() { vendor page cdn.posit.co/tool/sums; }

# sum BITS VERSION; in_base64 VERSION
sum() { inside sh -c "sha$1sum <\"\$1\" | cut -d' ' -f1" - "/srv/vendors/cdn.posit.co/tool/tool_$2.deb"; }
in_base64() {
	inside sh -c 'openssl dgst -sha512 -binary "$1" | base64 -w0' - "/srv/vendors/cdn.posit.co/tool/tool_$1.deb"
}
electron() { # VERSION BASE64: of that release's other file, too
	printf 'version: %s\nfiles:\n  - url: tool_%s.AppImage\n    sha512: %s\n  - url: tool_%s.deb
    sha512: %s\n    size: 1\npath: tool_%s.AppImage\nsha512: %s\n' \
		"$1" "$1" "$other" "$1" "$2" "$1" "$other"
}
other=$(head -c 64 /dev/zero | base64 -w0)

# refused CODE PART...: nothing is installed, each of these is in the message, nothing is left.
refused() {
	local code=$1 before kept part
	shift
	before=$(dpkg_version tool) kept=$(inside find /var/cache/devupd)
	document inside devupd upgrade tool --yes --json
	exits 7
	outcome tool failed
	error_code tool "$code"
	for part; do says "$part"; done
	is "dpkg's version" "$before" "$(dpkg_version tool)"
	is "left behind" "$kept" "$(inside find /var/cache/devupd)"
}

@test "electron-builder's file: shown, compared by worker and root, on record" {
	publish 1.0
	electron 1.0 "$(in_base64 1.0)" | sums
	document inside devupd install tool --dry-run
	says "SHA-512 from the vendor's checksums"
	document inside devupd check tool --all --json
	is sha256 null "$(field 'of("tool").sha256')"
	is "its place" checksums "$(field 'of("tool").sha256_from')"
	document inside devupd explain tool --json
	is sha512 "$(sum 512 1.0)" "$(jq -r .sha512 <<<"$output")"
	document inside devupd install tool --yes --json
	exits 0
	outcome tool installed
	is verified sha512 "$(field 'of("tool").verified_by')"
	is measured "$(sum 256 1.0)" "$(field 'of("tool").sha256')"
	is "its place" checksums "$(field 'of("tool").sha256_from')"
	document inside devupd history tool --json
	is "on record" "$(sum 256 1.0) checksums" \
		"$(jq -r '.records[] | select(.event == "result") | "\(.sha256) \(.sha256_from)"' <<<"$output")"
	inside cp /srv/vendors/cdn.posit.co/tool/tool_1.0.deb /root/
	document inside devupd verify /root/tool_1.0.deb --json
	exits 0
	is verified sha512 "$(jq -r .verified_by <<<"$output")"
	document inside devupd verify /root/tool_1.0.deb
	says "the vendor names the SHA-512 of the same bytes"
}

@test "a file in hand that is another one" {
	inside sh -c 'cp /root/tool_1.0.deb /root/other.deb; printf "\n" >>/root/other.deb'
	document inside devupd verify /root/other.deb --as tool
	exits 7
	says "has SHA-512"
	says "expected was $(sum 512 1.0)"
}

@test "another SHA-512 than the package has: refused, with both" {
	publish 1.1
	electron 1.1 "$other" | sums
	refused digest "has SHA-512 $(sum 512 1.1)" "expected was $(printf '0%.0s' {1..128})"
}

@test "a hostile file, or one that is torn, of another release, or of other files: refused" {
	printf 'x: &a [1]\nfiles:\n  - url: tool_1.1.deb\n    sha512: *a\n' | sums
	refused digest "no YAML"
	electron 1.1 "$(in_base64 1.1)" | head -n 5 | sums
	refused digest "requires it"
	electron 1.0 "$(in_base64 1.1)" | sed 's/1\.0\.deb/1.1.deb/' | sums
	refused digest "of version 1.0, looked for was 1.1"
	electron 1.1 "$(in_base64 1.1)" | sed 's/tool_1\.1\.deb/toool_1.1.deb/' | sums
	refused digest "no SHA-512 of tool_1.1.deb"
	{ electron 1.1 "$(in_base64 1.1)"; yes "# $other" | head -n 1000; } | sums
	refused digest "at most 65536"
	inside rm /srv/vendors/cdn.posit.co/tool/sums
	refused digest "404"
}

@test "each form: none is taken for another" {
	local form n=1 v bits verified
	for form in sha256 "sha256 bsd" "sha256 behind" "sha256 lone" sha512 "sha512 bsd" "sha512 behind" \
		"sha512 lone"; do
		n=$((n + 1)) v=2.$n bits=${form:3:3} verified=${form%% *}
		publish $v
		case $form in
		*bsd) printf 'SHA%s (tool_0.deb) = %s\nSHA%s (tool_%s.deb) = %s\n' "$bits" "$(sum "$bits" 1.0)" \
			"$bits" "$v" "$(sum "$bits" "$v")" ;;
		*behind) printf 'tool_0.deb %s\ntool_%s.deb %s\n' "$(sum "$bits" 1.0)" "$v" "$(sum "$bits" "$v")" ;;
		*lone) sum "$bits" "$v" ;;
		*) printf '%s  tool_0.deb\n%s *./out/tool_%s.deb\n' "$(sum "$bits" 1.0)" "$(sum "$bits" "$v")" "$v" ;;
		esac | sums
		document inside devupd upgrade tool --yes --json
		outcome tool updated
		is "$form" "$verified" "$(field 'of("tool").verified_by')"
		is "$form" $v "$(dpkg_version tool)"
	done
}

@test "JSON, by a pointer" {
	recipe "checksum: {json: 'https://cdn.posit.co/tool/sums', at: '/\${version}/0/sum', policy: require}"
	publish 3.0
	printf '{"3.0": [{"sum": "%s"}], "2.0": [{"sum": "%s"}]}' "$(in_base64 3.0)" "$other" | sums
	document inside devupd upgrade tool --yes --json
	outcome tool updated
	is verified sha512 "$(field 'of("tool").verified_by')"
}

@test "the person's agreement goes with the digest through sudo" {
	vendor sudo nopasswd
	publish 3.1
	printf '{"3.1": [{"sum": "%s"}]}' "$(in_base64 3.1)" | sums
	run terminal '\[Y/n\]' y -- devupd upgrade tool
	exits 0
	says_not "you agreed to"
	is tool 3.1 "$(dpkg_version tool)"
}

@test "two places that differ: refused, both named" {
	recipe "checksum: {text: 'https://cdn.posit.co/tool/sums'}" \
		'(?<url>tool_(?<version>[0-9.]+)\.deb) data-sum=(?<sha256>[0-9a-f]+)'
	publish 4.0
	printf '%s  tool_4.0.deb\n' "$(sum 256 1.0)" | sums
	refused digest "https://cdn.posit.co/tool/ says $(sum 256 4.0)" \
		"https://cdn.posit.co/tool/sums says $(sum 256 1.0)"
	# SHA-256 is right, SHA-512 is not: both are compared
	printf '%s  tool_4.0.deb\n' "$(sum 512 1.0)" | sums
	refused digest "expected was $(sum 512 1.0)"
	printf '%s  tool_4.0.deb\n' "$(sum 512 4.0)" | sums
	document inside devupd upgrade tool --yes --json
	outcome tool updated
	is verified sha512 "$(field 'of("tool").verified_by')"
}
