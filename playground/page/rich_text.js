// The rich_text block: everything in it is literal, only its structure means something.

import { anchor, h } from "./dom.js";
import { emoji, withEmoji } from "./emoji.js";
import { channelMention, date, userMention } from "./mrkdwn.js";

const STYLES = { bold: "strong", italic: "em", strike: "s", code: "code", underline: "u" };

const INLINE = {
  text: (element) => withBreaks(String(element.text ?? "")),
  link: (element) => [anchor(element.url, element.text || element.url)],
  user: (element, context) => [userMention(element.user_id, context)],
  channel: (element, context) => [channelMention(element.channel_id, context)],
  usergroup: (element) => [h("span", { class: "mention" }, `@${element.usergroup_id}`)],
  broadcast: (element) => [h("span", { class: "mention broadcast" }, `@${element.range}`)],
  emoji: (element) => [emoji(element.name) ?? `:${element.name}:`],
  color: (element) => [h("code", {}, element.value)],
  date: (element, context) => [date(element.timestamp, element.format, element.fallback ?? "", context, element.url)],
};

const CONTAINERS = {
  rich_text_section: (element, context) => h("div", { class: "rich-line" }, ...inlines(element.elements, context)),
  rich_text_quote: (element, context) => h("blockquote", {}, ...inlines(element.elements, context)),
  rich_text_preformatted: (element, context) => h("pre", { class: "code-block" }, ...inlines(element.elements, context)),
  rich_text_list: (element, context) =>
    h(
      element.style === "ordered" ? "ol" : "ul",
      { class: `indent-${Number(element.indent) || 0}`, start: element.offset ? element.offset + 1 : null },
      ...(element.elements ?? []).map((item) => h("li", {}, ...inlines(item.elements, context))),
    ),
};

export function richText(block, context) {
  return h(
    "div",
    { class: "rich-text" },
    ...(block.elements ?? []).map((element) => {
      const draw = CONTAINERS[element.type];
      return draw ? draw(element, context) : h("div", { class: "unsupported" }, `Unsupported element: ${element.type}`);
    }),
  );
}

function inlines(elements, context) {
  return (elements ?? []).flatMap((element) => {
    const nodes = INLINE[element.type]?.(element, context) ?? [`[${element.type}]`];
    return Object.entries(STYLES).reduce(
      (inside, [style, tag]) => (element.style?.[style] ? [h(tag, {}, ...inside)] : inside),
      nodes,
    );
  });
}

function withBreaks(text) {
  return text.split("\n").flatMap((line, index) => [...(index ? [h("br")] : []), ...withEmoji(line, true)]);
}
