// Select menus: static or filled by the app, one option or several.

import { h, icon } from "./dom.js";
import { openMenu } from "./menus.js";
import { plainText } from "./mrkdwn.js";

export function single(data, field) {
  const entry = field.read({ selected_option: data.initial_option ?? null });
  const button = menuButton(data, field, entry.selected_option ? plainText(entry.selected_option.text) : null);
  const choose = async (option) => {
    const before = field.read({ selected_option: data.initial_option ?? null }).selected_option;
    field.write({ selected_option: option });
    show(button, data, plainText(option.text));
    if (await field.act({ selected_option: option })) return;
    field.write({ selected_option: before });
    show(button, data, before ? plainText(before.text) : null);
  };
  button.addEventListener("click", () =>
    openMenu(button, {
      ...source(data, field),
      label: placeholder(data),
      chosen: (option) => option.value === field.read({ selected_option: data.initial_option ?? null }).selected_option?.value,
      pick: choose,
    }),
  );
  return button;
}

export function several(data, field) {
  const read = () => field.read({ selected_options: data.initial_options ?? [] }).selected_options;
  const button = menuButton(data, field, null);
  const draw = () => show(button, data, read().length ? read().map((option) => h("span", { class: "token" }, ...plainText(option.text))) : null);
  const toggle = (option) => {
    const others = read().filter((other) => other.value !== option.value);
    const full = data.max_selected_items && others.length >= data.max_selected_items;
    if (others.length < read().length) field.write({ selected_options: others });
    else if (!full) field.write({ selected_options: [...others, option] });
    draw();
  };
  button.classList.add("several");
  button.addEventListener("click", () => {
    const before = JSON.stringify(read());
    openMenu(button, {
      ...source(data, field),
      label: placeholder(data),
      multiple: true,
      chosen: (option) => read().some((other) => other.value === option.value),
      pick: toggle,
      closed: () => JSON.stringify(read()) !== before && field.act({ selected_options: read() }),
    });
  });
  draw();
  return button;
}

function source(data, field) {
  if (!data.type.includes("external")) return { groups: data.option_groups ?? [{ options: data.options ?? [] }] };
  return { load: (value) => field.options(value), minQuery: data.min_query_length, placeholder: "Type to search" };
}

function menuButton(data, field, shown) {
  const button = h("button", {
    type: "button",
    class: "select",
    "aria-haspopup": "listbox",
    "aria-expanded": "false",
    "data-testid": "select",
    "data-action-id": data.action_id,
    ...field.attributes,
    onkeydown: (event) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      event.currentTarget.click();
    },
  });
  show(button, data, shown);
  return button;
}

function show(button, data, content) {
  button.classList.toggle("empty", content === null);
  button.replaceChildren(h("span", { class: "select-text" }, ...(content ?? [placeholder(data)])), icon("chevron", { size: 16 }));
  if (!button.hasAttribute("aria-labelledby")) button.setAttribute("aria-label", `${placeholder(data)}${content ? `: ${button.textContent}` : ""}`);
}

function placeholder(data) {
  return data.placeholder?.text ?? (data.type.startsWith("multi") ? "Select items" : "Select an item");
}
