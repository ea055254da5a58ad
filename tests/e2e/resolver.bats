#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Names are found inside the cage with the modules of the resolver that systems are shipped with,
# though it opens no local socket: they say so at once, and glibc goes on to the next.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install rstudio --yes
	local into=$WORLD/modules
	mkdir "$into"
	chmod 777 "$into"
	# their files alone: installed, they would change how this machine finds names
	(cd "$into" && apt-get -q download libnss-resolve libnss-mdns >&2 &&
		for deb in *.deb; do dpkg-deb -x "$deb" .; done) || lacking "libnss-resolve and libnss-mdns"
	# shellcheck disable=SC2016
	inside sh -c 'cp $(find /srv/world/report/modules -name "libnss_*") /usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)/
		ls /usr/lib/*/libnss_resolve.so.2 /usr/lib/*/libnss_mdns4_minimal.so.2'
	# every name is this machine, by DNS alone; as on Ubuntu resolv.conf is a link to the stub
	inside sh -c 'cp /etc/hosts /etc/hosts.full; echo "127.0.0.1 localhost" >/etc/hosts
		mkdir -p /run/systemd/resolve; echo "nameserver 127.0.0.53" >/run/systemd/resolve/stub-resolv.conf
		ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
		cat >/srv/world/dns.py' <<-'END'
		import socket
		dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		dns.bind(("127.0.0.53", 53))
		while True:
		    ask, peer = dns.recvfrom(512)
		    end = ask.index(b"\0", 12) + 5
		    head, question = ask[:2], ask[12:end]
		    if b"\5local\0" in question:
		        dns.sendto(head + b"\x81\x83\0\1\0\0\0\0\0\0" + question, peer)
		    elif question[-4:] == b"\0\1\0\1":
		        dns.sendto(head + b"\x81\x80\0\1\0\1\0\0\0\0" + question +
		            b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4\x7f\0\0\1", peer)
		    else:
		        dns.sendto(head + b"\x81\x80\0\1\0\0\0\0\0\0" + question, peer)
	END
	inside sh -c 'python3 /srv/world/dns.py >/dev/null 2>&1 &' </dev/null 3>&-
	eventually inside getent hosts cdn.posit.co
	# the two daemons, so slow that whoever asks them waits for ever
	inside sh -c 'mkdir -p /run/avahi-daemon; cat >/srv/world/slow.py' <<-'END'
		import os, socket, time
		names = ["/run/systemd/resolve/io.systemd.Resolve", "/run/avahi-daemon/socket"]
		all = [socket.socket(socket.AF_UNIX) for _ in names]
		for s, name in zip(all, names):
		    s.bind(name)
		    s.listen(100)
		    os.chmod(name, 0o666)
		time.sleep(100000)
	END
	inside sh -c 'python3 /srv/world/slow.py >/dev/null 2>&1 &' </dev/null 3>&-
	eventually inside test -S /run/avahi-daemon/socket
}
teardown_file() { world_down; }

# found LINE: with this in nsswitch.conf the vendors are found, and nobody waits.
found() {
	inside sed -i "s/^hosts:.*/hosts: $1/" /etc/nsswitch.conf
	local who
	for who in inside as_ana; do
		document "$who" timeout 10 devupd check rstudio --json
		exits 0
		outcome rstudio current
		document "$who" timeout 10 devupd explain rstudio
		exits 0
		says "1 match"
	done
}

@test "plain: files, then DNS" { found "files dns"; }

@test "systemd-resolved: Ubuntu's, Mint's and systemd's own lines" {
	inside sed -i "s/^hosts:.*/hosts: resolve/" /etc/nsswitch.conf
	run inside timeout 2 getent hosts cdn.posit.co
	exits 124 # outside the cage the module does ask, and waits
	found "mymachines resolve [!UNAVAIL=return] files myhostname dns"
	found "files resolve [!UNAVAIL=return] dns"
	found "files resolve dns"
}

@test "mDNS: Debian's and Ubuntu's lines" {
	found "files mdns4_minimal [NOTFOUND=return] dns"
	found "files mdns4_minimal [NOTFOUND=return] resolve [!UNAVAIL=return] dns mymachines"
	found "files mdns_minimal [NOTFOUND=return] dns mdns"
}

@test "a name that only such a daemon knows is not found, and that is said at once" {
	inside sh -c 'sed -i "s/^hosts:.*/hosts: files mdns4_minimal [NOTFOUND=return] dns/" /etc/nsswitch.conf
		sed -e "s/^name: .*/name: near/" -e "s/^package: .*/package: near/" -e "s/posit\.co/vendor.local/g" \
			-e "s/github\.com/vendor.local/g" \
			/usr/share/devupd/recipes/positron.yaml >/etc/devupd/recipes/near.yaml'
	document inside timeout 30 devupd explain near
	says "vendor.local"
	[ "$status" = 6 ]
	inside rm /etc/devupd/recipes/near.yaml
}
