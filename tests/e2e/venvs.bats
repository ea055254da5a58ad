#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Virtual environments and packages that an upgrade broke: real ones, by the Python of this system.

load ../support/e2e
venv=/home/ana/venv
setup_file() {
	world_up
	path_of ana $BREW/bin
	inside sh -c 'cd /srv/world && for p in "demo 1.0" "demo 1.1" "other 2.0" "progressbar2 4.5 progressbar"; do
		./wheel /srv/index $p; done'
	index_up
	as_ana sh -c 'mkdir -p ~/.config/pip; printf "[global]\nindex-url = http://127.0.0.1:8000/simple\n" >~/.config/pip/pip.conf'
}
teardown_file() { world_down; }
setup() {
	inside sh -c 'cd /home/ana && rm -rf venv* p .local .config/devupd .cache/devupd'
	brew_prefix ana brew
	python_keg 3.11.2
}

index_up() {
	inside sh -c 'cd /srv/index && python3 -m http.server --bind 127.0.0.1 8000 >/dev/null 2>&1 &' </dev/null 3>&-
	eventually inside sh -c 'exec 4<>/dev/tcp/127.0.0.1/8000' || eventually inside curl -fs http://127.0.0.1:8000/
}
index_down() { inside pkill -f 'http.server --bind'; }
# python_keg VERSION: Homebrew's python3, a real one, is this from now on.
python_keg() {
	as_ana sh -c 'cd /srv/world && rm -rf "$1/Cellar/python@3.11" && ./brew-prefix "$1" python python@3.11 "$2" main &&
		./brew-prefix "$1" linked python@3.11 "$2"' - $BREW "$1"
}
# One that goes by the path of a Cellar folder, as tools make them; with packages, and a line of its own.
dangling() {
	as_ana sh -c '"$1/Cellar/python@3.11/3.11.2/bin/python3.11" -m venv "$2" && "$2/bin/pip" -q install demo==1.0 &&
		echo "mine = kept" >>"$2/pyvenv.cfg"' - $BREW "${1:-$venv}"
	python_keg 3.11.2_1
}
# minor_gone: of a Python 3.10 that is not here any more.
minor_gone() {
	as_ana sh -c 'python3 -m venv "$1" && "$1/bin/pip" -q install demo==1.0 other && cd "$1" && mv lib/python3.11 lib/python3.10 &&
		rm -f bin/python3* && ln -s "$2/opt/python@3.10/bin/python3.10" bin/python3.10 && ln -s python3.10 bin/python3 &&
		ln -sfn python3.10 bin/python &&
		sed -i "s:^home = .*:home = $2/opt/python@3.10/bin:; s:^version = .*:version = 3.10.9:" pyvenv.cfg' - $venv $BREW
}
picture() {
	inside sh -c 'cd /home/ana && find . \( -name .local -o -name .cache -o -name __pycache__ \) -prune -o -type f -print0 >/tmp/files
		xargs -0 sha256sum </tmp/files; xargs -0 stat -c "%n %U %a" </tmp/files; find . -type l -printf "%P %l\n"' | sort
}
as_before() { diff <(echo "$before") <(picture) >&2; }
state_of() { field "of(\"$1\").items[] | select(.path == \"$2\").state"; }
version_in() { as_ana "$1/bin/python" -c "import $2; print($2.__version__)"; }

# round_trip STATE [VENV]: found, shown, mended, proved, quiet, undone, found again.
round_trip() {
	local before at=${2:-$venv} broken
	before=$(picture)
	document as_ana devupd check --json python-venvs
	exits 0
	outcome python-venvs broken
	is "state" "$1" "$(state_of python-venvs "$at")"
	broken=$(field 'of("python-venvs").items | tojson')
	document as_ana devupd repair -n --json
	exits 0
	[ "$(field 'of("python-venvs").changes | length')" -gt 0 ]
	as_before
	document as_ana devupd repair -y --json
	exits 0
	outcome python-venvs repaired
	as_ana "$at/bin/python" -c pass
	document as_ana devupd repair -y --json
	exits 0
	outcome python-venvs current
	is "changes of a second run" "[]" "$(field 'of("python-venvs").changes | tojson')"
	document as_ana devupd repair --undo -y --json
	exits 0
	outcome python-venvs rolled-back
	as_before
	document as_ana devupd check --json python-venvs
	is "what is found again" "$broken" "$(field 'of("python-venvs").items | tojson')"
	as_ana devupd repair -y
}

@test "no venv: absent" {
	document as_ana devupd check --json
	exits 0
	outcome python-venvs absent
}

@test "its Cellar folder is gone: links renewed in place, packages and own lines kept" {
	dangling
	run ! version_in $venv demo
	round_trip "link dangles"
	is "demo" 1.0 "$(version_in $venv demo)"
	as_ana $venv/bin/pip --version
	inside grep -qx 'mine = kept' $venv/pyvenv.cfg
	is "where it leads" $BREW/opt/python@3.11/bin/python3.11 "$(inside readlink $venv/bin/python3.11)"
}

@test "what a person reads" {
	dangling
	run as_ana devupd check
	exits 0
	says "python-venvs"
	says "is gone with $BREW/Cellar/python@3.11/3.11.2; opt/python@3.11 has 3.11.2_1"
	run as_ana devupd repair -n
	says "would: $venv/bin/python3.11: $BREW/Cellar/python@3.11/3.11.2/bin/python3.11 -> $BREW/opt/python@3.11/bin/python3.11"
	run as_ana devupd repair -y
	exits 0
	says "python-venvs"
}

@test "pipx' and uv's tools are found the same way" {
	dangling /home/ana/.local/share/pipx/venvs/demo
	document as_ana devupd repair -y --json
	exits 0
	is "outcome" repaired "$(field 'of("python-venvs").items[] | select(.path | endswith("pipx/venvs/demo")).outcome')"
	is "demo" 1.0 "$(version_in /home/ana/.local/share/pipx/venvs/demo demo)"
}

@test "moved to another folder: its scripts start again" {
	as_ana sh -c 'python3 -m venv ~/venv-old && ~/venv-old/bin/pip -q install demo && mv ~/venv-old ~/venv'
	run ! as_ana $venv/bin/pip --version
	round_trip moved
	as_ana $venv/bin/pip --version
}

@test "… whatever the folder is called" {
	local name names=('a b' "it's" 'x"y' 'd$HOME' 'back\slash' 'ü')
	for name in "${names[@]}"; do
		as_ana python3 -m venv --without-pip "p/$name"
	done
	document as_ana devupd check --json python-venvs
	outcome python-venvs current
	as_ana rm -r p
	for name in "${names[@]}"; do
		as_ana sh -c 'mkdir -p ~/p && python3 -m venv --without-pip ~/p/old && cd ~/p &&
			printf "#!%s/old/bin/python3\nprint(1)\n" "$PWD" >old/bin/tool && chmod +x old/bin/tool &&
			mv old "$1"' - "$name"
	done
	document as_ana devupd repair -y --json python-venvs
	exits 0
	outcome python-venvs repaired
	for name in "${names[@]}"; do
		is "its tool" 1 "$(as_ana "p/$name/bin/tool")"
		is "activate" "/home/ana/p/$name" "$(as_ana bash -c '. "p/$1/bin/activate" && echo "$VIRTUAL_ENV"' - "$name")"
	done
	document as_ana devupd repair -y --json python-venvs
	outcome python-venvs current
}

@test "owned by root in ana's home: said, with what gives it back, and left alone" {
	local before
	dangling
	inside chown -R root $venv
	before=$(picture)
	document as_ana devupd repair -y --json
	says "sudo chown -R ana"
	as_before
}

@test "only another minor version is there: repair says so; nothing is done without the network" {
	local before
	minor_gone
	before=$(picture)
	document as_ana devupd repair -y --json
	outcome python-venvs broken
	is "state" "minor gone" "$(state_of python-venvs $venv)"
	says "devupd upgrade python-venvs"
	document as_ana devupd upgrade --unattended --json python-venvs
	outcome python-venvs broken
	as_before
}

@test "… upgrade makes a new one with the same packages, tries it, changes them, keeps the old one" {
	local kept
	minor_gone
	document as_ana devupd upgrade -y --json python-venvs
	exits 0
	outcome python-venvs repaired
	is "demo, the same version" 1.0 "$(version_in $venv demo)"
	is "other" 2.0 "$(version_in $venv other)"
	kept=$(inside sh -c 'echo /home/ana/venv.devupd-*')
	inside test -d "$kept/lib/python3.10/site-packages/demo"
	document as_ana devupd check --json python-venvs
	outcome python-venvs current
	document as_ana devupd repair --undo -y --json
	exits 0
	inside test -d $venv/lib/python3.10/site-packages/demo
	run ! inside test -e "$kept"
	as_ana devupd upgrade -y python-venvs
	run as_ana devupd history --verify
	exits 0
}

@test "… and where the index does not answer: one error, all as it was" {
	local before
	minor_gone
	before=$(picture)
	index_down
	document as_ana devupd upgrade -y --json python-venvs
	outcome python-venvs failed
	as_before
	index_up
}

@test "one that the settings declare is made under upgrade, not before" {
	own_settings ana 'updaters: {python-venvs: {venvs: [{path: ~/p/data, packages: ["demo>=1", progressbar2]}]}}'
	document as_ana devupd check --json python-venvs
	is "state" missing "$(state_of python-venvs /home/ana/p/data)"
	as_ana devupd repair -y
	run ! inside test -e /home/ana/p/data
	document as_ana devupd upgrade -y --json python-venvs
	exits 0
	is "demo" 1.1 "$(version_in /home/ana/p/data demo)"
	is "progressbar" 4.5 "$(version_in /home/ana/p/data progressbar)"
	document as_ana devupd upgrade -y --json python-venvs
	exits 0
	outcome python-venvs current
}

@test "packages that must import are installed into their venv by its own pip" {
	as_ana python3 -m venv $venv
	own_settings ana 'updaters: {python-packages: {interpreter: ~/venv, packages: [demo, {install: progressbar2, import: progressbar}]}}'
	document as_ana devupd check --json python-packages
	exits 0
	[[ $(field 'of("python-packages").outcome') =~ broken|available ]]
	says progressbar2
	run ! version_in $venv demo
	document as_ana devupd upgrade -y --json python-packages
	exits 0
	is "demo" 1.1 "$(version_in $venv demo)"
	is "progressbar" 4.5 "$(version_in $venv progressbar)"
	document as_ana devupd check --json python-packages
	outcome python-packages current
}

@test "a name that nobody has: one error that names it, nothing half-done" {
	as_ana python3 -m venv $venv
	own_settings ana 'updaters: {python-packages: {interpreter: ~/venv, packages: [demo, nobody-has-this]}}'
	document as_ana devupd upgrade -y --json python-packages
	exits 1
	outcome python-packages failed
	says nobody-has-this
	run ! version_in $venv demo
}

@test "an interpreter that the system looks after is refused, with the way out" {
	own_settings ana 'updaters: {python-packages: {interpreter: /usr/bin/python3, packages: [demo]}}'
	document as_ana devupd upgrade -y --json python-packages
	exits 0
	outcome python-packages broken
	says "PEP 668"
	says "set \`updaters: {python-packages: {interpreter: ~/.venv}}\` in /home/ana/.config/devupd/devupd.yaml"
	run ! as_ana /usr/bin/python3 -c 'import demo'
}

@test "left behind by a new minor: counted, named, and brought into a venv under upgrade" {
	as_ana sh -c 'python3 -m venv ~/venv && /srv/world/wheel ~/p demo 1.0 && mkdir -p ~/.local/lib/python3.10/site-packages &&
		~/venv/bin/python -m zipfile -e ~/p/simple/demo/*.whl ~/.local/lib/python3.10/site-packages && rm -r ~/p'
	own_settings ana 'updaters: {python-packages: {into: ~/venv}}'
	document as_ana devupd check --json python-packages
	exits 0
	says "3.10"
	says demo
	document as_ana devupd upgrade -y --json python-packages
	exits 0
	is "demo" 1.0 "$(version_in $venv demo)"
	document as_ana devupd check --json python-packages
	outcome python-packages current
}

@test "doctor python shows the venv, and why it differs" {
	dangling
	run as_ana devupd doctor python
	says "venv ~/venv"
	says "broken"
	as_ana devupd repair -y
	run as_ana devupd doctor python
	exits 0
	says "all agree"
}
