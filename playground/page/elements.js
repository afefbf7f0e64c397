// The interactive elements of blocks. Using one tells the app, as a block action; nothing else happens here.

import { confirmed } from "./confirm.js";
import { anchor, h, icon, safeHref } from "./dom.js";
import { checkboxes, datePicker, radioButtons, textInput } from "./inputs.js";
import { openMenu } from "./menus.js";
import { plainText } from "./mrkdwn.js";
import { several, single } from "./selects.js";

const ELEMENTS = {
  button,
  image,
  overflow,
  checkboxes,
  static_select: single,
  external_select: single,
  multi_static_select: several,
  multi_external_select: several,
  radio_buttons: radioButtons,
  datepicker: datePicker,
  plain_text_input: textInput,
};

// `quiet` elements are parts of a form: they are told with its submission, not when they are used.
export function element(data, blockId, context, { quiet = false, attributes = {} } = {}) {
  const draw = Object.hasOwn(ELEMENTS, data?.type) ? ELEMENTS[data.type] : null;
  if (!draw) return h("span", { class: "unsupported" }, `Unsupported element: ${data?.type}`);
  const node = draw(data, field(data, blockId, context, quiet, attributes), context);
  if (data.focus_on_load) node.setAttribute("data-autofocus", "");
  return node;
}

function field(data, blockId, context, quiet, attributes) {
  return {
    attributes,
    dispatches: !quiet,
    read: (initial) => context.form.get(blockId, data, initial),
    write: (value) => context.form.set(blockId, data, value),
    submit: () => context.submit?.(),
    options: (value) => context.options({ block_id: blockId, action_id: data.action_id, value }),
    // False when a confirm dialog was turned down.
    act: async (more) => {
      if (quiet) return true;
      if (data.confirm && !(await confirmed(data.confirm, context))) return false;
      context.act({ type: data.type, action_id: data.action_id, block_id: blockId, ...more });
      return true;
    },
  };
}

export function image(data) {
  const file = data.slack_file?.id ? `/ui/file/${encodeURIComponent(data.slack_file.id)}` : (data.slack_file?.url ?? null);
  const src = data.slack_file?.id ? file : safeHref(file ?? data.image_url ?? "");
  if (src === null) return h("span", { class: "unsupported" }, data.alt_text ?? "image");
  return h("img", { class: "block-image", src, alt: data.alt_text ?? "", loading: "lazy" });
}

function button(data, { act }) {
  const attributes = {
    class: `button ${data.style ?? ""}`,
    "aria-label": data.accessibility_label,
    "data-testid": "button",
    "data-action-id": data.action_id,
  };
  const said = { text: data.text, value: data.value, style: data.style };
  if (data.url && safeHref(data.url)) {
    const link = anchor(data.url, ...plainText(data.text));
    for (const [name, value] of Object.entries(attributes)) if (value) link.setAttribute(name, value);
    link.addEventListener("click", () => act(said));
    return link;
  }
  return h("button", { type: "button", ...attributes, onclick: () => act(said) }, ...plainText(data.text));
}

function overflow(data, { act }) {
  const open = (event) =>
    openMenu(event.currentTarget, {
      role: "menu",
      label: "More actions",
      groups: [{ options: data.options ?? [] }],
      pick: (option) => {
        if (option.url && safeHref(option.url)) window.open(safeHref(option.url), "_blank", "noopener");
        act({ selected_option: option });
      },
    });
  return h(
    "button",
    { type: "button", class: "button overflow", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": "More actions", "data-testid": "overflow", "data-action-id": data.action_id, onclick: open },
    icon("more", { size: 18 }),
  );
}
