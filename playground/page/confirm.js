// The dialog that asks whether one really means it, before the app hears of anything.

import { h } from "./dom.js";
import { keepFocus } from "./focus.js";
import { plainText, textObject } from "./mrkdwn.js";

// Resolves to whether it was confirmed; Escape and the backdrop deny.
export function confirmed(confirm, context) {
  return new Promise((resolve) => {
    const end = (answer) => {
      dialog.close();
      dialog.remove();
      before?.focus?.({ preventScroll: true });
      resolve(answer);
    };
    const before = document.activeElement;
    const yes = h("button", { type: "button", class: `button ${confirm.style === "danger" ? "danger" : "primary"}`, "data-testid": "confirm-yes", onclick: () => end(true) }, ...plainText(confirm.confirm));
    const dialog = h(
      "dialog",
      { class: "confirm", "aria-labelledby": "confirm-title", "data-testid": "confirm" },
      h("h2", { id: "confirm-title" }, ...plainText(confirm.title)),
      h("div", { class: "confirm-text" }, textObject(confirm.text, context)),
      h("div", { class: "dialog-buttons" }, h("button", { type: "button", class: "button", "data-testid": "confirm-no", onclick: () => end(false) }, ...plainText(confirm.deny)), yes),
    );
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      end(false);
    });
    dialog.addEventListener("click", (event) => event.target === dialog && end(false));
    keepFocus(dialog);
    document.body.append(dialog);
    dialog.showModal();
    yes.focus();
  });
}
