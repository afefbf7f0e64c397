// One message as a node: who, when, and what it says.

import { avatar, h, icon } from "./dom.js";
import { blocks } from "./blocks.js";
import { ago, clock, fullTime } from "./dates.js";
import { files } from "./files.js";
import { mrkdwn, unescape } from "./mrkdwn.js";

export function seconds(ts) {
  return Number(ts);
}

// `grouped` leaves out the picture and the name: the same person wrote just before. `replies` is the store's word on
// the thread below the message, null where threads are not opened from.
export function messageNode(message, grouped, context, replies = null) {
  const mine = context.inMessage(message);
  const author = context.userName(message.user) ?? message.user;
  const time = clock(seconds(message.ts), context.timeZone);
  const stamp = h(
    "time",
    { class: "stamp", datetime: new Date(seconds(message.ts) * 1000).toISOString(), title: fullTime(seconds(message.ts), context.timeZone) },
    grouped ? time.replace(/\s?[AP]M$/, "") : time,
  );
  const label = [author, time, message.ephemeral ? "only visible to you" : "", unescape(message.text)].filter(Boolean).join(", ");
  return h(
    "article",
    {
      class: `message ${grouped ? "grouped" : ""} ${message.ephemeral ? "ephemeral" : ""}`,
      "data-testid": message.ephemeral ? "ephemeral" : "message",
      "data-ts": message.ts,
      "data-user": message.user,
      "aria-label": label,
      tabindex: "-1",
    },
    message.ephemeral && h("div", { class: "only-you" }, icon("eye", { size: 13 }), "Only visible to you"),
    h("div", { class: "gutter" }, grouped ? stamp : avatar(message.user, 36)),
    h(
      "div",
      { class: "content" },
      !grouped &&
        h("div", { class: "byline" }, h("span", { class: "author" }, author), message.app && h("span", { class: "badge" }, "APP"), stamp),
      !context.thread && message.threadTs && message.threadTs !== message.ts && h("div", { class: "in-thread" }, "replied to a thread"),
      body(message, mine),
      ...(message.attachments ?? []).map((attachment) => attachmentNode(attachment, mine)),
      ...files(message.files ?? []),
      replies?.count > 0 && threadLink(message, replies, context),
    ),
    replies &&
      !message.ephemeral &&
      h(
        "div",
        { class: "message-tools" },
        h("button", { type: "button", title: "Reply in thread", "aria-label": "Reply in thread", "data-testid": "reply-in-thread", onclick: () => context.openThread(message) }, icon("reply", { size: 18 })),
      ),
  );
}

function threadLink(message, { count, people, last, news }, context) {
  return h(
    "button",
    { type: "button", class: `thread-link ${news ? "news" : ""}`, "data-testid": "thread-link", onclick: () => context.openThread(message) },
    ...people.slice(0, 4).map((person) => avatar(person, 24)),
    h("span", { class: "thread-count" }, `${count} ${count === 1 ? "reply" : "replies"}`),
    news && h("span", { class: "thread-new" }, "New"),
    h("span", { class: "thread-last" }, `Last reply ${ago(seconds(last))}`),
    h("span", { class: "thread-view", "aria-hidden": "true" }, "View thread"),
  );
}

function body(message, context) {
  if (message.blocks.length) return blocks(message.blocks, context);
  return message.text ? mrkdwn(message.text, context) : null;
}

function attachmentNode(attachment, context) {
  const bar = h(
    "div",
    { class: "attachment" },
    attachment.title && h("strong", {}, attachment.title),
    attachment.text && mrkdwn(attachment.text, context),
    attachment.blocks && blocks(attachment.blocks, context),
    !attachment.text && !attachment.blocks && attachment.fallback,
  );
  const named = { good: "#2eb67d", warning: "#ecb22e", danger: "#e01e5a" };
  bar.style.borderInlineStartColor = named[attachment.color] ?? attachment.color ?? "";
  return bar;
}
