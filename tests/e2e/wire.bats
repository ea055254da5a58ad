#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What stands between: certificates, redirects and answers that lie. Each is refused, by a message
# that says which it was.
# shellcheck disable=SC2154

load ../support/e2e
page=github.com/posit-dev/positron/releases
deb=cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.08.2-4-x64.deb
setup_file() {
	world_up
	inside apt-get -qq -y install /srv/vendors/cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.08.0-331-x64.deb
	vendor publish positron 2026.08.2-4
	inside cp /srv/world/nginx.conf /srv/nginx.conf.before
	make_certificates
}
teardown_file() { world_down; }

# certificate NAME [FAKETIME...] -- OPENSSL-X509-OPTION...: by the world's CA, unless it says otherwise.
make_certificates() {
	inside bash -ec '
		cd /srv/tls
		names=$(openssl x509 -in world/crt -noout -ext subjectAltName | tail -n 1 | tr -d " ")
		sign() { # NAME SAN OPTION...
			local name=$1 san=$2
			shift 2
			mkdir -p "$name"
			cp world/key world/request "$name/"
			"$@" openssl x509 -req -in "$name/request" -days 30 -CA world/ca.crt -CAkey world/ca.key \
				-CAcreateserial -out "$name/crt" -extfile <(echo "subjectAltName=$san") 2>/dev/null
		}
		sign expired "$names" faketime "2020-01-01 00:00:00"
		sign early "$names" faketime "2099-01-01 00:00:00"
		sign other-name DNS:other.example env
		mkdir -p self-signed
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=self \
			-addext "subjectAltName=$names" -keyout self-signed/key -out self-signed/crt 2>/dev/null'
}
# server TEXT...: sed of the vendors' server, from what it is.
server() {
	inside sh -ec 'cp /srv/nginx.conf.before /srv/world/nginx.conf; for s; do sed -i "$s" /srv/world/nginx.conf; done' - "$@"
	vendor certificate world
}
# leads FROM TO: a redirect.
leads() { inside sh -c 'printf "\"%s\" \"%s\";\n" "$1" "$2" >>/srv/rules/moved.map' - "$1" "$2"; }
leads_nowhere() { inside truncate -s 0 /srv/rules/moved.map; vendor certificate world; }
says_of_positron() {
	local text
	text=$(field 'of("positron").error.text')
	[[ $text == *"$1"* ]] || { echo "no '$1' in: $text" >&2; return 1; }
}

@test "certificates: expired, not yet valid, another name, self-signed, nobody's" {
	local name
	local -A words=([expired]="has expired" [early]="not valid yet" [other-name]="for another name"
		[self-signed]="self-signed" [stranger]="unknown authority")
	for name in "${!words[@]}"; do
		vendor certificate "$name"
		document inside devupd check positron --json
		exits 6
		error_code positron tls
		says_of_positron "${words[$name]}"
	done
	vendor certificate world
}

@test "an old protocol" {
	server 's/ssl_protocols .*/ssl_protocols TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;/'
	document inside devupd check positron --json
	exits 6
	error_code positron tls
	says_of_positron "old TLS protocol"
	server
}

@test "a redirect to http, to another host, to an address, with a password: not one is asked there" {
	local target
	for target in "http://$page" https://elsewhere.world.test/x https://127.0.0.1/x https://user:secret@cdn.posit.co/x \
		//elsewhere.world.test/x ftp://cdn.posit.co/x file:///etc/passwd; do
		leads_nowhere
		leads "$deb" "$target"
		vendor certificate world
		forget_requests
		document inside devupd upgrade positron --yes --json
		[ "$(field 'of("positron").outcome')" = failed ] || { echo "$target: $output" >&2; return 1; }
		is "asked there ($target)" "" "$(requests 'elsewhere.world.test|127.0.0.1 ')"
		[[ $output$stderr != *secret* ]]
		is version 2026.08.0+331-1755790327 "$(dpkg_version positron)"
	done
	leads_nowhere
}

@test "a circle of redirects, and a chain without end" {
	local i
	leads "$deb" "https://$deb"
	vendor certificate world
	document inside devupd upgrade positron --yes --json
	error_code positron redirect
	leads_nowhere
	leads "$deb" "https://cdn.posit.co/positron/0"
	for i in {0..20}; do leads "cdn.posit.co/positron/$i" "https://cdn.posit.co/positron/$((i + 1))"; done
	vendor certificate world
	document inside devupd upgrade positron --yes --json
	error_code positron redirect
	leads_nowhere
}

@test "a relative redirect on the same host is followed" {
	inside sh -c 'cd /srv/vendors/cdn.posit.co/positron && ln -s releases/deb/x86_64/Positron-2026.08.2-4-x64.deb moved.deb'
	leads "$deb" "/positron/moved.deb"
	vendor certificate world
	document inside devupd upgrade positron --yes --json
	outcome positron updated
	leads_nowhere
}

@test "a page where a package should be: a portal, said so" {
	vendor publish positron 2026.09.1-2
	inside sh -c 'echo "<!DOCTYPE html><html><title>Welcome to the hotel</title></html>" \
		>/srv/vendors/cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.09.1-2-x64.deb'
	document inside devupd upgrade positron --yes --json
	outcome positron failed
	says_of_positron "web page where a package should be"
}

@test "a page that never ends, and one that swells" {
	vendor publish positron 2026.09.1-2
	inside sh -c 'head -c 20000000 /dev/zero >/srv/vendors/github.com/posit-dev/positron/releases/index.html'
	document inside devupd explain positron --json
	[[ $output == *too-big* || $output == *"too big"* || $output == *"more than"* ]]
	is version 2026.08.2+4-1755790000 "$(dpkg_version positron)"
	document inside devupd check positron --json
	outcome positron available
	[[ $(field 'of("positron").source') != *github.com* ]]
	vendor publish positron 2026.09.1-2
}

@test "a vendor that sends a byte now and then is given up" {
	inside sh -c 'umask 022; echo "timeout: 2 s" >/etc/devupd/conf.d/test.yaml'
	vendor publish positron 2026.09.2-1 # not what is kept from before
	vendor rule crawl "$page"
	document inside timeout 60 devupd check positron --json
	exits 0
	outcome positron available
	[[ $(field 'of("positron").source') != *github.com* ]]
	vendor rule none "$page"
	inside rm /etc/devupd/conf.d/test.yaml
}

@test "a page that stops, and a package: no byte for so long" {
	inside sh -c 'umask 022; echo "stall: 2 s" >/etc/devupd/conf.d/test.yaml'
	vendor publish positron 2026.09.2-2
	vendor moody $page "stall 50"
	document inside timeout 60 devupd explain positron
	exits 0
	says "no byte came for 2 s"
	says "2026.09.2+2: taken"
	vendor rule none $page
	local file=${deb%/*}/Positron-2026.09.2-2-x64.deb
	vendor moody "$file" "" "stall 5000" "stall 5000"
	document inside timeout 100 devupd upgrade positron --yes --json
	[ "$status" = 6 ]
	error_code positron stalled
	says_of_positron "no byte came for 2 s (tried 2 times in"
	says_of_positron "kept, run again to continue"
	vendor rule none "$file"
	inside rm /etc/devupd/conf.d/test.yaml
}

@test "another port is asked only where it is on the list" {
	local file=${deb%/*}/Positron-2026.09.2-3-x64.deb before
	vendor publish positron 2026.09.2-3
	before=$(dpkg_version positron)
	inside sh -c 'cp "/srv/vendors/$1" /srv/vendors/cdn.posit.co/positron/port.deb' - "$file"
	leads "$file" "https://cdn.posit.co:8443/positron/port.deb"
	server 's/listen 443/listen 8443 ssl http2; listen 443/'
	forget_requests
	document inside devupd upgrade positron --yes --json
	outcome positron failed
	is "asked there" "" "$(requests ' /positron/port.deb ')"
	is version "$before" "$(dpkg_version positron)"
	inside sh -c "umask 022; echo 'updaters: {positron: {hosts: [cdn.posit.co, \"cdn.posit.co:8443\"]}}' >/etc/devupd/conf.d/test.yaml"
	document inside devupd upgrade positron --yes --json
	exits 0
	outcome positron updated
	[ "$(n_requests '^200 GET .* /positron/port.deb ')" = 1 ]
	inside rm /etc/devupd/conf.d/test.yaml
	leads_nowhere
	server
	vendor publish positron 2026.10.1-1
}

@test "no name, nobody there" {
	inside sh -c 'cp /etc/hosts /root/hosts; sed -i "s/github.com//g; s/cdn.posit.co//; s/ positron.posit.co//" /etc/hosts'
	document inside devupd check positron --json
	exits 6
	error_code positron network
	says_of_positron "DNS"
	inside cp /root/hosts /etc/hosts
	vendor down
	document inside devupd check positron --json
	exits 6
	error_code positron network
	vendor up
}

@test "IPv6 leads nowhere, IPv4 does" {
	inside sh -c 'echo "2001:db8::1 github.com cdn.posit.co positron.posit.co" >>/etc/hosts; ip -6 route add blackhole 2001:db8::/32 || true'
	document inside timeout 60 devupd check positron --json
	exits 0
	outcome positron available
	inside sh -c 'cp /root/hosts /etc/hosts'
}
