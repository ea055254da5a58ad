#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The examples of the installed manual pages, and the commands of the READMEs, do what they say.

load ../support/e2e
setup_file() {
	world_up
	inside devupd install positron=2026.08.0+331 rstudio --yes --accept-license
	vendor publish positron 2026.08.2-4
}
teardown_file() { world_down; }

# examples PAGE: "EXIT PROMPT COMMAND" a line: the command behind each comment "example EXIT".
examples() {
	inside cat "/usr/share/man/$1" | zcat | awk '
		/^\.\\" example [0-9]+$/ { code = $3; next }
		code != "" { sub(/^\.Dl /, ""); gsub(/\\\(dq/, "\""); print code, $0; code = "" }'
}

# works PAGE LEAST: at least so many examples, each ends as it says.
works() {
	local code prompt line n=0
	while read -r code prompt line; do
		case $prompt in
		'$') run as_ana sh -c "cd ~ && $line" ;;
		'#') run inside sh -c "$line" ;;
		*) echo "neither \$ nor #: $line" >&2; return 1 ;;
		esac </dev/null
		[ "$status" = "$code" ] ||
			{ echo "$1: $line: exit $status, not $code: $output" >&2; return 1; }
		n=$((n + 1))
	done < <(examples "$1")
	[ "$n" -ge "$2" ] || { echo "$1: $n examples, fewer than $2" >&2; return 1; }
}

# walk FILE: the lines behind "    $ " of a README, as ana types them, one after the other.
walk() {
	local line n=0
	while IFS= read -r line; do
		run as_ana sh -c "cd ~/recipes && $line" </dev/null
		[ "$status" = 0 ] || { echo "$1: $line: exit $status: $output" >&2; return 1; }
		n=$((n + 1))
	done < <(sed -n 's/^    \$ //p' "$BATS_TEST_DIRNAME/../../$1")
	[ "$n" -ge "$2" ] || { echo "$1: $n commands, fewer than $2" >&2; return 1; }
}

@test "devupd(8)" { works man8/devupd.8.gz 29; }
@test "devupd.yaml(5)" { works man5/devupd.yaml.5.gz 2; }
@test "devupd-recipe(5)" { works man5/devupd-recipe.5.gz 3; }
@test "devupd-audit(5)" { works man5/devupd-audit.5.gz 7; }
@test "devupd-json(5)" { works man5/devupd-json.5.gz 1; }
@test "devupd-trust(7)" { works man7/devupd-trust.7.gz 1; }

@test "every verb and every option of help is in devupd(8)" {
	page=$(inside cat /usr/share/man/man8/devupd.8.gz | zcat)
	for verb in $(inside devupd help --json | jq -r '.verbs[].name'); do
		grep -q "^\.It Cm $verb\b" <<<"$page" || { echo "no $verb" >&2; return 1; }
		for option in $(inside devupd help "$verb" | grep -oE ' --[a-z-]+' | tr -d ' '); do
			grep -qE "^\.It (Fl . , )?Fl ${option#-}( |$)" <<<"$page" ||
				{ echo "no $option of $verb" >&2; return 1; }
		done
	done
}

# fields PAGE: what stands after .It Li in the section SECTION.
fields() {
	inside cat "/usr/share/man/man5/$1.gz" | zcat |
		awk -v section="$2" '/^\.Sh / { on = index($0, ".Sh " section) == 1 } on && /^\.It Li/' |
		sed 's/^\.It Li //; s/ , /\n/g'
}

@test "every field of a document is described" {
	for key in $(as_ana devupd check --json | jq -r 'keys[], (.updaters[] | keys[])' | sort -u); do
		{ fields devupd-json.5 check; fields devupd-json.5 "OF EVERY"; } | grep -qx "$key" ||
			{ echo "devupd-json says nothing of $key" >&2; return 1; }
	done
	for key in $(inside devupd history --export | sed '1d;$d' | jq -r 'keys[]' | sort -u); do
		fields devupd-audit.5 FIELDS | grep -qx "$key" ||
			{ echo "devupd-audit says nothing of $key" >&2; return 1; }
	done
	for key in $(inside devupd history --export | sed -n '1p;$p' | jq -r 'keys[]' | sort -u); do
		fields devupd-audit.5 "AN EXPORT" | grep -qx "$key" ||
			{ echo "devupd-audit says nothing of an export's $key" >&2; return 1; }
	done
}

# describes SECTION CMD...: each field of the document, but those of records, is in that section.
describes() {
	local key told
	told=$(inside cat /usr/share/man/man5/devupd-json.5.gz | zcat |
		awk -v a=".Sh $1" '/^\.Sh /{ on = index($0 ",", a) > 0 || /OF EVERY/ } on')
	shift
	run --separate-stderr "$@"
	is schema devupd/1 "$(field .schema)"
	for key in $(jq -r '[del(.records) | .. | objects | keys[]] | unique[]' <<<"$output"); do
		grep -qwe "$key" <<<"$told" || { echo "devupd-json says nothing of $key: $*" >&2; return 1; }
	done
}

@test "every field of the other documents is described" {
	describes list as_ana devupd list --all --json
	describes explain as_ana devupd explain rstudio --json
	describes explain as_ana devupd recipe test /usr/share/devupd/recipes/rstudio.yaml --page /dev/null --json
	describes "recipe lint" as_ana devupd recipe lint /usr/share/devupd/recipes/rstudio.yaml --json
	describes verify inside sh -c 'devupd verify /var/cache/devupd/packages/rstudio*.deb --json'
	describes status as_ana devupd status --json
	describes status inside devupd status --json
	describes history inside devupd history --json
	describes history inside devupd history --run last --json
	describes history inside devupd history --verify --json
	describes doctor as_ana devupd doctor --json
	for id in $(jq -r '.checks[].id' <<<"$output" | sort -u); do
		inside cat /usr/share/man/man5/devupd-json.5.gz | zcat | grep -qwe "$id" ||
			{ echo "devupd-json says nothing of the check $id" >&2; return 1; }
	done
	describes doctor as_ana devupd doctor python --json
	describes help as_ana devupd help --json
	describes version as_ana devupd version --json
	describes hold inside devupd hold rstudio --json
	describes hold inside devupd unhold rstudio --json
	for verb in $(as_ana devupd help --json | jq -r '.verbs[].name'); do
		inside cat /usr/share/man/man5/devupd-json.5.gz | zcat | grep -qE "^\.Sh (.*, )?$verb\b" ||
			{ echo "devupd-json says nothing of $verb" >&2; return 1; }
	done
}

@test "README.md" {
	as_ana mkdir -p recipes
	walk README.md 3
}

@test "a newcomer's first recipe: config/recipes/README.md" {
	# The recipe is the first block of the page that begins with "name:".
	awk '/^    name:/ { on = 1 } on && !/^(    |$)/ { exit } on { sub(/^    /, ""); print }' \
		"$BATS_TEST_DIRNAME/../../config/recipes/README.md" |
		as_ana sh -c 'cat >~/recipes/quarto.yaml'
	as_ana sh -c 'cat >~/recipes/_download.json' \
		<"$BATS_TEST_DIRNAME/../fixtures/quarto/quarto_download.json"
	walk config/recipes/README.md 3
	run as_ana devupd recipe test recipes/quarto.yaml --page recipes/_download.json
	says "quarto: version  1.7.34"
	says "quarto: sha256   d95a529c"
}
