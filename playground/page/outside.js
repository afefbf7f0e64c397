// The panel "Time and trouble": time that goes by, and a line to EC2 that breaks.

import { h, icon } from "./dom.js";
import { keepFocus } from "./focus.js";
import { post } from "./server.js";

const SPANS = [
  [60, "1 minute"],
  [5 * 60, "5 minutes"],
  [60 * 60, "1 hour"],
];
const LOSSES = [
  ["", "Nothing is lost", "EC2 hears and answers."],
  ["reply", "Its reply is lost", "The machine reboots, and nobody is told: look what CloudTrail is asked for."],
  ["call", "The call is lost", "Nothing reboots, and nobody is told that either. Give it an hour."],
];

export class Outside {
  // `me` gives the id of the person at the page.
  constructor(dialog, { me, toast }) {
    Object.assign(this, { dialog, me, toast });
    keepFocus(dialog);
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  async open() {
    const answer = await fetch("/ui/outside").catch(() => null);
    const said = answer?.ok ? await answer.json().catch(() => null) : null;
    if (said === null) return this.toast("The playground doesn't answer.");
    this.#draw(said.losing ?? "");
    this.dialog.showModal();
    this.dialog.querySelector(".span").focus();
  }

  async #change(what, body, told) {
    const done = await post(`/ui/outside/${what}`, { user: this.me(), ...body });
    this.toast(done ? told : "Not done: the playground refused it.");
  }

  #draw(losing) {
    this.dialog.replaceChildren(
      h(
        "header",
        { class: "modal-header" },
        h("h2", { id: "outside-title" }, "Time and trouble"),
        h("button", { type: "button", class: "modal-icon", "aria-label": "Close", "data-testid": "outside-close", onclick: () => this.dialog.close() }, icon("close")),
      ),
      h(
        "div",
        { class: "outside-body" },
        h("h3", {}, "Let time pass"),
        h("p", {}, "For every reboot that is proposed or under way and for every alert, as if you had waited. EC2 Ops looks again at once: after an hour it reminds of what nobody acknowledged, and a silence is over."),
        h("div", { class: "spans" }, SPANS.map(([seconds, name]) => this.#span(seconds, name))),
        h("h3", { id: "losses-title" }, "At the next reboot"),
        h("div", { class: "losses", role: "radiogroup", "aria-labelledby": "losses-title" }, LOSSES.map((loss) => this.#loss(loss, losing))),
        h("h3", {}, "Machines that do not come back as they should"),
        h("p", {}, "After a reboot ", h("code", {}, "worker-4"), " stays impaired, and the checks of ", h("code", {}, "worker-3"), " never leave ", h("code", {}, "ok"), "."),
      ),
    );
  }

  #span(seconds, name) {
    return h("button", { type: "button", class: "span", "data-testid": "later", "data-seconds": seconds, onclick: () => this.#later(seconds, name) }, name);
  }

  async #later(seconds, name) {
    this.dialog.close();
    await this.#change("later", { seconds }, `${name} later.`);
  }

  #loss([what, name, means], losing) {
    return h(
      "label",
      {},
      h("input", {
        type: "radio",
        name: "loss",
        value: what,
        checked: what === losing,
        "data-testid": `lose-${what || "nothing"}`,
        onchange: () => this.#change("lose", { what: what || null }, what ? `At the next reboot: ${name.toLowerCase()}.` : `${name}.`),
      }),
      h("span", {}, h("b", {}, name), h("small", {}, means)),
    );
  }
}
