/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the manager's units are. */
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "updaters/lib/bus_raw.h"
#include "updaters/lib/text.h"

#define SERVICE "org.freedesktop.systemd1"

static void ask_word(sd_bus *bus, const char *path, const char *interface, const char *property,
	char *out, size_t out_size)
{
	SCOPED_FREE char *word = NULL;

	if (sd_bus_get_property_string(bus, SERVICE, path, interface, property, NULL, &word) >= 0)
		text_escape(word, strlen(word), out, out_size);
}

bool bus_unit_look(struct bus *b, const char *unit, struct bus_unit_state *out)
{
	sd_bus_message *answer = NULL;
	const char *path = NULL;
	bool is_there;

	*out = (struct bus_unit_state){0};
	if (b == NULL)
		return false;
	is_there = sd_bus_call_method(bus_raw(b), SERVICE, "/org/freedesktop/systemd1",
			   SERVICE ".Manager", "LoadUnit", NULL, &answer, "s", unit) >= 0 &&
		   sd_bus_message_read_basic(answer, 'o', &path) > 0;
	if (is_there) {
		ask_word(bus_raw(b), path, SERVICE ".Unit", "LoadState", out->load,
			sizeof(out->load));
		ask_word(bus_raw(b), path, SERVICE ".Unit", "UnitFileState", out->file,
			sizeof(out->file));
		ask_word(bus_raw(b), path, SERVICE ".Unit", "ActiveState", out->active,
			sizeof(out->active));
		if (text_ends(unit, ".service"))
			ask_word(bus_raw(b), path, SERVICE ".Service", "Result", out->result,
				sizeof(out->result));
	}
	sd_bus_message_unref(answer);
	return is_there;
}
