#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The real apt-get and dpkg, in their usual troubles.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron rstudio --yes --accept-license
}
teardown_file() { world_down; }

# A dpkg that works on something else until /root/busy is gone.
busy_dpkg() {
	inside touch /root/busy
	vendor package busy 1.0 /root/busy.deb --postinst 'while [ -e /root/busy ]; do sleep 0.1; done'
	inside dpkg -i /root/busy.deb </dev/null >/dev/null 2>&1 3>&- &
	eventually inside sh -c 'dpkg-query -W -f "\${Status}" busy | grep -q half-configured'
}

@test "what apt brought along is on record" {
	document inside devupd history --json
	says world-library
	inside test -s /var/log/devupd/apt.log
}

@test "dpkg's lock is held: the holder is named, exit 8" {
	busy_dpkg
	vendor publish rstudio 2026.08.2-200
	document inside devupd upgrade rstudio --yes --wait 2 --json
	exits 8
	error_code rstudio lock
	says dpkg
	is rstudio 2026.08.1+195 "$(dpkg_version rstudio)"
}

@test "it waits, and goes on when the lock is free" {
	(sleep 3 && inside rm /root/busy) 3>&- &
	document inside devupd upgrade rstudio --yes --wait 60 --json
	exits 0
	is rstudio 2026.08.2+200 "$(dpkg_version rstudio)"
	wait
}

@test "an interrupted dpkg is repaired first" {
	inside apt-get -qq -y purge busy
	busy_dpkg
	inside pkill -KILL -x dpkg
	inside rm /root/busy
	eventually inside sh -c '! pgrep -x dpkg'
	vendor publish rstudio 2026.09.0-174
	document inside devupd upgrade rstudio --yes --json
	exits 0
	is rstudio 2026.09.0+174 "$(dpkg_version rstudio)"
	is busy "ii " "$(dpkg_status busy)"
}

@test "a changed conffile is kept" {
	inside sh -c 'echo color=red >/etc/positron.conf'
	vendor publish positron 2026.08.2-4 --conffile color=green
	document inside devupd upgrade positron --yes --json
	exits 0
	outcome positron updated
	is conffile color=red "$(inside cat /etc/positron.conf)"
	is "conffile told" /etc/positron.conf "$(field 'of("positron").items[0].path')"
	inside test -e /etc/positron.conf.dpkg-dist
}

@test "a package left half-configured is named with its mending, and hides nobody's success" {
	vendor publish positron 2026.09.1-2 --postinst 'exit 1'
	vendor publish rstudio 2026.10.0-10
	document inside devupd upgrade --yes --json
	exits 3
	outcome rstudio updated
	outcome positron failed
	error_code positron half-configured
	says "dpkg --configure"
	is "version told" "$(dpkg_version positron)" "$(field 'of("positron").installed')"
}

@test "what is half-configured is broken, not current, and nobody else's doing" {
	document inside devupd check --json
	exits 0
	outcome positron broken
	is changes "--configure positron" "$(field 'of("positron").changes[0].command[-2:] | join(" ")')"
	document inside devupd upgrade --yes --json
	exits 3
	error_code positron half-configured
	says "sudo dpkg --configure positron"
	is outside "" "$(inside grep '"event":"outside"' /var/log/devupd/audit.log || true)"
}

@test "upgrade repairs it, though no vendor can be reached" {
	inside sed -i '2,$d' /var/lib/dpkg/info/positron.postinst
	document inside devupd upgrade positron --yes --offline --json
	exits 0
	outcome positron repaired
	is positron "ii " "$(dpkg_status positron)"
	document inside devupd check positron --json
	outcome positron current
}

@test "a dependency that old lists can't find any more: apt-lists, with the command that helps" {
	inside apt-get -qq -y purge world-library # and what needs it
	inside apt-get clean
	vendor library 1.1 # the server moved on, the lists did not
	vendor publish rstudio 2026.11.0-11
	document inside devupd install rstudio --yes --json
	error_code rstudio apt-lists
	says "apt-get update"
	inside apt-get -qq update
	document inside devupd install rstudio --yes --json
	exits 0
}

@test "never a removal" {
	vendor package rival 1.0 /root/rival.deb
	inside apt-get -qq -y install /root/rival.deb
	vendor publish rstudio 2026.12.0-12 --depends "world-library, rival (>= 2)"
	document inside devupd upgrade rstudio --yes --json
	outcome rstudio failed
	is rival "ii " "$(dpkg_status rival)"
	is rstudio 2026.11.0+11 "$(dpkg_version rstudio)"
}
