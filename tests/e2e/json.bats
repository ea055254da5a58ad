#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The document that scripts read: every field always there.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron --yes --accept-license
	vendor publish positron 2026.08.2-4
}
teardown_file() { world_down; }

keys() { field "$1 | keys_unsorted | sort | join(\" \")"; }

@test "the document's own fields" {
	document inside devupd check --json
	exits 0
	is fields "dry_run error exit finished host run schema started updaters verb" \
		"$(field '. + {error: .error} | keys | join(" ")')"
	is schema devupd/1 "$(field .schema)"
	is verb check "$(field .verb)"
	is exit 0 "$(field .exit)"
	is host "amd64 linuxmint 22 noble" "$(field '.host | "\(.arch) \(.os) \(.os_version) \(.base)"')"
	[[ $(field .started) =~ ^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8} ]]
}

@test "an updater's fields, whatever its outcome" {
	local each
	document inside devupd check --json
	for each in positron rstudio; do
		is "fields of $each" "available changes error installed items kind ms name outcome reason sha256 sha256_from size_bytes source url verified_by" \
			"$(keys "of(\"$each\")")"
	done
}

@test "what is available, and where its digest is from" {
	document inside devupd check --json
	is installed 2026.08.0+331-1755790327 "$(field 'of("positron").installed')"
	is available 2026.08.2+4 "$(field 'of("positron").available')"
	is url https://cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.08.2-4-x64.deb \
		"$(field 'of("positron").url')"
	[[ $(field 'of("positron").sha256') =~ ^[0-9a-f]{64}$ ]]
	[[ $(field 'of("positron").sha256_from') =~ ^(feed|checksums|page)$ ]]
	is size "$(inside stat -c %s /srv/vendors/cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.08.2-4-x64.deb)" \
		"$(field 'of("positron").size_bytes')"
	is "unknown is null" null "$(field 'of("positron").verified_by')"
}

@test "one document, and nothing else on stdout; the rest on stderr" {
	document inside devupd upgrade --yes --json -v
	exits 0
	is documents 1 "$(jq -s length <<<"$output")"
	[ -n "$stderr" ]
}

@test "a run that does not take place has a document, too" {
	document inside devupd upgrade nosuchname --json
	exits 2
	is schema devupd/1 "$(field .schema)"
	is code usage "$(field .error.code)"
	is exit 2 "$(field .exit)"
}

@test "so has an explanation whose pages have nowhere to go" {
	document inside devupd explain positron --json --save /dev/null/pages
	exits 1
	is verb explain "$(field .verb)"
	is exit 1 "$(field .exit)"
	[[ $(field .error.text) == */dev/null/pages* ]]
}

@test "a usage error has one, too, with every field of its verb" {
	local line wanted
	wanted="error exit finished host run schema started updaters verb dry_run"
	wanted=$(tr ' ' '\n' <<<"$wanted" | sort | xargs)
	for line in "check --no-such-option" "upgrade --jobs x" "rollback"; do
		# shellcheck disable=SC2086
		document inside devupd $line --json
		exits 2
		is "fields of $line" "$wanted" "$(keys . | xargs -n1 | sort | xargs)"
		is "verb of $line" "${line%% *}" "$(field .verb)"
		is "code of $line" usage "$(field .error.code)"
		is "base" noble "$(field .host.base)"
	done
	document inside devupd clean --keep x --json
	exits 2
	is verb clean "$(field .verb)"
	document inside devupd help nosuch --json
	exits 2
	is verb help "$(field .verb)"
	is code usage "$(field .error.code)"
}

@test "held is no failure, whatever its sources say" {
	inside devupd hold positron
	vendor down
	document inside devupd check positron --json
	vendor up
	inside devupd unhold positron
	exits 0
	outcome positron held
	is error null "$(field 'of("positron").error')"
}

@test "list, show and history are documents as well" {
	local verb
	for verb in list "show positron" history; do
		# shellcheck disable=SC2086
		document inside devupd $verb --json
		exits 0
		is "schema of $verb" devupd/1 "$(field .schema)"
		is "verb of $verb" "${verb%% *}" "$(field .verb)"
	done
}

@test "no colour and no control characters in a pipe" {
	document inside devupd check --all
	exits 0
	run ! grep -q $'[\x01-\x08\x0b-\x1f]' <<<"$output"
}

@test "nor any that somebody typed" {
	inside devupd hold positron --reason $'talk\n\e[2Jends'
	document inside devupd list --all
	exits 0
	says 'talk\x0a\x1b[2Jends'
	run ! grep -q $'[\x01-\x08\x0b-\x1f]' <<<"$output"
	inside devupd unhold positron
}

@test "show is a recipe, with arch and all addresses: read again it shows the same" {
	inside mkdir -p /root/shown
	inside sh -c 'devupd show positron >/root/shown/positron.yaml
		devupd show rstudio >/root/shown/rstudio.yaml'
	document inside devupd show positron --json
	is arch x64 "$(field .arch.amd64.file)"
	is "the address of a source" https://github.com/posit-dev/positron/releases \
		"$(field '.sources[0].page')"
	is "policy" prefer "$(field .checksum.policy)"
	local name first
	for name in positron rstudio; do
		document inside devupd show "$name" --json
		first=$(field 'del(.file)')
		document inside devupd show "$name" --json --recipes /root/shown
		exits 0
		is "$name, read again" "$first" "$(field 'del(.file)')"
	done
}

@test "a title rules no terminal" {
	inside sh -c 'mkdir /root/odd; sed "s/^title:.*/title: \"\\\\x1b[2J\"/" \
		/root/shown/positron.yaml >/root/odd/positron.yaml'
	document inside devupd show positron --recipes /root/odd
	exits 0
	says 'title: "\x1b[2J"'
	run ! grep -q $'\x1b' <<<"$output"
}

@test "explain what is not installed: no failure, and each candidate's source" {
	document inside devupd explain rstudio
	exits 0
	says "taken; from source 1 (https://posit.co/download/rstudio-desktop/)"
	says "from source 3 (https://posit.co/wp-content/uploads/downloads.json)"
	document inside devupd explain rstudio --json
	exits 0
	is outcome absent "$(field .outcome)"
}
