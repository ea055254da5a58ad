#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Each exit code that a script may see, and which comes first.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron rstudio --yes --accept-license
}
teardown_file() { world_down; }

@test "0: nothing to do" {
	document inside devupd check --exit-status
	exits 0
	document inside devupd help
	exits 0
	document inside devupd version
	exits 0
}

@test "1: the report could not be written" {
	local command
	for command in check "check --json" list "history --export" version; do
		document inside sh -c "devupd $command >/dev/full"
		exits 1
		says "can't write to standard output"
	done
	document inside sh -c "devupd --no-such-option --json >/dev/full"
	exits 2
}

@test "1: a folder is no package, and not a refused one" {
	document inside devupd verify /srv
	exits 1
	says "/srv: it is no file, but a folder"
}

@test "1: the workers' user is missing, and no setting is wrong" {
	inside sed -i 's/^_devupd:/_elsewhere:/' /etc/passwd
	document inside devupd check --json
	inside sed -i 's/^_elsewhere:/_devupd:/' /etc/passwd
	exits 1
	says "reinstall the package devupd"
}

@test "2: an unknown verb, option or name suggests the nearest" {
	document inside devupd upgrad
	exits 2
	says upgrade
	document inside devupd check --exit-stat --no-such-option
	exits 2
	document inside devupd check positrom
	exits 2
	says positron
	document inside devupd upgrade --unattended --accept-license
	exits 2
	document inside devupd list x
	exits 2
	says "devupd list: 'x' is one word too many"
	document inside devupd history positrom
	exits 2
	says "did you mean 'positron'"
	document inside devupd check --recipes /nonexist
	exits 2
	says "can't find the folder /nonexist"
	document inside devupd check --recipes /etc/passwd
	exits 2
	says "is no folder"
}

@test "4: updates are there, and only --exit-status says so" {
	vendor publish rstudio 2026.08.2-200
	document inside devupd check --exit-status
	exits 4
	document inside devupd check
	exits 0
}

@test "2: it would have to ask, and there is nobody" {
	document inside devupd upgrade --json
	exits 2
	document inside devupd upgrade rstudio
	exits 2
	says "there is no terminal: devupd upgrade rstudio --yes"
	is rstudio 2026.08.1+195 "$(dpkg_version rstudio)"
}

@test "9: needs root" {
	document as_ana devupd hold rstudio --no-sudo
	exits 9
	says "sudo devupd hold rstudio --no-sudo"
	document as_ana devupd upgrade rstudio --yes --no-sudo
	exits 9
	says "sudo devupd upgrade rstudio --yes --no-sudo"
	is "dpkg's version" 2026.08.1+195 "$(dpkg_version rstudio)"
}

@test "10: held back, but 4 comes first" {
	inside devupd hold positron
	document inside devupd check --exit-status
	exits 4
	document inside devupd check positron --exit-status
	exits 10
	inside devupd unhold positron
}

@test "5: a link among the settings is named as one" {
	inside sh -c 'echo "jobs: 2" >/root/jobs.yaml
		ln -s /root/jobs.yaml /etc/devupd/conf.d/jobs.yaml'
	document inside devupd check
	inside rm /etc/devupd/conf.d/jobs.yaml
	exits 5
	says "/etc/devupd/conf.d/jobs.yaml is a symbolic link"
}

@test "a log folder made anew is group adm's, as the package made it" {
	inside mv /var/log/devupd /var/log/devupd.kept
	inside devupd check
	is "owner and mode" "root:adm 750" "$(inside stat -c '%U:%G %a' /var/log/devupd)"
	inside rm -r /var/log/devupd
	inside mv /var/log/devupd.kept /var/log/devupd
}

@test "a name in the settings that no recipe has is told" {
	inside sh -c 'echo "disable: [rstudoi]" >/etc/devupd/conf.d/odd.yaml'
	document inside devupd check
	exits 0
	says "disable: there is no recipe named 'rstudoi'; did you mean 'rstudio'?"
	inside sh -c 'echo "updaters: {rstudoi: {enabled: no}}" >/etc/devupd/conf.d/odd.yaml'
	document inside devupd check
	exits 3
	says 'no recipe is called "rstudoi"'
	inside rm /etc/devupd/conf.d/odd.yaml
}

@test "5: settings are wrong, with file, line and column; help still works" {
	inside sh -c 'printf "jobs: 2\ntimeuot: 30\n" >/etc/devupd/conf.d/wrong.yaml'
	document inside devupd check
	exits 5
	says /etc/devupd/conf.d/wrong.yaml:2:1
	says timeout
	document inside devupd check --json
	exits 5
	is "error at the top" config "$(field .error.code)"
	document inside devupd history --verify
	exits 0
	document inside devupd --no-such-option
	exits 2
	inside rm /etc/devupd/conf.d/wrong.yaml
}

@test "5: the recipe of a named name is wrong; another's fails only its own" {
	inside sh -c 'sed "s/^kind: deb/kind: dep/" /usr/share/devupd/recipes/rstudio.yaml >/etc/devupd/recipes/rstudio.yaml'
	document inside devupd check rstudio
	exits 5
	document inside devupd check positron
	exits 0
	document inside devupd check --json
	outcome positron current
	outcome rstudio failed
	exits 3
	inside rm /etc/devupd/recipes/rstudio.yaml
}

@test "6: nobody answers; 3 when somebody does" {
	vendor down
	document inside devupd check --json
	exits 6
	error_code positron network
	vendor up
	vendor rule 503 posit.co/download/rstudio-desktop/
	vendor rule 503 docs.posit.co/ide/user/
	vendor rule 503 posit.co/wp-content/uploads/downloads.json
	vendor rule 503 rstudio.org/download/latest/stable/desktop/jammy/rstudio-latest-amd64.deb
	document inside devupd check --json
	outcome positron current
	outcome rstudio failed
	exits 3
}

@test "7: refused; 1 when the names failed in different ways" {
	vendor publish positron 2026.08.2-4 --digest "$(printf 'a%.0s' {1..64})"
	document inside devupd upgrade positron --yes --json
	exits 7
	error_code positron digest
	document inside devupd upgrade --yes --json
	exits 1
}

@test "8: our own lock is held, and by whom is said" {
	inside flock /run/devupd/lock sleep 8 3>&- &
	sleep 0.5
	document inside devupd upgrade --yes --wait 1
	exits 8
	wait
}

@test "the document says what the process ends with, when ever a signal comes" {
	# the reader lets us wait, and the signal comes while the document is written
	run inside python3 - <<-'END'
		import json, os, signal, subprocess, time
		for command in ("check", "list", "show positron", "explain positron", "doctor",
		                "doctor python", "verify /etc/passwd", "hold positron", "upgrade -n"):
		    ours, theirs = os.pipe()
		    os.set_blocking(theirs, False)
		    try:
		        while True:
		            os.write(theirs, b" ")
		    except BlockingIOError:
		        os.set_blocking(theirs, True)
		    run = subprocess.Popen(["devupd", *command.split(), "--json"], stdout=theirs)
		    os.close(theirs)
		    while "pipe_write" not in open(f"/proc/{run.pid}/wchan").read():
		        time.sleep(0.05)
		        assert run.poll() is None
		    run.send_signal(signal.SIGTERM)
		    document = json.loads(open(ours).read())
		    code = run.wait()
		    assert document["exit"] == code, (command, document["exit"], code)
	END
	exits 0
}
