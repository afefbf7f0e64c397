// The popup above the composer: which commands there are, and what may follow one.

import { avatar, h } from "./dom.js";

// The words of a hint that are typed as they stand: `get` of `get <name-or-id>`.
function literal(hint) {
  const words = hint.split(/\s+/);
  const end = words.findIndex((word) => /^[[<{(]|:|=/.test(word));
  return words.slice(0, end === -1 ? words.length : end).join(" ");
}

// `usage_hint` is split where no bracket is open: `list [a|b] | get <id>` has two parts.
export function hints(usageHint) {
  const parts = [""];
  let depth = 0;
  for (const letter of usageHint) {
    depth += "[<({".includes(letter) ? 1 : "])>}".includes(letter) ? -1 : 0;
    if (letter === "|" && depth === 0) parts.push("");
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim()).filter(Boolean);
}

// What fits `typed`: each suggestion has the `text` it puts into the composer. `eager` ones take Enter at once.
export function suggestions(typed, commands) {
  if (!typed.startsWith("/") || typed.includes("\n")) return { eager: false, items: [] };
  const space = typed.indexOf(" ");
  if (space === -1) {
    const items = commands
      .filter((command) => command.command.startsWith(typed))
      .map((command) => ({ text: `${command.command} `, title: command.command, hint: command.usageHint, detail: command.description }));
    return { eager: items.length > 0 && items[0].title !== typed, items };
  }
  const command = commands.find((entry) => entry.command === typed.slice(0, space));
  const rest = typed.slice(space + 1);
  const items = hints(command?.usageHint ?? "")
    .map((hint) => ({ word: literal(hint), hint }))
    .filter(({ word }) => word && word.startsWith(rest) && word !== rest)
    .map(({ word, hint }) => ({
      text: `${command.command} ${word}${word === hint ? "" : " "}`,
      title: `${command.command} ${word}`,
      hint: hint.slice(word.length).trim(),
      detail: "",
    }));
  return { eager: false, items };
}

export class Completion {
  constructor(popup, input) {
    this.popup = popup;
    this.input = input;
    this.items = [];
    this.selected = -1;
  }

  get open() {
    return this.items.length > 0;
  }

  update(typed, view, accept) {
    const { eager, items } = suggestions(typed, view.commands);
    this.items = items;
    this.accept = accept;
    this.selected = eager ? 0 : -1;
    this.#draw(view);
  }

  close() {
    this.items = [];
    this.popup.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  // True when the popup used the key.
  key(event) {
    if (!this.open) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.#select((this.selected + step + (this.selected < 0 && step < 0 ? 1 : 0) + this.items.length) % this.items.length);
    else if (event.key === "Tab" && !event.shiftKey) this.#take(Math.max(this.selected, 0));
    else if (event.key === "Enter" && !event.shiftKey && this.selected >= 0) this.#take(this.selected);
    else if (event.key === "Escape") this.close();
    else return false;
    return true;
  }

  #take(index) {
    this.accept(this.items[index].text);
  }

  #select(index) {
    this.selected = index;
    [...this.popup.querySelectorAll("[role=option]")].forEach((option, at) => {
      option.setAttribute("aria-selected", String(at === index));
      if (at === index) option.scrollIntoView({ block: "nearest" });
    });
    if (index >= 0) this.input.setAttribute("aria-activedescendant", `suggestion-${index}`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  #draw(view) {
    if (!this.open) return this.close();
    this.popup.replaceChildren(
      h("div", { class: "popup-title" }, h("span", {}, view.app.name), h("span", { class: "keys" }, h("kbd", {}, "Tab"), " to complete, ", h("kbd", {}, "↑"), h("kbd", {}, "↓"), " to choose")),
      ...this.items.map((item, index) =>
        h(
          "div",
          {
            role: "option",
            id: `suggestion-${index}`,
            class: "suggestion",
            "data-testid": "suggestion",
            onmousedown: (event) => {
              event.preventDefault();
              this.#take(index);
            },
          },
          avatar(view.app.user, item.detail ? 36 : 24),
          h(
            "span",
            { class: "suggestion-text" },
            h("span", {}, h("b", {}, item.title), item.hint && h("span", { class: "hint" }, item.hint)),
            item.detail && h("span", { class: "detail" }, item.detail),
          ),
        ),
      ),
    );
    this.popup.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.#select(this.selected);
    return undefined;
  }
}
