// Where one writes: Enter sends, Shift+Enter breaks the line, Up brings back what was sent before.

import { Completion } from "./completion.js";

const TALLEST = 220;
const MARKS = { bold: ["*", "*"], italic: ["_", "_"], strike: ["~", "~"], code: ["`", "`"], block: ["```\n", "\n```"] };
const SHORTCUTS = { b: "bold", i: "italic", X: "strike", C: "code" };

export class Composer {
  // `send(text)` says whether the text was taken; `view()` is the store's view.
  constructor(form, { send, view }) {
    this.form = form;
    this.input = form.querySelector("textarea");
    this.submit = form.querySelector("[type=submit]");
    this.completion = new Completion(form.querySelector(".popup"), this.input);
    this.send = send;
    this.view = view;
    this.sent = new Map();
    this.drafts = new Map();
    this.place = null;
    this.#listen();
  }

  // Drafts and what was sent belong to a person in a channel, or to a person.
  moveTo(person, channel, placeholder = `Message ${channel.direct ? "" : "#"}${channel.name}`) {
    if (this.place) this.drafts.set(this.place, this.input.value);
    this.place = `${person} ${channel.id}`;
    this.person = person;
    this.recalled = null;
    this.input.placeholder = placeholder;
    this.input.setAttribute("aria-label", placeholder);
    this.#write(this.drafts.get(this.place) ?? "");
    this.completion.close();
  }

  // Puts a text there for somebody to send.
  propose(text) {
    this.#write(text);
    this.focus();
  }

  focus() {
    this.input.focus({ preventScroll: true });
  }

  #listen() {
    this.input.addEventListener("input", () => this.#changed());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("blur", () => this.completion.close());
    this.input.addEventListener("focus", () => this.#complete());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    for (const button of this.form.querySelectorAll("[data-mark]")) {
      button.addEventListener("mousedown", (event) => event.preventDefault());
      button.addEventListener("click", () => this.#mark(button.dataset.mark));
    }
    const slash = this.form.querySelector("[data-slash]");
    slash?.addEventListener("mousedown", (event) => event.preventDefault());
    slash?.addEventListener("click", () => {
      this.focus();
      if (!this.input.value) this.#write("/");
      this.#complete();
    });
  }

  #key(event) {
    if (event.isComposing) return;
    if (this.completion.key(event)) event.preventDefault();
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") this.#recall(event);
    else if ((event.ctrlKey || event.metaKey) && SHORTCUTS[event.key]) {
      event.preventDefault();
      this.#mark(SHORTCUTS[event.key]);
    }
  }

  async #send() {
    const text = this.input.value;
    if (!text.trim()) return;
    const sent = this.#history();
    if (sent.at(-1) !== text) sent.push(text);
    this.recalled = null;
    this.#write("");
    this.completion.close();
    if (!(await this.send(text)) && !this.input.value) this.#write(text);
  }

  #recall(event) {
    const sent = this.#history();
    const at = this.recalled ?? sent.length;
    const recalling = this.recalled !== null && this.input.value === sent[at];
    if (this.input.value && !recalling) return;
    const next = at + (event.key === "ArrowUp" ? -1 : 1);
    if (next < 0 || next > sent.length || (next === sent.length && this.recalled === null)) return;
    event.preventDefault();
    this.recalled = next === sent.length ? null : next;
    this.#write(sent[next] ?? "");
    this.completion.close();
  }

  #history() {
    if (!this.sent.has(this.person)) this.sent.set(this.person, []);
    return this.sent.get(this.person);
  }

  #mark(name) {
    const [before, after] = MARKS[name];
    const { selectionStart: start, selectionEnd: end, value } = this.input;
    this.focus();
    this.input.setRangeText(before + value.slice(start, end) + after, start, end, "end");
    const inside = start + before.length;
    this.input.setSelectionRange(inside, inside + end - start);
    this.#changed();
  }

  #write(text) {
    this.input.value = text;
    this.input.setSelectionRange(text.length, text.length);
    this.#fit();
  }

  #changed() {
    this.#fit();
    this.#complete();
  }

  #complete() {
    const view = this.view();
    if (!view || document.activeElement !== this.input) return;
    this.completion.update(this.input.value, view, (text) => {
      this.#write(text);
      this.#complete();
    });
  }

  #fit() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, TALLEST)}px`;
    this.submit.disabled = !this.input.value.trim();
  }
}
