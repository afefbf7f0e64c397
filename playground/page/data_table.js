// The data_table block: a table that its reader sorts, filters and pages, without the app knowing.

import { h, icon } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { richText } from "./rich_text.js";

const PAGE_SIZE = 5;
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

export function dataTable(block, context) {
  const [head = [], ...rows] = block.rows ?? [];
  const look = context.form.look(`table ${block.block_id}`, { column: null, down: false, filter: "", page: 0 });
  const size = block.page_size ?? PAGE_SIZE;
  const numeric = head.map((_, column) => rows.length > 0 && rows.every((row) => row[column]?.type === "raw_number"));
  const body = h("tbody", {});
  const headings = h("tr", {});
  const range = h("span", { class: "range", role: "status", "data-testid": "data-table-range" });
  const turn = (step, name, label) =>
    h("button", { type: "button", class: `turn ${name}`, "aria-label": label, "data-testid": `data-table-${name}`, onclick: () => change({ page: look.page + step }) }, icon("chevron", { size: 18 }));
  const [previous, next] = [turn(-1, "previous", "Previous page"), turn(1, "next", "Next page")];
  const filter = h("input", {
    type: "search",
    placeholder: "Filter",
    "aria-label": `Filter ${block.caption}`,
    autocomplete: "off",
    "data-testid": "data-table-filter",
    oninput: (event) => change({ filter: event.target.value, page: 0 }),
  });
  filter.value = look.filter;

  function change(what) {
    Object.assign(look, what);
    draw();
  }

  // Ascending, descending, and back to the order the app gave.
  function sort(column) {
    if (look.column !== column) change({ column, down: false, page: 0 });
    else change(look.down ? { column: null, down: false, page: 0 } : { down: true, page: 0 });
    headings.querySelectorAll("button")[column].focus({ preventScroll: true });
  }

  function draw() {
    const shown = sorted(filtered(rows, look.filter), look);
    const pages = Math.max(1, Math.ceil(shown.length / size));
    look.page = Math.min(Math.max(look.page, 0), pages - 1);
    const first = look.page * size;
    headings.replaceChildren(...head.map((cell, column) => heading(cell, column)));
    const visible = shown.slice(first, first + size);
    body.replaceChildren(...visible.map((row) => h("tr", { "data-testid": "data-table-row" }, ...row.map((cell, column) => dataCell(cell, column)))));
    if (!visible.length) body.append(h("tr", { class: "none" }, h("td", { colspan: head.length }, "Nothing matches the filter")));
    range.textContent = visible.length ? `${first + 1}–${first + visible.length} of ${shown.length}` : "0 of 0";
    previous.disabled = look.page === 0;
    next.disabled = look.page >= pages - 1;
    previous.hidden = next.hidden = pages === 1;
  }

  function heading(cell, column) {
    const on = look.column === column;
    const order = on ? (look.down ? "descending" : "ascending") : "none";
    return h(
      "th",
      { scope: "col", class: numeric[column] ? "align-right" : "", "aria-sort": order },
      h(
        "button",
        { type: "button", "data-testid": "data-table-sort", "data-column": column, title: `Sort by ${textOf(cell)}`, onclick: () => sort(column) },
        h("span", {}, ...withEmoji(textOf(cell), true)),
        h("span", { class: `arrow ${on ? "on" : ""} ${look.down && on ? "down" : ""}`, "aria-hidden": "true" }, icon("up", { size: 12 })),
      ),
    );
  }

  function dataCell(cell, column) {
    const isHeader = column === (block.row_header_column_index ?? 0);
    const attributes = { class: numeric[column] ? "align-right" : "", title: textOf(cell) };
    return h(isHeader ? "th" : "td", isHeader ? { ...attributes, scope: "row" } : attributes, ...content(cell, context));
  }

  draw();
  return h(
    "div",
    { class: "block data-table", "data-testid": "data-table" },
    h("div", { class: "data-tools" }, h("span", { class: "data-caption", "aria-hidden": "true" }, block.caption), h("label", { class: "data-filter" }, icon("search", { size: 14 }), filter)),
    h("div", { class: "table-frame", tabindex: "0", role: "region", "aria-label": block.caption }, h("table", { "data-testid": "table" }, h("caption", {}, block.caption), h("thead", {}, headings), body)),
    h("div", { class: "data-pages" }, range, h("span", { class: "turns" }, previous, next)),
  );
}

export function content(cell, context) {
  if (cell?.type === "rich_text") return [richText(cell, context)];
  return withEmoji(textOf(cell), true);
}

export function textOf(cell) {
  if (cell?.type === "raw_number") return cell.text ?? String(cell.value);
  if (cell?.type !== "rich_text") return String(cell?.text ?? "");
  const walk = (part) => part.text ?? part.name ?? (part.elements ?? []).map(walk).join("");
  return walk(cell);
}

function filtered(rows, filter) {
  const words = filter.trim().toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const text = row.map(textOf).join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function sorted(rows, { column, down }) {
  if (column === null) return rows;
  const by = (one, other) => {
    const [a, b] = [one[column], other[column]];
    if (a?.type === "raw_number" && b?.type === "raw_number") return a.value - b.value;
    return collator.compare(textOf(a), textOf(b));
  };
  return [...rows].sort((one, other) => (down ? -by(one, other) : by(one, other)));
}
