// The messages of the open channel: dividers, grouping, and staying at the bottom while it grows.

import { h, icon } from "./dom.js";
import { dayKey, dayLabel } from "./dates.js";
import { messageNode, seconds } from "./message.js";

const GROUP_SECONDS = 5 * 60;
const NEAR_BOTTOM = 80;

export class Timeline {
  constructor(scroller, list, jump) {
    this.scroller = scroller;
    this.list = list;
    this.jump = jump;
    this.nodes = new Map();
    this.place = null;
    scroller.addEventListener("scroll", () => this.#atBottom() && this.#hideJump());
    jump.append(icon("down", { size: 14 }), "New messages");
    jump.addEventListener("click", () => this.toBottom());
    // The list grows by itself too: pictures arrive late, tables change their page.
    const resized = new ResizeObserver(() => this.stuck && this.toBottom());
    resized.observe(scroller);
    resized.observe(list);
    this.stuck = true;
    scroller.addEventListener("scroll", () => (this.stuck = this.#atBottom()));
  }

  // `place` names person and channel; `firstUnread` is the ts above which the red line goes, or null.
  show(place, channel, messages, firstUnread, context) {
    const moved = place !== this.place;
    const grew = messages.length > 0 && messages.at(-1).ts !== this.lastTs;
    const stick = moved || this.#atBottom() || (grew && messages.at(-1).user === context.me);
    if (moved) this.nodes.clear();
    this.place = place;
    this.lastTs = messages.at(-1)?.ts;
    this.#arrange([this.#intro(channel, context), ...this.#rows(messages, firstUnread, context)]);
    if (stick) this.toBottom();
    else if (grew) this.jump.hidden = false;
  }

  toBottom() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#hideJump();
  }

  #rows(messages, firstUnread, context) {
    const rows = [];
    let previous = null;
    for (const message of messages) {
      const day = dayKey(seconds(message.ts), context.timeZone);
      const newDay = !previous || dayKey(seconds(previous.ts), context.timeZone) !== day;
      const unread = message.ts === firstUnread;
      if (newDay || unread) rows.push(this.#divider(newDay ? message : null, unread, context));
      const grouped = !newDay && !unread && follows(previous, message);
      rows.push(this.#message(message, grouped, context));
      previous = message;
    }
    return rows;
  }

  #message(message, grouped, context) {
    const replies = context.replies(message);
    return this.#kept(`m${message.ts}`, JSON.stringify([message, grouped, replies]), () => messageNode(message, grouped, context, replies));
  }

  #divider(message, unread, context) {
    const label = message ? dayLabel(seconds(message.ts), context.timeZone) : null;
    const key = `d${label}${unread}${message?.ts}`;
    return this.#kept(key, key, () =>
      h(
        "div",
        { class: `divider-row ${unread ? "unread" : ""}`, role: "separator", "aria-label": [label, unread && "New"].filter(Boolean).join(", ") },
        label && h("span", { class: "day" }, label),
        unread && h("span", { class: "new" }, "New"),
      ),
    );
  }

  #intro(channel, context) {
    if (channel.direct)
      return this.#kept(`intro${channel.id}`, channel.name, () =>
        h("div", { class: "intro" }, h("h2", {}, channel.name), h("p", {}, "Only you see what ", h("strong", {}, channel.name), " writes to you here.")),
      );
    return this.#kept(`intro${channel.id}`, channel.topic, () =>
      h(
        "div",
        { class: "intro" },
        h("h2", {}, h("span", { class: "hash" }, "#"), channel.name),
        h("p", {}, "This is the very beginning of ", h("strong", {}, `#${channel.name}`), `. ${channel.topic}.`),
        channel.hints.length > 0 && hints(channel.hints, context.compose),
      ),
    );
  }

  // Nodes that stay the same stay in the page, so that nothing flickers and nothing is read out twice.
  #kept(key, signature, build) {
    const known = this.nodes.get(key);
    if (known?.signature === signature) return known.node;
    const node = build();
    this.nodes.set(key, { signature, node });
    return node;
  }

  #arrange(wanted) {
    const keep = new Set(wanted);
    for (const node of [...this.list.children]) if (!keep.has(node)) node.remove();
    wanted.forEach((node, index) => {
      if (this.list.children[index] !== node) this.list.insertBefore(node, this.list.children[index] ?? null);
    });
  }

  #atBottom() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < NEAR_BOTTOM;
  }

  #hideJump() {
    this.jump.hidden = true;
  }
}

function hints(offered, compose) {
  return h(
    "ul",
    { class: "hints", "aria-label": "Try" },
    offered.map(([command, shows]) => h("li", {}, h("button", { type: "button", "data-testid": "hint", onclick: () => compose(command) }, h("code", {}, command), h("small", {}, shows)))),
  );
}

function follows(previous, message) {
  return (
    previous.user === message.user &&
    !previous.ephemeral &&
    !message.ephemeral &&
    previous.threadTs === message.threadTs &&
    seconds(message.ts) - seconds(previous.ts) < GROUP_SECONDS
  );
}
