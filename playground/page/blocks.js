// Draws Block Kit blocks. A block it doesn't know shows up as such, instead of vanishing.

import { chart } from "./charts.js";
import { content, dataTable } from "./data_table.js";
import { h } from "./dom.js";
import { element, image } from "./elements.js";
import { inputBlock } from "./inputs.js";
import { plainText, textObject } from "./mrkdwn.js";
import { richText } from "./rich_text.js";

const BLOCKS = {
  section,
  context: (block, context) =>
    h("div", { class: "block context" }, ...(block.elements ?? []).map((item) => (item.type === "image" ? image(item) : textObject(item, context)))),
  header: (block) => h("div", { class: "block header", role: "heading", "aria-level": "3" }, ...plainText(block.text)),
  divider: () => h("hr", { class: "block divider" }),
  actions: (block, context) =>
    h("div", { class: "block actions" }, ...(block.elements ?? []).map((item) => element(item, block.block_id, context))),
  image: (block) =>
    h(
      "figure",
      { class: "block figure" },
      block.title && h("figcaption", {}, ...plainText(block.title)),
      image(block),
    ),
  rich_text: (block, context) => h("div", { class: "block" }, richText(block, context)),
  table,
  data_table: dataTable,
  data_visualization: chart,
  input: (block, context) =>
    inputBlock(block, context, (attributes) =>
      element(block.element, block.block_id, context, { quiet: !block.dispatch_action, attributes }),
    ),
};

export function blocks(list, context) {
  return h(
    "div",
    { class: "blocks" },
    ...list.map((block, index) => {
      const known = { ...block, block_id: block.block_id ?? `block-${index}` };
      const draw = Object.hasOwn(BLOCKS, block.type) ? BLOCKS[block.type] : unsupported;
      return draw(known, context);
    }),
  );
}

function unsupported(block) {
  return h("div", { class: "block unsupported", "data-testid": "unsupported-block" }, `Unsupported block: ${block.type}`);
}

function section(block, context) {
  return h(
    "div",
    { class: `block section ${block.accessory?.type === "image" ? "with-image" : ""}` },
    h(
      "div",
      { class: "section-body" },
      block.text && textObject(block.text, context),
      block.fields && h("div", { class: "fields" }, ...block.fields.map((field) => h("div", { class: "field" }, textObject(field, context)))),
    ),
    block.accessory && h("div", { class: "accessory" }, element(block.accessory, block.block_id, context)),
  );
}

function table(block, context) {
  const [head = [], ...rows] = block.rows ?? [];
  const settings = block.column_settings ?? [];
  const cells = (row, tag) =>
    row.map((cell, column) => {
      const { align = "left", is_wrapped: wrapped = false } = settings[column] ?? {};
      const scope = tag === "th" ? "col" : null;
      return h(tag, { class: `align-${align} ${wrapped ? "wrapped" : ""}`, scope }, ...content(cell, context));
    });
  return h(
    "div",
    { class: "block table-frame", tabindex: "0", role: "region", "aria-label": "Table" },
    h(
      "table",
      { "data-testid": "table" },
      h("thead", {}, h("tr", {}, ...cells(head, "th"))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, ...cells(row, "td")))),
    ),
  );
}
