#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# doctor: what would make a run fail is broken for real, named by it, and mended by the very command
# that it shows.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron rstudio --yes --accept-license
}
teardown_file() { world_down; }

doctor() { document inside devupd doctor --json "$@"; }

# finding ID FILTER: of the findings of that check that are not as they should be, the first one's.
finding() {
	jq -r --arg id "$1" "[.checks[] | select(.id == \$id and (.state == \"warning\" or .state == \"failure\"))][0].$2" \
		<<<"$output"
}
# told ID STATE TEXT: the check has found that.
told() {
	is "state of $1" "$2" "$(finding "$1" state)"
	[[ $(finding "$1" evidence) == *"$3"* ]] ||
		{ echo "$1: no '$3' in: $(finding "$1" evidence)" >&2; return 1; }
}
# sound ID: nothing of it is amiss (any more).
sound() { is "state of $1" null "$(finding "$1" state)"; }
# mend ID: what doctor says is typed by root, y to what it asks.
mend() {
	local command
	command=$(finding "$1" mend)
	[ "$command" != null ] || { echo "$1: no command" >&2; return 1; }
	[[ $command != *edit* ]] || { echo "$1: a person's work: $command" >&2; return 1; }
	run inside timeout 30 sh -c "yes | { $command; }" </dev/null
	[ "$status" = 0 ] || { echo "$command: $status: $output" >&2; return 1; }
}
# mended ID: and then it is sound.
mended() { mend "$1"; doctor; sound "$1"; }

@test "all is well: a run would work, and each check says what it looked at" {
	doctor
	exits 0
	is "failures" 0 "$(jq '[.checks[] | select(.state == "failure")] | length' <<<"$output")"
	is "evidence" true "$(jq '[.checks[].evidence | length > 0] | all' <<<"$output")"
	is "states" true "$(jq '[.checks[].state | IN("ok", "warning", "failure", "not applicable")] | all' <<<"$output")"
	[ "$(jq '[.checks[].id] | unique | length' <<<"$output")" -ge 30 ]
	run inside devupd doctor
	exits 0
	says "a run would work"
	says "positron: https://github.com/posit-dev/positron/releases answers"
}

@test "quiet, it shows what is amiss alone" {
	run inside devupd doctor -q
	[[ $output != *"ok "* ]]
}

@test "an unknown word is a usage error" {
	document inside devupd doctor pyhton --json
	exits 2
	says "did you mean 'python'"
	is "error" usage "$(field .error.code)"
	document inside devupd doctor everything
	exits 2
}

@test "wrong settings are told with their place, and the rest is looked at all the same" {
	inside sh -c 'printf "jobs: 2\ntimeuot: 30\n" >/etc/devupd/conf.d/wrong.yaml'
	doctor
	exits 1
	told settings failure /etc/devupd/conf.d/wrong.yaml:2:1
	is "mending" "sudoedit /etc/devupd/conf.d/wrong.yaml" "$(finding settings mend)"
	is "names" true "$(jq '[.checks[] | select(.id == "names" and .state == "ok")] | length > 0' <<<"$output")"
	inside rm /etc/devupd/conf.d/wrong.yaml
	inside sh -c 'sed "s/^kind: deb/kind: dep/" /usr/share/devupd/recipes/rstudio.yaml >/etc/devupd/recipes/rstudio.yaml'
	doctor
	exits 1
	told recipes failure /etc/devupd/recipes/rstudio.yaml
	inside rm /etc/devupd/recipes/rstudio.yaml
}

@test "a person's own wrong settings are told to that person" {
	own_settings ana 'jbos: 3'
	document as_ana devupd doctor --json
	exits 1
	told settings failure /home/ana/.config/devupd/devupd.yaml:1:1
	is "mending" "editor /home/ana/.config/devupd/devupd.yaml" "$(finding settings mend)"
	as_ana rm .config/devupd/devupd.yaml
}

@test "settings that others may write" {
	inside chmod o+w /etc/devupd/conf.d
	doctor
	exits 1
	told trusted failure "others may write /etc/devupd/conf.d"
	mended trusted
	inside sh -c 'cp /usr/share/devupd/recipes/rstudio.yaml /etc/devupd/recipes/; chown ana /etc/devupd/recipes/rstudio.yaml'
	document as_ana devupd doctor --json # root would refuse it, and ana is told
	told trusted failure /etc/devupd/recipes/rstudio.yaml
	mended trusted
	inside rm /etc/devupd/recipes/rstudio.yaml
}

@test "an env_file that others may read" {
	inside sh -c 'echo https_proxy=http://u:geheim@proxy.test:3128 >/etc/devupd/env; chmod 0644 /etc/devupd/env
		echo "env_file: /etc/devupd/env" >/etc/devupd/conf.d/env.yaml'
	doctor
	exits 1
	told settings failure /etc/devupd/env
	mend settings
	doctor --offline
	sound settings
	is "proxy" "http://…@proxy.test:3128" "$(jq -r '.checks[] | select(.id == "proxy").evidence' <<<"$output")"
	[[ $output != *geheim* ]]
	inside rm /etc/devupd/env /etc/devupd/conf.d/env.yaml
}

@test "its own folders: missing, open to others, somebody else's, no folder at all" {
	inside rm -r /var/cache/devupd/staging
	doctor
	exits 0
	told folders warning "/var/cache/devupd/staging: missing"
	inside chmod 0777 /var/lib/devupd
	doctor
	told folders warning "/var/lib/devupd is root's with mode 0777, and should be root's with mode 0755"
	mended folders
	inside sh -c 'chown ana /run/devupd; chgrp root /var/log/devupd'
	doctor
	told folders warning "/var/log/devupd is root's with mode 0750"
	mended folders
	is "owner" root "$(inside stat -c %U /run/devupd)"
	inside chmod 0700 /var/cache/devupd
	doctor
	exits 1
	told folders failure /var/cache/devupd
	mended folders
	exits 0
}

@test "the workers' user is missing" {
	inside sed -i 's/^_devupd:/_elsewhere:/' /etc/passwd
	doctor
	exits 1
	told user failure "_devupd is missing"
	inside sed -i '/^_elsewhere:/d' /etc/passwd
	inside sed -i '/^_devupd:/d' /etc/shadow /etc/group /etc/gshadow
	mended user
	doctor # the look has given the new one what was the old one's
	sound folders
	exits 0
}

@test "the worker can't be run" {
	inside chmod 0644 /usr/libexec/devupd/devupd-worker
	doctor
	exits 1
	told programs failure "not executable"
	mended programs
	exits 0
	inside mv /usr/libexec/devupd/devupd-worker /srv/worker
	doctor
	exits 1
	told programs failure "/usr/libexec/devupd/devupd-worker is missing"
	[[ $(finding programs mend) == "sudo apt-get install --reinstall ./devupd_"*.deb ]]
	inside mv /srv/worker /usr/libexec/devupd/devupd-worker
}

@test "a state that is garbage, and one of a newer devupd" {
	inside sh -c 'cp /var/lib/devupd/state.db /srv/state.db; echo garbage >/var/lib/devupd/state.db'
	document as_ana devupd doctor --json
	exits 0
	told state warning /var/lib/devupd/state.db
	mend state
	inside sh -c 'cp /srv/state.db /var/lib/devupd/state.db
		python3 -c "import sqlite3; sqlite3.connect(\"/var/lib/devupd/state.db\").execute(\"pragma user_version = 999\")"'
	doctor
	exits 1
	told state failure "its schema is version 999"
	inside mv /srv/state.db /var/lib/devupd/state.db
	inside rm -f /var/lib/devupd/state.db.aside
	doctor
	sound state
}

@test "a record that somebody changed" {
	inside cp -p /var/log/devupd/audit.log /srv/audit.log
	inside sed -i '2s/"verb":"install"/"verb":"inspect"/' /var/log/devupd/audit.log
	doctor
	exits 0
	told trail warning "is not what was written"
	inside mv /srv/audit.log /var/log/devupd/audit.log
	doctor
	sound trail
}

# A package whose postinst does what stands in /srv/postinst.
scripted() {
	inside sh -c 'echo "$1" >/srv/postinst' - "$1"
	vendor package scripted 1.0 /srv/scripted.deb --postinst '. /srv/postinst'
}
# install_slowly: dpkg is at it until it is told to go on; both its numbers in $begun: postinst's, dpkg's.
install_slowly() {
	scripted 'echo $$ $PPID >/srv/begun.new; mv /srv/begun.new /srv/begun; exec sleep 60'
	inside rm -f /srv/begun
	inside sh -c 'dpkg -i /srv/scripted.deb >/dev/null 2>&1 &'
	eventually inside test -e /srv/begun
	read -r -a begun <<<"$(inside cat /srv/begun)"
	inside sh -c 'echo : >/srv/postinst'
}

@test "dpkg was killed in the midst of it" {
	install_slowly
	inside kill -KILL "${begun[1]}"
	inside kill "${begun[0]}"
	doctor
	exits 0
	told interrupted warning "it was interrupted"
	mended interrupted
	is "status" "ii " "$(dpkg_status scripted)"
}

@test "a package is half configured" {
	scripted 'exit 1'
	inside sh -c '! dpkg -i /srv/scripted.deb'
	doctor
	exits 0
	told packages warning "half installed: scripted"
	inside sh -c 'echo : >/srv/postinst'
	mended packages
	is "status" "ii " "$(dpkg_status scripted)"
	inside dpkg --purge scripted
}

@test "a package lacks what it depends on" {
	vendor package lacking 1.0 /srv/lacking.deb --depends nowhere-to-be-found
	inside dpkg -i --force-depends /srv/lacking.deb
	doctor
	exits 1
	told dependencies failure "lack what they depend on"
	mended dependencies
}

@test "two sources name one repository with different keys" {
	inside sh -c 'cd /etc/apt/sources.list.d
		echo "deb [signed-by=/usr/share/keyrings/a.gpg] https://packages.world.test/code/ stable main" >code.list
		printf "Types: deb\nURIs: https://packages.world.test/code/\nSuites: stable\nComponents: main\nSigned-By: /usr/share/keyrings/b.gpg\n" >code.sources'
	document as_ana devupd doctor --json
	exits 1
	told apt-sources failure "Conflicting values set for option Signed-By"
	told apt-sources failure "/etc/apt/sources.list.d/code.list, /etc/apt/sources.list.d/code.sources"
	is "mending" "sudo mv /etc/apt/sources.list.d/code.list /etc/apt/sources.list.d/code.list.disabled" \
		"$(finding apt-sources mend)"
	mended apt-sources
	inside rm /etc/apt/sources.list.d/code.sources /etc/apt/sources.list.d/code.list.disabled
}

@test "what is held is told, and by whom" {
	inside apt-mark hold world-library
	inside devupd hold rstudio --reason thesis
	doctor --offline
	exits 0
	is "by apt-mark" "held by apt-mark, and so left as they are: world-library" \
		"$(jq -r '.checks[] | select(.id == "packages").evidence' <<<"$output")"
	doctor
	says "rstudio is held: thesis"
	inside apt-mark unhold world-library
	inside devupd unhold rstudio
}

@test "apt's lists are old, or gone" {
	inside sh -c 'touch -d "20 days ago" /var/lib/apt/lists /var/lib/apt/lists/partial; rm -rf /var/lib/apt/periodic'
	doctor
	exits 0
	told apt-lists warning "20 days old"
	mended apt-lists
	inside sh -c 'rm -rf /var/lib/apt/lists/*'
	doctor
	told apt-lists warning "there are none"
	mended apt-lists
}

@test "locks are held, and by whom is said" {
	inside flock /run/devupd/lock sleep 7 3>&- &
	sleep 0.5
	document as_ana devupd doctor --json
	exits 0
	told locks warning "/run/devupd/lock is held by"
	mend locks # shows the process
	[[ $output == *"/run/devupd/lock"* ]]
	wait
	install_slowly
	inside kill -STOP "${begun[1]}"
	doctor
	told locks warning "/var/lib/dpkg/lock"
	told locks warning "stopped"
	mend locks
	inside kill "${begun[0]}"
	eventually inside sh -c '! kill -0 "$1"' - "${begun[1]}"
	inside sh -c 'dpkg --configure -a; dpkg --purge scripted'
	doctor
	sound locks
}

# on_tmpfs FOLDER OPTIONS: the folder, with what is in it, in a small memory of its own.
on_tmpfs() {
	inside sh -c 'cp -a "$1" /srv/kept && mount -t tmpfs -o "$2,mode=0755" tmpfs "$1" && cp -a /srv/kept/. "$1" && rm -r /srv/kept' - "$@"
}

@test "the disk is full, nearly full, or out of inodes" {
	on_tmpfs /var/cache/devupd size=16m
	inside sh -c 'fallocate -l 16m /var/cache/devupd/big || cat /dev/zero >/var/cache/devupd/big' || true
	doctor
	exits 1
	told space failure "/var/cache/devupd: "
	is "mending" "sudo devupd clean --keep 0" "$(finding space mend)"
	mend space
	is "kept packages" "" "$(inside ls /var/cache/devupd/packages)"
	doctor # what else lies there is for a person to judge
	mend space
	[[ $output == */var/cache/devupd* ]]
	inside umount /var/cache/devupd
	on_tmpfs /var/lib/devupd size=80m,nr_inodes=60
	doctor
	exits 1
	told space failure "more files only"
	inside umount /var/lib/devupd
	doctor
	sound space
	exits 0
}

@test "packages that apt kept take the room: apt-get clean makes it" {
	inside sh -c 'rm -rf /srv/state && cp -a /var/lib/devupd /srv/state && rm /var/lib/devupd/state.db'
	on_tmpfs /var/cache size=2116m
	inside fallocate -l 40m /var/cache/apt/archives/big_1_all.deb
	doctor
	exits 0
	told space warning "/var/cache: "
	is "mending" "sudo apt-get clean" "$(finding space mend)"
	mended space
	inside sh -c 'umount /var/cache; rm -rf /var/lib/devupd && mv /srv/state /var/lib/devupd'
}

@test "what a run writes is mounted read-only" {
	on_tmpfs /var/log/devupd size=80m
	inside mount -o remount,ro /var/log/devupd
	doctor
	exits 1
	told space failure "/var/log/devupd, on which /var/log/devupd lies, is mounted read-only"
	mended space
	inside umount /var/log/devupd
}

@test "the clock is behind" {
	inside touch -d '+3 hours' /var/lib/dpkg/status
	doctor
	exits 0
	told clock warning "dpkg wrote its status"
	inside touch /var/lib/dpkg/status
	inside touch -d '+1 year' /usr/bin/devupd
	doctor
	exits 1
	told clock failure "devupd was made"
	is "mending" "sudo timedatectl set-ntp true" "$(finding clock mend)"
	inside touch -d 2026-11-22 /usr/bin/devupd
}

@test "limits of who runs it" {
	document inside prlimit --nofile=128 devupd doctor --offline --json
	told limits warning "open files (ulimit -n): at most 128, a run may need 256"
	doctor --offline
	sound limits
}

@test "there is no way out" {
	vendor offline
	doctor
	exits 1
	told route failure "no route leads out"
	told names failure positron
	mend route
	is "link" up "$(inside sh -c 'ip -o link show eth0 | grep -o "state UP" | cut -d" " -f2' | tr A-Z a-z)"
	vendor online
	doctor
	sound route
}

@test "--offline leaves the net out" {
	vendor down
	doctor --offline
	exits 0
	is "names" "not applicable" "$(jq -r '[.checks[] | select(.id == "names")][-1].state' <<<"$output")"
	says "not asked: --offline"
	vendor up
}

@test "no name server, and no certificates" {
	inside sh -c 'mv /etc/resolv.conf /etc/resolv.conf.kept; ln -s /run/nowhere/resolv.conf /etc/resolv.conf'
	doctor
	told resolver warning "leads nowhere"
	inside mv /etc/resolv.conf.kept /etc/resolv.conf
	inside sh -c 'mkdir /srv/certs; mv /etc/ssl/certs/* /srv/certs/'
	doctor
	exits 1
	told certificates failure "none in /etc/ssl/certs"
	mended certificates
	inside rm -r /srv/certs
	exits 0
}

@test "a certificate that nobody trusts" {
	vendor certificate stranger
	doctor
	exits 1
	told names failure "positron: https://"
	says certificate
	vendor certificate world
	inside sh -c 'openssl x509 -req -in /srv/tls/world/request -days -1 -CA /srv/tls/world/ca.crt -CAkey /srv/tls/world/ca.key \
		-CAcreateserial -out /srv/tls/expired.crt -extfile /dev/stdin' <<<"subjectAltName=DNS:github.com,DNS:cdn.posit.co" ||
		lacking "an openssl that makes what has expired"
	inside sh -c 'cp -r /srv/tls/world /srv/tls/expired && cp /srv/tls/expired.crt /srv/tls/expired/crt'
	vendor certificate expired
	doctor
	exits 1
	says "expired"
	vendor certificate world
	doctor
	exits 0
}

@test "a source that ails is told before it breaks a run" {
	vendor rule 404 github.com/posit-dev/positron/releases
	document as_ana devupd check positron
	exits 0
	document as_ana devupd doctor --json
	exits 0
	told sources warning "positron: source 1 of 3 ailing since today"
	told sources warning "answers 404"
	is "mending" "devupd explain positron" "$(finding sources mend)"
	document as_ana devupd list
	[[ $(grep '^positron ' <<<"$output") == *"installed; source 1 of 3 ailing since today"*"answers 404"* ]]
	document as_ana devupd list --json
	is "failures" true "$(jq '.names[] | select(.name == "positron").sources[0] | .failures >= 2 and .reason != null and .last_good != null and .failing_since != null' <<<"$output")"
	document as_ana devupd show positron
	[[ $(grep '^# source 1 of 3' <<<"$output") == *"failures since today"*"last good today"*"answers 404"* ]]
	[[ $(grep '^# source 3 of 3' <<<"$output") == *"one before it has answered well since"* ]]
	document as_ana devupd show positron --json
	is "health" 3 "$(jq '.health | length' <<<"$output")"
	# what root has learned meanwhile counts for ana, too
	vendor rule none github.com/posit-dev/positron/releases
	inside devupd check positron
	document as_ana devupd list
	[[ $(grep '^positron ' <<<"$output") != *ailing* ]]
	doctor
	sound sources
}

@test "all sources of an installed name are dead: a run would fail" {
	for page in github.com/posit-dev/positron/releases positron.posit.co/download.html \
		cdn.posit.co/positron/releases/deb/x86_64/releases.json; do
		vendor rule 503 "$page"
	done
	doctor
	exits 1
	told names failure "positron: "
	told sources failure "positron: all 3 sources ailing"
	run inside devupd doctor
	says "a run would fail: "
	for page in github.com/posit-dev/positron/releases positron.posit.co/download.html \
		cdn.posit.co/positron/releases/deb/x86_64/releases.json; do
		vendor rule none "$page"
	done
	doctor
	exits 0
}

@test "ben is told what only root may look at" {
	document as_ben devupd doctor --json
	exits 0
	is "record" "not applicable" "$(jq -r '.checks[] | select(.id == "trail").state' <<<"$output")"
	says "sudo devupd doctor"
	told reader warning "ben is not in group adm"
	mend reader
	document as_ben devupd doctor --json
	sound reader
	inside gpasswd -d ben adm
}

@test "a folder of ben's that sudo made root's" {
	as_ben mkdir -p .local/state/devupd
	inside chown -R root: /home/ben/.local/state
	document as_ben devupd doctor --json
	exits 0
	told own-folders warning "is not yours to write"
	mend own-folders
	document as_ben devupd doctor --json
	sound own-folders
}

@test "mail that nobody could send" {
	inside sh -c 'echo "notify: mail" >/etc/devupd/conf.d/mail.yaml; [ ! -e /usr/sbin/sendmail ] || mv /usr/sbin/sendmail /srv/'
	doctor
	exits 0
	told telling warning "there is no /usr/sbin/sendmail"
	inside sh -c 'rm /etc/devupd/conf.d/mail.yaml; [ ! -e /srv/sendmail ] || mv /srv/sendmail /usr/sbin/'
}

@test "Homebrew: whose it is, and that brew is at work" {
	brew_prefix ana healthy
	document as_ana devupd doctor --json
	is "prefix" "$BREW, ana's" "$(jq -r '[.checks[] | select(.id == "homebrew")][0].evidence' <<<"$output")"
	as_ana mkdir -p $BREW/var/homebrew/locks
	as_ana flock $BREW/var/homebrew/locks/update.lock sleep 4 3>&- &
	sleep 0.5
	document as_ana devupd doctor --json
	says "brew is at work in $BREW"
	wait
	inside chown root: $BREW
	doctor
	told homebrew warning "is root's"
	inside rm -rf /home/linuxbrew
}
