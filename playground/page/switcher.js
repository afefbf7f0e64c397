// Ctrl+K: jump to a channel, run a shortcut or become somebody else by typing a few letters.

import { avatar, h, icon } from "./dom.js";

export class Switcher {
  constructor(dialog, { choices }) {
    this.dialog = dialog;
    this.choices = choices;
    this.input = dialog.querySelector("input");
    this.list = dialog.querySelector("[role=listbox]");
    this.selected = 0;
    this.input.addEventListener("input", () => this.#draw());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  open() {
    this.input.value = "";
    this.#draw();
    if (!this.dialog.open) this.dialog.showModal();
    this.input.focus();
  }

  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.found.length) this.#select((this.selected + step + this.found.length) % this.found.length);
    else if (event.key === "Enter") this.#take(this.found[this.selected]);
    else return;
    event.preventDefault();
  }

  #take(choice) {
    if (!choice) return;
    this.dialog.close();
    choice.go();
  }

  #select(index) {
    this.selected = index;
    [...this.list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    this.list.children[index]?.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", `choice-${index}`);
  }

  #draw() {
    const wanted = this.input.value.trim().toLowerCase();
    this.found = this.choices().filter((choice) => choice.name.toLowerCase().includes(wanted));
    this.list.replaceChildren(
      ...this.found.map((choice, index) =>
        h(
          "div",
          { role: "option", id: `choice-${index}`, class: "choice", "data-testid": "choice", onclick: () => this.#take(choice) },
          choice.person ? avatar(choice.person, 20) : h("span", { class: "hash" }, choice.icon ? icon(choice.icon, { size: 16 }) : "#"),
          h("span", {}, choice.name),
          h("small", {}, choice.detail),
        ),
      ),
    );
    this.#select(0);
  }
}
