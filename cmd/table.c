/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/table.h"

#include <string.h>

#include "cmd/terminal.h"
#include "updaters/lib/list.h"
#include "updaters/lib/text.h"

enum { ROWS_MAX = 1 << 20, CELL_MAX = 16384, GAP = 2 };

/* Each byte becomes four at most. */
static char *escaped(const char *raw)
{
	size_t len = strnlen(raw, CELL_MAX), size = 4 * len + 1;
	char *text = malloc(size);

	if (text != NULL)
		text_escape(raw, len, text, size);
	return text;
}

void table_init(struct table *t, const struct table_form *form)
{
	*t = (struct table){.form = form};
	while (t->n_columns < TABLE_COLUMNS_MAX && form->heads[t->n_columns] != NULL)
		t->n_columns++;
}

static void row_clear(struct table_row *row)
{
	for (size_t i = 0; i < TABLE_COLUMNS_MAX; i++)
		free(row->cells[i]);
	free(row->below);
}

void table_clear(struct table *t)
{
	for (size_t i = 0; i < t->n_rows; i++)
		row_clear(&t->rows[i]);
	free(t->rows);
	t->rows = NULL;
	t->n_rows = 0;
}

bool table_add(struct table *t, const char *const *raw_cells, const char *raw_below)
{
	struct table_row *grown = list_grow(t->rows, t->n_rows, ROWS_MAX, sizeof(*grown));
	bool is_whole = true;

	if (grown == NULL)
		return false;
	t->rows = grown;

	struct table_row *row = &grown[t->n_rows++];

	for (size_t i = 0; i < t->n_columns; i++) {
		row->cells[i] = escaped(raw_cells[i]);
		is_whole &= row->cells[i] != NULL;
	}
	row->color = "";
	row->below = raw_below[0] != '\0' ? escaped(raw_below) : NULL;
	return is_whole && (row->below != NULL || raw_below[0] == '\0');
}

static const char *cell_of(const struct table_row *row, size_t column)
{
	return row->cells[column] != NULL ? row->cells[column] : "";
}

/* No line wider than the window. */
static void table_narrow(const struct table *t, size_t widths[TABLE_COLUMNS_MAX], size_t columns)
{
	size_t total = GAP * (t->n_columns - 1);

	for (size_t i = 0; i < t->n_columns; i++)
		total += widths[i];
	for (size_t i = 0; i < t->form->n_steps && total > columns; i++) {
		const struct table_step *step = &t->form->steps[i];
		size_t *width = &widths[step->column];
		size_t give = *width > step->least ? *width - step->least : 0;

		if (give > total - columns)
			give = total - columns;
		*width -= give;
		total -= give;
	}
}

static void table_widths(const struct table *t, FILE *out, size_t widths[TABLE_COLUMNS_MAX])
{
	for (size_t i = 0; i < t->n_columns; i++) {
		widths[i] = text_columns(t->form->heads[i]);
		for (size_t k = 0; k < t->n_rows; k++) {
			size_t columns = text_columns(cell_of(&t->rows[k], i));

			widths[i] = columns > widths[i] ? columns : widths[i];
		}
	}
	if (terminal_is(fileno(out)))
		table_narrow(t, widths, terminal_columns(fileno(out)));
}

/* color NULL: not the last of its line. */
static void cell_print(const char *text, size_t width, const char *color, FILE *out)
{
	char cell[4 * CELL_MAX + 8];

	text_copy_cut(cell, sizeof(cell), text);
	terminal_cut(cell, sizeof(cell), width);
	if (color == NULL)
		fprintf(out, "%s%*s", cell, (int)(width - text_columns(cell)) + GAP, "");
	else
		fprintf(out, "%s%s%s\n", color, cell, color[0] != '\0' ? "\033[0m" : "");
}

bool table_is_cut(const struct table *t, size_t row, FILE *out)
{
	size_t widths[TABLE_COLUMNS_MAX] = {0}, last = t->n_columns - 1;

	table_widths(t, out, widths);
	return text_columns(cell_of(&t->rows[row], last)) > widths[last];
}

void table_print(const struct table *t, bool with_cut, FILE *out)
{
	size_t widths[TABLE_COLUMNS_MAX] = {0}, last = t->n_columns - 1;

	table_widths(t, out, widths);
	for (size_t i = 0; i < t->n_columns; i++)
		cell_print(t->form->heads[i], widths[i], i == last ? "" : NULL, out);
	for (size_t k = 0; k < t->n_rows; k++) {
		const struct table_row *row = &t->rows[k];

		for (size_t i = 0; i < t->n_columns; i++)
			cell_print(cell_of(row, i), widths[i], i == last ? row->color : NULL, out);
		if (with_cut && text_columns(cell_of(row, last)) > widths[last])
			fprintf(out, "  %s\n", cell_of(row, last));
		if (row->below != NULL)
			fprintf(out, "  %s\n", row->below);
	}
}

void table_say(const char *raw, FILE *out)
{
	SCOPED_FREE char *text = escaped(raw);

	fprintf(out, "%s\n", text != NULL ? text : "");
}
