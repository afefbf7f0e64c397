// Keeps the keyboard inside an open dialog: Tab goes round instead of out.

const REACHABLE = "button:not([disabled]), input:not([disabled]), textarea:not([disabled]), select:not([disabled]), a[href], [tabindex='0']";

export function keepFocus(dialog) {
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Tab") return;
    const reachable = [...dialog.querySelectorAll(REACHABLE)].filter((node) => node.offsetParent !== null);
    const [first, last] = [reachable[0], reachable.at(-1)];
    const at = document.activeElement;
    const leaving = event.shiftKey ? at === first || !reachable.includes(at) : at === last;
    if (!leaving || !first) return;
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  });
}
