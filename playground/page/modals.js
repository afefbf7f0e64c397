// The app's modals: a stack of which the top one shows, redrawn in place when the app changes it.

import { avatar, h, icon } from "./dom.js";
import { blocks } from "./blocks.js";
import { keepFocus } from "./focus.js";
import { forget } from "./form.js";
import { plainText } from "./mrkdwn.js";
import { post } from "./server.js";
import { viewSurface } from "./surfaces.js";

const TROUBLE = "We had some trouble connecting. Try again?";

export class Modals {
  constructor(dialog) {
    this.dialog = dialog;
    this.stack = [];
    this.errors = {};
    keepFocus(dialog);
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#close(false);
    });
  }

  // `base` is what every surface of the page shares; `app` is whose modals they are.
  show(stack, base, app) {
    const before = this.top;
    for (const old of this.stack) if (!stack.some((view) => view.id === old.id)) forget(`${base.me} ${old.id}`);
    Object.assign(this, { stack, base, app });
    if (!this.top) return this.#hide();
    if (before?.id === this.top.id && before.hash === this.top.hash) return undefined;
    this.errors = {};
    this.trouble = null;
    this.waiting = false;
    this.#draw(before?.id === this.top.id);
    return undefined;
  }

  get top() {
    return this.stack.at(-1) ?? null;
  }

  // Takes the events that are about a modal; true when it was one.
  told(event) {
    if (!["view_errors", "view_failed"].includes(event.type)) return false;
    if (this.top?.id !== event.view) return event.view !== undefined && this.stack.length > 0;
    this.waiting = false;
    this.errors = event.errors ?? {};
    const homeless = Object.entries(this.errors).filter(([id]) => !this.top.blocks.some((block) => block.block_id === id));
    this.trouble = event.type === "view_failed" ? [TROUBLE, [event.error, ...(event.reasons ?? [])].join(": ")] : homeless.map(([, text]) => text);
    this.#draw(true);
    this.dialog.querySelector("[aria-invalid=true]")?.focus();
    return true;
  }

  #hide() {
    if (this.dialog.open) this.dialog.close();
    this.dialog.replaceChildren();
  }

  #draw(inPlace) {
    const view = this.top;
    const focus = inPlace ? this.#focused() : null;
    const scrolled = inPlace ? (this.dialog.querySelector(".modal-body")?.scrollTop ?? 0) : 0;
    const context = viewSurface(this.base, view, { errors: this.errors, submit: () => this.#submit() });
    const body = h("div", { class: "modal-body", tabindex: "-1" }, this.#banner(), blocks(view.blocks, context));
    const form = h(
      "form",
      {
        class: "modal-form",
        novalidate: true,
        onsubmit: (event) => {
          event.preventDefault();
          this.#submit();
        },
      },
      this.#header(view),
      body,
      this.#footer(view),
    );
    this.dialog.dataset.view = view.id;
    this.dialog.dataset.callbackId = view.callback_id;
    this.dialog.replaceChildren(form);
    if (!this.dialog.open) this.dialog.showModal();
    body.scrollTop = scrolled;
    this.#focus(focus, body);
  }

  #header(view) {
    return h(
      "header",
      { class: "modal-header" },
      this.stack.length > 1
        ? h("button", { type: "button", class: "modal-icon", "aria-label": "Back", "data-testid": "modal-back", onclick: () => this.#close(false) }, icon("back"))
        : avatar(this.app.user, 28),
      h("h2", { id: "modal-title", "data-testid": "modal-title" }, ...plainText(view.title)),
      h("button", { type: "button", class: "modal-icon", "aria-label": "Close", "data-testid": "modal-dismiss", onclick: () => this.#close(true) }, icon("close")),
    );
  }

  #footer(view) {
    return h(
      "footer",
      { class: "modal-footer" },
      h("button", { type: "button", class: "button", "data-testid": "modal-close", onclick: () => this.#close(false) }, ...(view.close ? plainText(view.close) : [view.submit ? "Cancel" : "Close"])),
      view.submit &&
        h(
          "button",
          { type: "submit", class: `button primary ${this.waiting ? "waiting" : ""}`, "data-testid": "modal-submit", disabled: this.waiting || view.submit_disabled, "aria-busy": this.waiting ? "true" : null },
          ...plainText(view.submit),
        ),
    );
  }

  #banner() {
    if (!this.trouble?.length) return null;
    const [said, ...details] = this.trouble;
    return h("div", { class: "banner", role: "alert", "data-testid": "modal-error" }, h("span", {}, said), ...details.map((detail) => h("small", {}, detail)));
  }

  async #submit() {
    const view = this.top;
    if (!view || this.waiting || !view.submit || view.submit_disabled) return;
    this.waiting = true;
    this.#mark();
    const { form } = viewSurface(this.base, view);
    if (await post("/ui/submit", { user: this.base.me, view: view.id, values: form.values() })) return;
    this.told({ type: "view_failed", view: view.id, error: "gone" });
  }

  // The button alone changes while the app is asked, so that nothing that was typed is drawn anew.
  #mark() {
    const submit = this.dialog.querySelector("[data-testid=modal-submit]");
    submit.classList.add("waiting");
    submit.disabled = true;
    submit.setAttribute("aria-busy", "true");
  }

  #close(clear) {
    if (this.top) post("/ui/close", { user: this.base.me, view: this.top.id, clear });
  }

  #focused() {
    const active = this.dialog.contains(document.activeElement) ? document.activeElement : null;
    const name = active?.dataset.actionId ? "actionId" : "testid";
    return active?.dataset[name] ? { selector: `[data-${name === "testid" ? "testid" : "action-id"}="${CSS.escape(active.dataset[name])}"]`, at: active.selectionStart ?? null } : null;
  }

  #focus(focus, body) {
    const again = focus && this.dialog.querySelector(focus.selector);
    const first = this.dialog.querySelector("[data-autofocus]") ?? body.querySelector("input, textarea, .select, .button") ?? body;
    (again ?? first).focus({ preventScroll: true });
    if (again && focus.at !== null && again.setSelectionRange && again.type !== "date") again.setSelectionRange(focus.at, focus.at);
  }
}
