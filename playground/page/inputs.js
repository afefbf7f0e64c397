// Elements that hold a value: text, dates, radio buttons, checkboxes; and the input block around one.

import { h } from "./dom.js";
import { plainText, textObject } from "./mrkdwn.js";

let counter = 0;

export function textInput(data, field) {
  const { value } = field.read({ value: data.initial_value ?? "" });
  const node = h(data.multiline ? "textarea" : "input", {
    type: data.multiline ? null : "text",
    class: "text-input",
    rows: data.multiline ? 4 : null,
    placeholder: data.placeholder?.text,
    maxlength: data.max_length,
    autocomplete: "off",
    "data-testid": "text-input",
    "data-action-id": data.action_id,
    ...field.attributes,
    oninput: () => field.write({ value: node.value }),
    onkeydown: (event) => {
      if (event.key !== "Enter" || event.shiftKey || data.multiline || event.isComposing) return;
      event.preventDefault();
      if (field.dispatches) field.act({ value: node.value });
      else field.submit();
    },
  });
  node.value = value ?? "";
  return node;
}

export function datePicker(data, field) {
  const node = h("input", {
    type: "date",
    class: "text-input date-input",
    "aria-label": data.placeholder?.text ?? "Select a date",
    "data-testid": "datepicker",
    "data-action-id": data.action_id,
    ...field.attributes,
    onchange: () => {
      field.write({ selected_date: node.value || null });
      field.act({ selected_date: node.value || null });
    },
  });
  node.value = field.read({ selected_date: data.initial_date ?? null }).selected_date ?? "";
  return node;
}

export function radioButtons(data, field, context) {
  const chosen = field.read({ selected_option: data.initial_option ?? null }).selected_option?.value;
  return choices(data, field, context, "radio", (option) => option.value === chosen, (option) => {
    field.write({ selected_option: option });
    field.act({ selected_option: option });
  });
}

export function checkboxes(data, field, context) {
  const read = () => field.read({ selected_options: data.initial_options ?? [] }).selected_options;
  const isChosen = (option) => read().some((other) => other.value === option.value);
  return choices(data, field, context, "checkbox", isChosen, (option, on) => {
    const others = read().filter((other) => other.value !== option.value);
    field.write({ selected_options: on ? [...others, option] : others });
    field.act({ selected_options: read() });
  });
}

function choices(data, field, context, type, isChosen, changed) {
  const name = `choices-${(counter += 1)}`;
  return h(
    "div",
    { class: "choices", role: type === "radio" ? "radiogroup" : "group", "data-action-id": data.action_id, ...field.attributes },
    ...(data.options ?? []).map((option) =>
      h(
        "label",
        { class: "choice-row" },
        h("input", { type, name, checked: isChosen(option), value: option.value, onchange: (event) => changed(option, event.target.checked) }),
        h("span", {}, textObject(option.text, context), option.description && h("small", {}, textObject(option.description, context))),
      ),
    ),
  );
}

// `draw(attributes)` draws the element, with the ids of its label and its error.
export function inputBlock(block, context, draw) {
  const id = `input-${(counter += 1)}`;
  const error = context.errors?.[block.block_id];
  const describedBy = [block.hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  const attributes = {
    "aria-labelledby": `${id}-label`,
    "aria-describedby": describedBy || null,
    "aria-invalid": error ? "true" : null,
    "aria-required": block.optional ? null : "true",
  };
  return h(
    "div",
    { class: `block input ${error ? "wrong" : ""}`, "data-testid": "input-block", "data-block-id": block.block_id },
    h("div", { class: "input-label", id: `${id}-label` }, ...plainText(block.label), block.optional && h("span", { class: "optional" }, " (optional)")),
    draw(attributes),
    error && h("div", { class: "input-error", id: `${id}-error`, role: "alert", "data-testid": "input-error" }, error),
    block.hint && h("div", { class: "input-hint", id: `${id}-hint` }, ...plainText(block.hint)),
  );
}
