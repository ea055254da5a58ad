#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What may pass is tried again, as often and as late as is decent; what lasts is asked for once.
# shellcheck disable=SC2154

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron rstudio --yes --accept-license
	vendor publish positron 2026.08.2-4
}
teardown_file() { world_down; }

page=github.com/posit-dev/positron/releases
folder=cdn.posit.co/positron/releases/deb/x86_64

# asked STATUS...: what the page answered, in this order, and no more.
asked() { is "answers" "$*" "$(requests ' github.com /posit-dev/positron/releases ' | cut -d' ' -f1 | xargs)"; }
# of_package: how it was asked for, ranges and all.
of_package() { requests "^[0-9]+ GET .*/$1 " | sed -E 's/^([0-9]+) .*range="([^"]*)".*/\1 \2/' | xargs; }

setup() { forget_requests; }

@test "503 twice, then the page: it is asked three times, and taken" {
	vendor moody $page 503 503
	document inside devupd check positron --json -v
	exits 0
	outcome positron available
	is source https://$page "$(field 'of("positron").source')"
	asked 503 503 200
	says "positron: https://$page answers 503 Service Unavailable; trying again in"
	says "(2 of 3)"
	says "(3 of 3)"
	says_not "(4 of 3)"
}

@test "a short wait is told to those who ask for it alone" {
	vendor moody $page 500
	document inside devupd check positron
	exits 0
	asked 500 304
	says_not "trying again"
}

@test "each of 500, 502, 503, 504 and 429" {
	local code
	for code in 500 502 503 504 429; do
		forget_requests
		vendor moody $page $code
		document inside devupd check positron --json
		exits 0
		asked $code 304
	done
}

@test "503 without an end: three times, then the next source, and explain says how often and how long" {
	vendor rule 503 $page
	document inside devupd explain positron
	exits 0
	asked 503 503 503
	says "answers 503 Service Unavailable (tried 3 times in"
	forget_requests
	document inside devupd check positron --json
	outcome positron available
	is source https://$folder/releases.json "$(field 'of("positron").source')"
	asked 503 503 503
	vendor rule none $page
}

@test "what lasts is asked for once: 4xx, 501" {
	local code
	for code in 400 401 403 404 408 410 418 451 501; do
		forget_requests
		vendor moody $page $code
		document inside devupd check positron --json -v
		exits 0
		asked $code
		says_not "trying again"
		vendor rule none $page
	done
}

@test "Retry-After is obeyed to the second, and a long wait told to everybody" {
	vendor moody $page "429 Retry-After: 4"
	document inside devupd check positron
	exits 0
	asked 429 304
	says "answers 429 Too Many Requests; trying again in 4.0 s (2 of 3)"
}

@test "Retry-After as a date" {
	vendor moody $page "503 Retry-After: $(date -u -d '+5 seconds' '+%a, %d %b %Y %T GMT')"
	document inside devupd check positron
	exits 0
	asked 503 304
	[[ $stderr =~ "trying again in "[345]"." ]]
}

@test "a server that asks for more time than a run has is given up at once, in its words" {
	vendor moody $page "503 Retry-After: 7200"
	document inside devupd explain positron
	exits 0
	asked 503
	says "answers 503 Service Unavailable (it asks to wait 2 h 0 min, longer than a run waits)"
}

@test "others go on while one waits" {
	vendor moody $page "429 Retry-After: 4"
	document inside devupd check --json --jobs 1
	exits 0
	outcome positron available
	outcome rstudio current
	asked 429 304
	local order
	order=$(requests ' GET ' | awk '$4 == "github.com" { print "waiting" } $4 == "posit.co" || $4 == "docs.posit.co" { print "other" }' | uniq | xargs)
	# all of the other's lies between the two: or before both, as it happens
	[[ $order == *"other waiting" ]] || { echo "$order" >&2; return 1; }
}

@test "a page that is cut in the middle is asked for again, whole" {
	vendor publish positron 2026.08.2-4 # else it would be a 304
	vendor moody $page "cut 100" "cut 50"
	document inside devupd check positron --json -v
	exits 0
	is source https://$page "$(field 'of("positron").source')"
	asked 200 200 200
	says "trying again in"
}

@test "a package that is cut goes on by range, again and again" {
	local file=Positron-2026.08.2-4-x64.deb
	vendor moody $folder/$file "" "cut 400000" "cut 300000" "503" # the first asks for its head
	document inside devupd upgrade positron --yes --json -v
	exits 0
	outcome positron updated
	is "ranges" "200 - 206 bytes=400000- 503 bytes=700000- 206 bytes=700000-" "$(of_package $file)"
	says "(2 of 4)"
	says "(3 of 4)"
	says "(4 of 4)"
	vendor rule none $folder/$file
}

@test "a package that is cut too often: what is kept is told, and the next run goes on" {
	local file=Positron-2026.09.0-9-x64.deb
	vendor publish positron 2026.09.0-9
	vendor moody $folder/$file "" "cut 100000" "cut 100000" "cut 100000" "cut 100000"
	document inside devupd upgrade positron --yes --json
	[ "$status" = 6 ]
	says "tried 4 times in"
	says "400 kB of 1.1 MB kept, run again to continue"
	is "ranges" "200 - 206 bytes=100000- 206 bytes=200000- 206 bytes=300000-" "$(of_package $file)"
	forget_requests
	document inside devupd upgrade positron --yes --json
	exits 0
	is "ranges" "206 bytes=400000-" "$(of_package $file)"
	vendor rule none $folder/$file
}

@test "a line that is cut before TLS: no fault of a certificate, and tried three times" {
	inside sh -c 'cat >/root/reset.py' <<-'END'
		import socket, struct
		s = socket.socket()
		s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		s.bind(("0.0.0.0", 443))
		s.listen(50)
		while True:
		    c, _ = s.accept()
		    c.recv(100)
		    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		    c.close()
		    print("cut", file=open("/root/cuts", "a"), flush=True)
	END
	vendor down
	inside sh -c 'touch /root/cuts; python3 /root/reset.py >/dev/null 2>&1 & echo $! >/root/reset.pid' </dev/null 3>&-
	eventually inside sh -c 'ss -tln | grep -q 0.0.0.0:443'
	document inside devupd check positron --json
	exits 6
	error_code positron network
	says "the connection was cut before TLS began (tried 3 times in"
	is "connections to its four sources" 12 "$(inside sh -c 'wc -l </root/cuts')"
	inside sh -c 'kill $(cat /root/reset.pid)'
	vendor up
}

@test "nobody there, no certificate that is trusted: once" {
	vendor certificate stranger
	document inside devupd check positron --json -v
	exits 6
	says_not "trying again"
	vendor certificate world
	vendor down
	document inside devupd check positron --json -v
	exits 6
	error_code positron network
	says_not "trying again"
	says_not "tried "
	vendor up
}

@test "a name that is not found may be so for a moment: once more" {
	inside sh -c 'cp /etc/hosts /root/hosts; sed -i "s/github.com//" /etc/hosts'
	document inside devupd explain positron -v
	exits 0
	says "its name is not known (DNS); trying again in"
	says "(2 of 2)"
	says "its name is not known (DNS) (tried 2 times in"
	inside cp /root/hosts /etc/hosts
}
