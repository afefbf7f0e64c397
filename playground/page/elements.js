// The interactive elements of blocks. Using one tells the app, as a block action; nothing else happens here.

import { anchor, h, icon, safeHref } from "./dom.js";
import { plainText } from "./mrkdwn.js";

const ELEMENTS = { button, image, overflow, static_select: staticSelect };

export function element(data, blockId, context) {
  const draw = ELEMENTS[data?.type];
  if (!draw) return h("span", { class: "unsupported" }, `Unsupported element: ${data?.type}`);
  return draw(data, (more) => context.act({ type: data.type, action_id: data.action_id, block_id: blockId, ...more }));
}

export function image(data) {
  const src = safeHref(data.image_url ?? "");
  if (src === null) return h("span", { class: "unsupported" }, data.alt_text ?? "image");
  return h("img", { class: "block-image", src, alt: data.alt_text ?? "", loading: "lazy" });
}

function button(data, act) {
  const attributes = {
    class: `button ${data.style ?? ""}`,
    "aria-label": data.accessibility_label,
    "data-action-id": data.action_id,
  };
  const said = { text: data.text, value: data.value, style: data.style };
  if (data.url && safeHref(data.url)) {
    const link = anchor(data.url, ...plainText(data.text));
    link.className = attributes.class;
    link.addEventListener("click", () => act(said));
    return link;
  }
  return h("button", { type: "button", ...attributes, onclick: () => act(said) }, ...plainText(data.text));
}

function staticSelect(data, act) {
  const groups = data.option_groups ?? [{ options: data.options ?? [] }];
  const options = groups.flatMap((group) => group.options);
  const drawn = (option) =>
    h("option", { value: options.indexOf(option), selected: option.value === data.initial_option?.value }, option.text.text);
  const placeholder = data.placeholder?.text ?? "Select an item";
  return h(
    "select",
    {
      class: "button select",
      "aria-label": placeholder,
      "data-action-id": data.action_id,
      onchange: (event) => event.target.value !== "" && act({ selected_option: options[Number(event.target.value)] }),
    },
    h("option", { value: "", selected: !data.initial_option }, placeholder),
    ...groups.map((group) =>
      group.label ? h("optgroup", { label: group.label.text }, ...group.options.map(drawn)) : group.options.map(drawn),
    ),
  );
}

function overflow(data, act) {
  const menu = h(
    "div",
    { class: "menu", role: "menu" },
    ...(data.options ?? []).map((option) =>
      h(
        "button",
        {
          type: "button",
          role: "menuitem",
          onclick: () => {
            root.open = false;
            act({ selected_option: option });
          },
        },
        ...plainText(option.text),
      ),
    ),
  );
  const root = h(
    "details",
    { class: "overflow" },
    h("summary", { class: "button", "aria-label": "More actions", "data-action-id": data.action_id }, icon("more", { size: 16 })),
    menu,
  );
  root.addEventListener("focusout", (event) => {
    if (!root.contains(event.relatedTarget)) root.open = false;
  });
  return root;
}
