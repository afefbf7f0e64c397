// The administrators' panel: everybody's standing in Slack and in Cognito, and what an administrator may change.

import { avatar, h, icon } from "./dom.js";
import { keepFocus } from "./focus.js";
import { post } from "./server.js";

const ROLES = [
  ["admin", "admin"],
  ["readonly", "readonly"],
  ["", "no role"],
];

export class Directory {
  // `me` gives the id of the person at the page; `learnt` is told whatever the directory says.
  constructor(dialog, { me, learnt, toast }) {
    Object.assign(this, { dialog, me, learnt, toast, asked: 0 });
    keepFocus(dialog);
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  async open() {
    await this.refresh();
    if (!this.entries) return;
    this.#draw();
    this.dialog.showModal();
    this.dialog.querySelector("select, input")?.focus();
  }

  // Answers may overtake each other; only the one to the latest question counts.
  async refresh() {
    const mine = ++this.asked;
    const answer = await fetch("/ui/directory").catch(() => null);
    const said = answer?.ok ? await answer.json().catch(() => null) : null;
    if (said === null || mine !== this.asked) return;
    this.entries = said.people;
    this.learnt(this.entries);
    if (this.dialog.open) this.#draw();
  }

  async #change(what, body) {
    if (!(await post(`/ui/directory/${what}`, { user: this.me(), ...body }))) this.toast("Not changed: the playground refused it.");
    await this.refresh();
  }

  #draw() {
    const focused = this.dialog.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const head = ["Person", "Slack", "Cognito", "Linked to"].map((name) => h("th", { scope: "col" }, name));
    this.dialog.replaceChildren(
      h(
        "header",
        { class: "modal-header" },
        h("h2", { id: "directory-title" }, "Administrators’ panel"),
        h("button", { type: "button", class: "modal-icon", "aria-label": "Close", "data-key": "close", "data-testid": "directory-close", onclick: () => this.dialog.close() }, icon("close")),
      ),
      h(
        "div",
        { class: "directory-body" },
        h("p", { class: "directory-lead" }, "What an administrator does in Cognito’s and Slack’s own consoles. EC2 Ops is told nothing: it has to find out by itself, at the next click."),
        h("table", { class: "directory" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, this.entries.map((entry) => this.#row(entry)))),
      ),
    );
    if (focused) this.dialog.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  #row(entry) {
    return h(
      "tr",
      { "data-testid": "directory-row", "data-user-id": entry.id },
      h("th", { scope: "row" }, h("div", { class: "directory-person" }, avatar(entry.id, 36), h("div", {}, h("b", {}, entry.realName), h("small", {}, entry.email ?? "no e-mail")))),
      h("td", { "data-label": "Slack" }, this.#flag(entry, "deleted", "Deactivated", entry.deleted), this.#flag(entry, "is_restricted", "Guest", entry.guest)),
      h("td", { "data-label": "Cognito" }, entry.cognito ? this.#user(entry) : h("span", { class: "directory-none" }, "no user")),
      h("td", { "data-label": "Linked to" }, entry.linkedTo ?? h("span", { class: "directory-none" }, "nobody")),
    );
  }

  #user(entry) {
    const { role, enabled } = entry.cognito;
    const known = ROLES.some(([value]) => value === (role ?? ""));
    const select = h(
      "select",
      {
        "aria-label": `Role of ${entry.realName}`,
        "data-key": `${entry.id} role`,
        "data-testid": "role",
        onchange: (event) => this.#change("role", { person: entry.id, role: event.target.value || null }),
      },
      [...ROLES, ...(known ? [] : [[role, role]])].map(([value, name]) => h("option", { value, selected: value === (role ?? "") }, name)),
    );
    const change = (on) => this.#change("enabled", { person: entry.id, on });
    return [select, this.#box(entry, "enabled", "Enabled", enabled, change)];
  }

  #flag(entry, flag, label, on) {
    return this.#box(entry, flag, label, on, (now) => this.#change("slack", { person: entry.id, flag, on: now }));
  }

  #box(entry, name, label, on, change) {
    return h(
      "label",
      { class: "directory-box" },
      h("input", {
        type: "checkbox",
        checked: on,
        "aria-label": `${entry.realName}: ${label}`,
        "data-key": `${entry.id} ${name}`,
        "data-testid": name,
        onchange: (event) => change(event.target.checked),
      }),
      label,
    );
  }
}
