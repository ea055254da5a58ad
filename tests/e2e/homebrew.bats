#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What became of Homebrew's links: found, shown, mended, proved, taken back, found again.

load ../support/e2e
setup_file() {
	world_up
	path_of ana $BREW/bin
}
teardown_file() { world_down; }
setup() { fresh_home; }

# As it was before any story of this file.
fresh_home() {
	as_ana sh -c 'rm -rf ~/.local/state ~/.config/devupd ~/.cache ~/venv ~/p'
}

# What lies in the prefix, with where its links lead; brew's locks are no part of it.
picture() { inside find $BREW -path '*/var/homebrew/locks*' -prune -o -printf '%P %y %u %l %s\n' | sort; }
n_calls() { inside sh -c "cat $BREW.upstream/log 2>/dev/null | wc -l"; }
commands() { field 'of("homebrew-python").changes[] | select(.command) | .command | join(" ")' | sed "s:$BREW:PREFIX:g"; }

# round_trip PREFIX-STATE STATE COMMANDS: the way of one state from found to found again.
round_trip() {
	local broken before
	brew_prefix ana "$1"
	before=$(picture)
	document as_ana devupd check --json homebrew-python
	exits 0
	outcome homebrew-python broken
	is "states" "$2" "$(field '[of("homebrew-python").items[] | select(.outcome == "broken") | .state] | unique | join(" ")')"
	broken=$(field 'of("homebrew-python").items | tojson')
	run as_ana devupd check --exit-status homebrew-python
	exits 4

	document as_ana devupd repair -n --json
	exits 0
	is "what would be run" "$3" "$(commands)"
	is "after a dry run" "$before" "$(picture)"
	is "calls of brew" 0 "$(n_calls)"

	document as_ana devupd repair -y --json
	exits 0
	outcome homebrew-python repaired
	is "what was run" "$3" "$(commands)"
	is "items" "" "$(field 'of("homebrew-python").items[] | select(.outcome == "broken" or .outcome == "failed")')"

	document as_ana devupd repair -y --json
	exits 0
	outcome homebrew-python current
	is "changes of a second run" "[]" "$(field 'of("homebrew-python").changes | tojson')"

	document as_ana devupd repair --undo -y --json
	exits 0
	outcome homebrew-python rolled-back
	is "after the undo" "$before" "$(picture)"
	document as_ana devupd check --json homebrew-python
	is "what is found again" "$broken" "$(field 'of("homebrew-python").items | tojson')"
	document as_ana devupd history --verify
	exits 0
}
proves() { says "python3 runs: $(inside python3 -c 'import platform; print(platform.python_version())')"; }

relink=$'PREFIX/bin/brew unlink python@3.14\nPREFIX/bin/brew link python@3.14'

@test "no Homebrew: absent, and nothing is said" {
	document as_ana devupd check --json
	exits 0
	outcome homebrew absent
	outcome homebrew-python absent
}

@test "a sound prefix is current" {
	brew_prefix ana healthy
	document as_ana devupd check --json
	exits 0
	outcome homebrew-python current
	outcome homebrew available
	says "brew was never updated here"
	as_ana $BREW/bin/brew update
	document as_ana devupd check --json
	exits 0
	outcome homebrew current
	is "installed" 3.14.6 "$(field 'of("homebrew-python").installed')"
}

@test "what a person reads: what is broken, what would be done, what was, and that it runs" {
	brew_prefix ana record-stale
	run as_ana devupd check
	exits 0
	says "homebrew-python"
	says "broken: bin/python3 is missing"
	says "new terminals silently run /usr/bin/python3 ($(inside python3 -c 'import platform; print(platform.python_version())'))"
	says "1 repair: devupd"
	run as_ana devupd repair -n
	exits 0
	says "would: brew unlink python@3.14"
	says "would: brew link python@3.14"
	run as_ana devupd repair -y
	exits 0
	says "brew unlink python@3.14, brew link python@3.14"
	proves
	says "(terminals already open: hash -r)"
	is "python3 of a new terminal" $BREW/bin/python3 "$(as_ana bash -ic 'command -v python3' 2>/dev/null)"
	run as_ana devupd repair -y
	exits 0
	run as_ana devupd repair --undo -y
	exits 0
	run ! inside test -e $BREW/bin/python3
}

@test "on a terminal it asks once; no: nothing is done" {
	brew_prefix ana record-stale
	run terminal 'Repair 1\?.*\[Y/n\]' n -- devupd repair
	exits 1
	is "calls of brew" 0 "$(n_calls)"
	run terminal 'Repair 1\?.*\[Y/n\]' y -- devupd repair
	exits 0
	proves
	is "sudo" 0 "$(n_sudo)"
}

@test "to download something nothing of a person's is done, nor said to be" {
	brew_prefix ana record-stale
	run as_ana devupd upgrade --download-only -y homebrew-python
	exits 0
	run ! grep -F 'brew unlink python@3.14, ' <<<"$output"
	is "calls of brew" 0 "$(n_calls)"
}

@test "without a terminal and without a yes: exit 2, nothing done" {
	brew_prefix ana record-stale
	document as_ana devupd repair --json
	exits 2
	is "calls of brew" 0 "$(n_calls)"
}

@test "the record is stale: the links are gone" { round_trip record-stale links-missing "$relink"; }
@test "not linked" { round_trip not-linked not-linked 'PREFIX/bin/brew link python@3.14'; }
@test "dangling: the keg is gone" { round_trip dangling dangling 'PREFIX/bin/brew link python@3.14'; }
@test "the keg is gone, and record, opt and links deep below speak of it" {
	round_trip keg-gone 'dangling stale' 'PREFIX/bin/brew link python@3.14'
}

@test "the formula is gone: its links go; what only an install can mend stays said" {
	local before
	brew_prefix ana formula-gone
	before=$(picture)
	document as_ana devupd repair -y --json
	exits 0
	outcome homebrew-python broken
	is "states" "default-moved" "$(field '[of("homebrew-python").items[] | select(.outcome == "broken").state] | join(" ")')"
	says "bin/python3 is missing: python@3.13 does not hold it any more; brew install python3"
	run ! inside test -L $BREW/bin/python3
	run as_ana devupd repair --undo -y
	exits 0
	is "after the undo" "$before" "$(picture)"
}

@test "an older formula holds python3" {
	round_trip older-holds older-holds $'PREFIX/bin/brew unlink python@3.14\nPREFIX/bin/brew link --overwrite python@3.14'
}
@test "pip3 of one, python3 of another" {
	round_trip disagrees pip3-disagrees $'PREFIX/bin/brew unlink python@3.14\nPREFIX/bin/brew link --overwrite python@3.14'
}
@test "stale opt links" { round_trip opt-stale stale ''; }
@test "a missing opt link" { round_trip opt-missing missing ''; }
@test "a stale pin" { round_trip pin-stale stale ''; }
@test "foreign files in the way" { round_trip conflict in-the-way 'PREFIX/bin/brew link python@3.14'; }

@test "they are moved aside with a date, none is overwritten" {
	local aside
	brew_prefix ana conflict
	as_ana devupd repair -y
	aside=$(inside sh -c "echo $BREW/bin/python3.devupd-*")
	[[ $aside =~ \.devupd-[0-9]{4}-[0-9]{2}-[0-9]{2}$ ]]
	inside grep -q 2.7 "$aside"
	inside sh -c "grep -qx mine $BREW/share/man/man1/python3.14.1.devupd-*"
}

@test "a link of the person's own is left alone" {
	brew_prefix ana own-link
	document as_ana devupd repair -y --json homebrew-python
	exits 0
	outcome homebrew-python current
	is "the link" $BREW/Cellar/python@3.13/3.13.14_1/bin/python3.13 "$(inside readlink $BREW/bin/python3)"
}

@test "the default moved to a formula that is not installed: the command is said; upgrade runs it" {
	brew_prefix ana moved-default
	upstream python python@3.14 3.14.6 main
	upstream_alias python@3.14
	document as_ana devupd check --json homebrew-python
	outcome homebrew-python broken
	says "brew install python@3.14"
	says "$BREW/opt/python@3.13/libexec/bin"
	document as_ana devupd repair -y --json homebrew-python
	is "calls of brew" "" "$(inside grep install $BREW.upstream/log || true)"
	document as_ana devupd upgrade -y --json homebrew-python
	exits 0
	outcome homebrew-python repaired
	proves
}

@test "another brew is at work: waited for, then done" {
	brew_prefix ana record-stale
	as_ana flock $BREW/var/homebrew/locks/python@3.14.formula.lock sleep 4 &
	sleep 0.5
	document as_ana devupd repair -y --json
	exits 0
	outcome homebrew-python repaired
	wait $!
}

@test "… and longer than one waits: said, nothing changed" {
	local before
	brew_prefix ana record-stale
	before=$(picture)
	as_ana flock $BREW/var/homebrew/locks/python@3.14.formula.lock sleep 6 &
	sleep 0.5
	document as_ana devupd repair -y --json --wait 1
	outcome homebrew-python failed
	error_code homebrew-python busy
	is "the prefix" "$before" "$(picture)"
	wait $!
}

@test "the audit: intent with changes before, result after, in ana's own chain" {
	local log=/home/ana/.local/state/devupd/audit.log
	brew_prefix ana record-stale
	as_ana devupd repair -y
	is "events" "intent result" "$(inside jq -r 'select(.name == "homebrew-python" and (.event == "intent" or .event == "result")).event' $log | xargs)"
	is "what was intended" "brew" \
		"$(inside jq -r 'select(.name == "homebrew-python" and .event == "intent").changes[0].command[0]' $log | xargs basename)"
	is "what became of it" repaired "$(inside jq -r 'select(.name == "homebrew-python" and .event == "result").outcome' $log)"
	is "each link that changed" true "$(inside jq -r 'select(.name == "homebrew-python" and .event == "result") |
		any(.changes[]; .path == "'$BREW/bin/python3'")' $log)"
	run as_ana devupd history --verify
	exits 0
	run as_ana devupd history homebrew-python
	says repaired
	run as_ana devupd repair --undo -y
	exits 0
	run as_ana devupd history homebrew-python
	says rolled-back
	run as_ana devupd history --verify
	exits 0
}

@test "with the state elsewhere the record is there; what is taken back is found all the same" {
	brew_prefix ana record-stale
	as_ana env XDG_STATE_HOME=/home/ana/p devupd repair -y
	is "result" repaired "$(inside jq -r 'select(.name == "homebrew-python" and .event == "result").outcome' /home/ana/p/devupd/audit.log)"
	run as_ana env XDG_STATE_HOME=/home/ana/p devupd history --verify
	exits 0
	document as_ana devupd repair --undo -y --json
	exits 0
	outcome homebrew-python rolled-back
}

@test "a prefix of one's own, where HOMEBREW_PREFIX or the settings say" {
	as_ana /srv/world/brew-prefix /home/ana/p/brew record-stale
	document as_ana env HOMEBREW_PREFIX=/home/ana/p/brew devupd check --json homebrew-python
	is "prefixes" true "$(field '[of("homebrew-python").items[].path] | index("/home/ana/p/brew") != null')"
	own_settings ana 'updaters: {homebrew-python: {prefix: "${home}/p/brew"}}'
	document as_ana devupd repair -y --json
	exits 0
	inside test -L /home/ana/p/brew/bin/python3
}

@test "undone only while nobody has changed it since" {
	brew_prefix ana record-stale
	as_ana devupd repair -y
	as_ana ln -sfn /usr/bin/python3 $BREW/bin/python3
	document as_ana devupd repair --undo -y --json
	exits 3
	outcome homebrew-python failed
	says "left alone: changed since by somebody"
	is "the link" /usr/bin/python3 "$(inside readlink $BREW/bin/python3)"
}

@test "a run that never was can't be undone, nor two at a time" {
	run as_ana devupd repair --undo one two -y
	exits 2
	run as_ana devupd repair --undo nonsense -y
	exits 2
	says "no run 'nonsense'"
}

# --- brew's own upgrade ---------------------------------------------------------------------------

# A prefix whose python3 goes 3.11 -> 3.12 with yq's next version; a venv and packages rest on it.
about_to_move() {
	brew_prefix ana brew
	as_ana sh -c "cd /srv/world && ./brew-prefix $BREW python python@3.11 3.11.2 main &&
		./brew-prefix $BREW linked python@3.11 3.11.2 && ./brew-prefix $BREW keg yq 4.1 yq &&
		./brew-prefix $BREW linked yq 4.1"
	upstream keg yq 4.2 yq
	upstream python python@3.12 3.12.1 main
	as_ana sh -c "echo python@3.12 >$BREW.upstream/yq/4.2/.deps"
	upstream_alias python@3.12
	as_ana $BREW/bin/python3 -m venv --without-pip /home/ana/venv
	# as it is where the newer minor finds another library below
	is "the venv" /home/ana/venv "$(as_ana /home/ana/venv/bin/python -c 'import sys; print(sys.prefix)')"
}
minor_of_python3() { inside readlink $BREW/bin/python3 | grep -o 'python@3[.0-9]*'; }

@test "the plan says what an upgrade would break, and nothing is upgraded by check" {
	about_to_move
	run as_ana devupd check
	exits 0
	says "python3 goes 3.11 -> 3.12: 1 venv affected"
	is "python3" python@3.11 "$(minor_of_python3)"
}

@test "skip: this time nothing of it is upgraded" {
	about_to_move
	run terminal '\[u\]pgrade and repair .*\[p\]in .*\[s\]kip' s -- devupd upgrade
	is "python3" python@3.11 "$(minor_of_python3)"
	run ! inside test -e $BREW/Cellar/yq/4.2
}

@test "pin: what would move python3 stays" {
	about_to_move
	run terminal '\[u\]pgrade and repair .*\[p\]in .*\[s\]kip' p 'Upgrade 1\?.*\[Y/n\]' y -- devupd upgrade
	exits 0
	is "python3" python@3.11 "$(minor_of_python3)"
	inside test -e $BREW/var/homebrew/pinned/yq
	run ! inside test -e $BREW/Cellar/yq/4.2
}

@test "upgrade and repair: the venv that it broke is mended in the same run" {
	about_to_move
	run terminal '\[u\]pgrade and repair .*\[p\]in .*\[s\]kip' u 'Upgrade 1\?.*\[Y/n\]' y -- devupd upgrade
	exits 0
	says "python3 goes 3.11 -> 3.12: 1 venv affected"
	is "python3" python@3.12 "$(minor_of_python3)"
	inside test -e $BREW/Cellar/yq/4.2
	says "yq 4.2"
	is "what the venv runs" $BREW/opt/python@3.11/bin/python3.11 \
		"$(as_ana readlink -f -- /home/ana/venv/bin/python | sed "s:Cellar/python@3.11/3.11.2:opt/python@3.11:")"
	run as_ana devupd check --exit-status
	exits 0
}

@test "unattended it upgrades nothing, unless told so" {
	about_to_move
	document as_ana devupd upgrade --unattended --json
	is "python3" python@3.11 "$(minor_of_python3)"
	is "calls" "" "$(inside grep -E '^(upgrade|update|install)( [^-]|$)' $BREW.upstream/log || true)"
	own_settings ana 'updaters: {homebrew: {upgrade: yes}}'
	document as_ana devupd upgrade --unattended --json
	exits 0
	outcome homebrew updated
	is "python3" python@3.12 "$(minor_of_python3)"
}

@test "unattended it mends links all the same" {
	brew_prefix ana record-stale
	document as_ana devupd upgrade --unattended --json
	exits 0
	outcome homebrew-python repaired
}

@test "brew fails: its words are shown, and the links are mended all the same" {
	about_to_move
	as_ana touch $BREW.upstream/offline
	document as_ana devupd upgrade -y --json homebrew
	outcome homebrew failed
	error_code homebrew brew
	says "brew upgrade failed: yq: Failed to download"
	is "python3" python@3.11 "$(minor_of_python3)"
}
