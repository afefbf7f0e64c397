// The pane beside the channel: one message, the replies to it, and where one writes the next.

import { Composer } from "./composer.js";
import { h, icon } from "./dom.js";
import { messageNode } from "./message.js";
import { post } from "./server.js";

export class Threads {
  // `changed()` is called when the pane opens or closes; `opened` is where a thread is looked up anew.
  constructor(pane, store, { changed }) {
    this.pane = pane;
    this.store = store;
    this.changed = changed;
    this.place = null;
    this.list = pane.querySelector("[role=log]");
    this.composer = new Composer(pane.querySelector("form"), { send: (text) => this.#send(text), view: () => null });
    const close = pane.querySelector("[data-testid=thread-close]");
    close.append(icon("close"));
    close.addEventListener("click", () => this.close());
    pane.addEventListener("keydown", (event) => event.key === "Escape" && !event.defaultPrevented && this.close());
  }

  open(message) {
    this.place = { channel: message.channel, ts: message.ts };
    this.signature = null;
    this.composer.moveTo(this.store.view.me, { id: `${message.channel}/${message.ts}` }, "Reply…");
    this.changed();
    this.composer.focus();
  }

  close() {
    this.place = null;
    this.changed();
  }

  draw(context) {
    const parent = this.place && this.store.message(this.place.channel, this.place.ts);
    if (!parent) return this.#empty();
    this.store.seeThread(parent);
    const replies = this.store.replies(parent);
    const signature = JSON.stringify([context.me, parent, replies]);
    this.pane.hidden = false;
    if (signature === this.signature) return undefined;
    const grew = this.signature !== null;
    this.signature = signature;
    this.pane.querySelector("#thread-channel").textContent = `${this.store.channel(parent.channel)?.direct ? "" : "#"}${this.store.channelName(parent.channel)}`;
    const inThread = { ...context, thread: true };
    const count = replies.filter((reply) => !reply.ephemeral).length;
    this.list.replaceChildren(
      messageNode(parent, false, inThread),
      h("div", { class: "reply-count" }, count ? `${count} ${count === 1 ? "reply" : "replies"}` : "No replies yet"),
      ...replies.map((reply) => messageNode(reply, false, inThread)),
    );
    if (grew) this.list.scrollTop = this.list.scrollHeight;
    return undefined;
  }

  #empty() {
    this.signature = null;
    this.pane.hidden = true;
    this.list.replaceChildren();
  }

  #send(text) {
    return post("/ui/enter", { user: this.store.view.me, channel: this.place.channel, thread: this.place.ts, text });
  }
}
