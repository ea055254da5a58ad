#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Root reads only what root alone may write, through folders of the same kind, and says what is not.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron rstudio --yes --accept-license
	inside sh -c 'mkdir -p /etc/devupd/conf.d /etc/devupd/recipes
		echo "jobs: 2" >/etc/devupd/devupd.yaml
		echo "keep_packages: 2" >/etc/devupd/conf.d/kept.yaml
		cp /usr/share/devupd/recipes/rstudio.yaml /etc/devupd/recipes/
		echo "A=b" >/etc/devupd/secrets; chmod 600 /etc/devupd/secrets
		echo "env_file: /etc/devupd/secrets" >/etc/devupd/conf.d/secrets.yaml
		mkdir /srv/elsewhere; chmod 755 /srv/elsewhere'
	inside devupd check
}
teardown_file() { world_down; }

# distrusted EXIT PATH COMMAND...: with PATH given to ana, for all or its group to write, or a link,
# COMMAND ends so and names it, with what mends it; and does not, once it is mended.
distrusted() {
	local code=$1 path=$2 how
	shift 2
	for how in "chown ana" "chmod o+w" "chmod g+w"; do
		inside sh -c "stat -c '%u %a' $path >/root/was; $how $path"
		document inside "$@"
		inside sh -c "read -r uid mode </root/was; chown \$uid $path; chmod \$mode $path"
		is "$how $path: exit code" "$code" "$status"
		case $how in
		chown*) says "$path belongs to user $(inside id -u ana)"; says "sudo chown root: $path" ;;
		*) says "others may write $path"; says "sudo chmod go-w $path" ;;
		esac
	done
	inside sh -c "mv $path /srv/elsewhere/moved && ln -s /srv/elsewhere/moved $path"
	document inside "$@"
	inside sh -c "rm $path && mv /srv/elsewhere/moved $path"
	is "link at $path: exit code" "$code" "$status"
	says "$path is a symbolic link"
	document inside "$@"
	exits 0
}

@test "settings: the file, its folder, the folder above" {
	distrusted 5 /etc/devupd/devupd.yaml devupd check positron
	distrusted 5 /etc/devupd/conf.d/kept.yaml devupd check positron
	distrusted 5 /etc/devupd/conf.d devupd check positron
	distrusted 5 /etc/devupd devupd check positron
}

@test "tokens and proxies" {
	local how
	for how in "chown ana" "chmod o+w" "chmod g+w"; do
		inside sh -c "$how /etc/devupd/secrets"
		document inside devupd check positron
		inside sh -c 'chown root /etc/devupd/secrets; chmod 600 /etc/devupd/secrets'
		exits 5
		says "/etc/devupd/secrets"
		[[ $how = chmod* ]] || says "sudo chown root: /etc/devupd/secrets"
		[[ $how = chown* ]] || says "chmod 600 /etc/devupd/secrets"
	done
	inside sh -c 'mv /etc/devupd/secrets /srv/elsewhere/ && ln -s /srv/elsewhere/secrets /etc/devupd/secrets'
	document inside devupd check positron
	exits 5
	says "/etc/devupd/secrets is a symbolic link"
	inside mv /srv/elsewhere/secrets /etc/devupd/secrets
}

@test "recipes: the administrator's and the package's" {
	distrusted 5 /etc/devupd/recipes/rstudio.yaml devupd check rstudio
	distrusted 5 /usr/share/devupd/recipes/positron.yaml devupd check positron
}

@test "the folders of state, packages and the record" {
	distrusted 1 /var/lib/devupd devupd check positron
	distrusted 1 /var/cache/devupd/packages devupd check positron
	distrusted 1 /var/cache/devupd devupd check positron
	distrusted 1 /var/log/devupd devupd check positron
	distrusted 1 /var/lib devupd check positron
}

@test "the record: nothing is added to one that others may write, and nothing is changed" {
	distrusted 1 /var/log/devupd/audit.log devupd upgrade --yes
	distrusted 1 /var/log/devupd/audit.log devupd history --verify
}

@test "a state that is another's is set aside, on record, and begun anew" {
	local how
	for how in "chown ana" "chmod o+w"; do
		inside sh -c "$how /var/lib/devupd/state.db"
		document inside devupd status
		says /var/lib/devupd/state.db
		document inside devupd hold rstudio # is told what is lost first, and may ask again
		exits 1
		says "/var/lib/devupd/state.db can't be used"
		says "begun anew"
		document inside devupd hold rstudio
		exits 0
		is "owner and mode" "root 644" "$(inside stat -c '%U %a' /var/lib/devupd/state.db)"
		is "what was not trusted is kept" 1 "$(inside find /var/lib/devupd -name 'state.db.*' | wc -l)"
		inside sh -c 'rm /var/lib/devupd/state.db.*'
		inside devupd unhold rstudio
	done
	# one that leads elsewhere is not followed: what it leads to stays as it is
	inside sh -c 'cd /var/lib/devupd && mv state.db /srv/elsewhere/ && ln -s /srv/elsewhere/state.db state.db
		sha256sum /srv/elsewhere/state.db >/root/sum'
	document inside devupd hold rstudio
	exits 1
	says "symbolic link"
	inside sha256sum -c /root/sum
	inside devupd unhold rstudio
}

@test "Ubuntu's /var/log, for its group to write, is no reason to refuse" {
	inside sh -c 'chgrp adm /var/log; chmod 775 /var/log'
	document inside devupd check positron
	exits 0
	inside sh -c 'chgrp root /var/log; chmod 755 /var/log'
}
