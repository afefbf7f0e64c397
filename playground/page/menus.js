// The menu that opens below a button: options to choose from, with search, arrows, Enter and Escape.

import { h, icon } from "./dom.js";
import { plainText, textObject } from "./mrkdwn.js";

const SEARCH_FROM = 8;
const PATIENCE_MS = 200;
const GAP = 4;
const TALLEST = 340;
let current = null;

// `groups` are Slack's option groups; `load(query)` asks for them instead. `pick(option)` is told of every choice,
// `closed()` of the end. A `multiple` menu stays open; `chosen(option)` says what is ticked.
export function openMenu(anchor, settings) {
  current?.close(false);
  current = new Menu(anchor, { role: "listbox", label: "Options", chosen: () => false, ...settings });
  return current;
}

class Menu {
  constructor(anchor, settings) {
    Object.assign(this, { anchor, settings, groups: settings.groups ?? [], selected: 0, asked: 0 });
    this.searches = Boolean(settings.load) || count(this.groups) >= SEARCH_FROM;
    this.input = h("input", {
      type: "text",
      class: "menu-search",
      placeholder: settings.placeholder ?? "Search",
      "aria-label": settings.label,
      role: "combobox",
      "aria-expanded": "true",
      autocomplete: "off",
      "data-testid": "menu-search",
      oninput: () => this.#typed(),
    });
    this.list = h("div", { class: "menu-list", role: settings.role, "aria-label": settings.label, "aria-multiselectable": settings.multiple ? "true" : null, tabindex: "-1" });
    this.node = h("div", { class: "menu", "data-testid": "menu", onkeydown: (event) => this.#key(event) }, this.searches && this.input, this.list);
    (anchor.closest("dialog") ?? document.body).append(this.node);
    anchor.setAttribute("aria-expanded", "true");
    this.outside = (event) => !this.node.contains(event.target) && !anchor.contains(event.target) && this.close(false);
    this.scrolled = (event) => !this.node.contains(event.target) && event.target.contains?.(anchor) && this.#place();
    document.addEventListener("pointerdown", this.outside, true);
    document.addEventListener("scroll", this.scrolled, true);
    this.#typed(true);
    (this.searches ? this.input : this.list).focus({ preventScroll: true });
  }

  close(refocus = true) {
    if (current === this) current = null;
    document.removeEventListener("pointerdown", this.outside, true);
    document.removeEventListener("scroll", this.scrolled, true);
    clearTimeout(this.timer);
    this.asked += 1;
    this.node.remove();
    this.anchor.setAttribute("aria-expanded", "false");
    if (refocus) this.anchor.focus({ preventScroll: true });
    this.settings.closed?.();
  }

  #typed(first = false) {
    const query = this.input.value.trim();
    if (!this.settings.load) return this.#draw(filtered(this.groups, query));
    const least = this.settings.minQuery ?? 3;
    clearTimeout(this.timer);
    if (query.length < least) return this.#say(`Type ${least === 1 ? "a letter" : `at least ${least} letters`} to search`);
    this.#say("Loading…");
    this.timer = setTimeout(() => this.#load(query), first ? 0 : PATIENCE_MS);
    return undefined;
  }

  async #load(query) {
    const asked = (this.asked += 1);
    const groups = await this.settings.load(query);
    if (asked !== this.asked) return;
    if (groups === null) this.#say("Couldn’t load the options. Try again.");
    else this.#draw(groups);
  }

  #say(text) {
    this.options = [];
    this.list.replaceChildren(h("div", { class: "menu-note", role: "status", "data-testid": "menu-note" }, text));
    this.#place();
  }

  #draw(groups) {
    this.options = groups.flatMap((group) => group.options);
    if (!this.options.length) return this.#say("No results");
    let index = 0;
    this.list.replaceChildren(
      ...groups.flatMap((group) => [
        group.label && h("div", { class: "menu-group", role: "presentation" }, ...plainText(group.label)),
        ...group.options.map((option) => this.#option(option, index++)),
      ].filter(Boolean)),
    );
    const chosen = this.options.findIndex((option) => this.settings.chosen(option));
    this.#select(this.settings.role === "menu" ? 0 : Math.max(chosen, 0));
    this.#place();
    return undefined;
  }

  #option(option, index) {
    const isMenu = this.settings.role === "menu";
    const chosen = this.settings.chosen(option);
    return h(
      "div",
      {
        class: `menu-item ${chosen ? "chosen" : ""}`,
        id: `menu-item-${index}`,
        role: isMenu ? "menuitem" : "option",
        "aria-selected": isMenu ? null : String(chosen),
        "data-testid": "option",
        "data-value": option.value,
        onpointermove: () => this.selected !== index && this.#select(index, false),
        onclick: () => this.#pick(index),
      },
      this.settings.multiple && h("span", { class: `tick ${chosen ? "on" : ""}`, "aria-hidden": "true" }, chosen && icon("check", { size: 12 })),
      option.icon && h("span", { class: "menu-icon" }, icon(option.icon, { size: 16 })),
      h("span", { class: "menu-text" }, h("span", { class: "menu-label" }, ...plainText(option.text)), option.description && h("small", {}, ...plainText(option.description))),
      !this.settings.multiple && chosen && icon("check", { size: 16 }),
    );
  }

  #pick(index) {
    const option = this.options[index];
    if (!option) return;
    if (!this.settings.multiple) {
      this.close();
      this.settings.pick(option);
      return;
    }
    this.settings.pick(option);
    const item = this.list.querySelector(`#menu-item-${index}`);
    item.replaceWith(this.#option(option, index));
    this.#select(index);
  }

  #select(index, scroll = true) {
    this.selected = index;
    for (const item of this.list.querySelectorAll(".menu-item")) {
      const active = item.id === `menu-item-${index}`;
      item.classList.toggle("active", active);
      if (active && scroll) item.scrollIntoView({ block: "nearest" });
    }
    (this.searches ? this.input : this.list).setAttribute("aria-activedescendant", `menu-item-${index}`);
  }

  #key(event) {
    const count = this.options.length;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && count) this.#select((this.selected + step + count) % count);
    else if (event.key === "Home" && count && !this.searches) this.#select(0);
    else if (event.key === "End" && count && !this.searches) this.#select(count - 1);
    else if (event.key === "Enter" || (event.key === " " && !this.searches)) this.#pick(this.selected);
    else if (event.key === "Escape") this.close();
    else if (event.key === "Tab") this.close();
    else return;
    event.stopPropagation();
    if (event.key !== "Tab") event.preventDefault();
  }

  // Below the button where there is room, else above it.
  #place() {
    const at = this.anchor.getBoundingClientRect();
    const { style } = this.node;
    style.minWidth = `${Math.max(at.width, 200)}px`;
    const { width, height } = this.node.getBoundingClientRect();
    const below = innerHeight - at.bottom - GAP * 3;
    // What the app is still asked for will need room when it comes.
    const wanted = this.settings.load ? Math.max(height, TALLEST) : height;
    const upwards = below < wanted && at.top > below;
    style.left = `${Math.max(GAP, Math.min(at.left, innerWidth - width - GAP * 2))}px`;
    style.top = upwards ? `${Math.max(GAP, at.top - height - GAP)}px` : `${at.bottom + GAP}px`;
    this.list.style.maxHeight = `${Math.min(300, Math.max(120, (upwards ? at.top : below) - 56))}px`;
  }
}

export function choiceText(option, context) {
  return textObject(option.text, context);
}

function filtered(groups, query) {
  const wanted = query.toLowerCase();
  const fits = (option) => `${option.text.text} ${option.description?.text ?? ""}`.toLowerCase().includes(wanted);
  return groups.map((group) => ({ ...group, options: group.options.filter(fits) })).filter((group) => group.options.length);
}

function count(groups) {
  return groups.reduce((sum, group) => sum + group.options.length, 0);
}
