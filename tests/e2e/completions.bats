#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What the shells offer behind "devupd", as they find it where the package puts it.

load ../support/e2e
setup_file() { world_up; }
teardown_file() { world_down; }

# Each offers LINE: the words offered at the end of the line, one a line, into $output.
bash_offers() {
	run as_ana bash -c '
		. /usr/share/bash-completion/bash_completion
		_completion_loader devupd
		complete -p devupd | grep -q "F _devupd" || exit 9
		cd ~; read -ra COMP_WORDS <<<"$1"; [[ $1 != *" " ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$1 COMP_POINT=${#1}
		compopt() { :; }
		_devupd devupd; printf "%s\n" "${COMPREPLY[@]}"' - "$1"
}
fish_offers() {
	run as_ana fish -c 'cd ~; complete -C $argv[1] | string replace -r "\t.*" ""' "$1"
}
zsh_offers() { run as_ana sh -c 'cd ~ && /srv/world/zsh-offers "$1"' - "$1"; }

# offered WORD..., unoffered WORD...: among the lines of $output.
offered() {
	local word
	for word; do
		grep -qx -- "$word" <<<"$output" || { echo "no $word in: $output" >&2; return 1; }
	done
}
unoffered() {
	local word
	for word; do
		! grep -qx -- "$word" <<<"$output" || { echo "$word in: $output" >&2; return 1; }
	done
}

# story SHELL: what each of them must know.
story() {
	as_ana sh -c 'touch ~/given.deb'
	"$1_offers" "devupd up"
	offered upgrade
	unoffered check
	"$1_offers" "devupd "
	offered check upgrade install recipe history doctor help
	"$1_offers" "devupd upgrade "
	offered positron rstudio homebrew-python
	unoffered upgrade
	"$1_offers" "devupd rollback pos"
	offered positron
	unoffered rstudio
	"$1_offers" "devupd upgrade --"
	offered --dry-run --yes --unattended
	unoffered --keep --page
	"$1_offers" "devupd clean --"
	offered --keep
	unoffered --reinstall
	"$1_offers" "devupd check --color "
	offered auto always never
	"$1_offers" "devupd history --outcome rol"
	offered rolled-back
	"$1_offers" "devupd history --name pos"
	offered positron
	unoffered rstudio
	"$1_offers" "devupd sta"
	offered status
	"$1_offers" "devupd recipe "
	offered lint test
	unoffered given.deb
	"$1_offers" "devupd doctor "
	offered python
	"$1_offers" "devupd help acc"
	offered accept-license
	"$1_offers" "devupd verify giv"
	offered given.deb
	"$1_offers" "devupd recipe lint giv"
	offered given.deb
	"$1_offers" "devupd list --config giv"
	offered given.deb
	# a recipe of the administrator's, without a start of the program
	inside sh -c 'echo "name: mine" >/etc/devupd/recipes/mine.yaml; mv /usr/bin/devupd /usr/bin/away
		printf "#!/bin/sh\ntouch /home/ana/started\n" >/usr/bin/devupd; chmod +x /usr/bin/devupd'
	"$1_offers" "devupd show mi"
	inside sh -c 'rm /etc/devupd/recipes/mine.yaml; mv /usr/bin/away /usr/bin/devupd; ! test -e /home/ana/started'
	offered mine
	# its options are not asked for behind an option's own argument
	"$1_offers" "devupd --jobs 2 upg"
	offered upgrade
}

@test "bash" { story bash; }
@test "fish" { story fish; }
@test "zsh" { story zsh; }
