// Slack's mrkdwn as DOM nodes. It is safe by construction: data ends in text nodes and checked addresses.

import { anchor, h } from "./dom.js";
import { formatted } from "./dates.js";
import { withEmoji } from "./emoji.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

export function unescape(text) {
  return text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);
}

// The whole text: code blocks first, for nothing inside them means anything. `verbatim` leaves plain addresses alone.
export function mrkdwn(text, context, verbatim = false) {
  const reading = verbatim ? { ...context, verbatim } : context;
  const root = h("div", { class: "mrkdwn" });
  text.split(/```/).forEach((piece, index, all) => {
    const closed = index % 2 === 1 && index < all.length - 1;
    if (closed) root.append(h("pre", { class: "code-block" }, unescape(plainAngles(piece).replace(/^\n|\n$/g, ""))));
    else {
      const before = index > 0 ? piece.replace(/^\n/, "") : piece;
      root.append(...lines(index % 2 === 1 ? "```" + piece : before, reading));
    }
  });
  return root;
}

// Plain text of a label, with emoji where the text object allows them.
export function plainText(object) {
  const text = String(object?.text ?? "");
  return withEmoji(text, object?.emoji === false);
}

export function textObject(object, context) {
  if (object?.type === "mrkdwn") return mrkdwn(String(object.text ?? ""), context, object.verbatim === true);
  return h("div", { class: "plain" }, ...plainText(object));
}

function lines(text, context) {
  const groups = [];
  for (const line of text.split("\n")) {
    const [kind, body, number] = classify(line);
    const last = groups.at(-1);
    if (last && last.kind === kind && kind !== "line") last.rows.push(body);
    else groups.push({ kind, rows: [body], number });
  }
  return groups.flatMap((group, index) => {
    if (group.kind === "quote") return [h("blockquote", {}, ...group.rows.map((row) => h("div", {}, ...inline(row, context))))];
    if (group.kind === "bullet") return [h("ul", {}, ...group.rows.map((row) => h("li", {}, ...inline(row, context))))];
    if (group.kind === "ordered") {
      return [h("ol", { start: group.number }, ...group.rows.map((row) => h("li", {}, ...inline(row, context))))];
    }
    const nodes = inline(group.rows[0], context);
    const next = groups[index + 1];
    return next && next.kind === "line" ? [...nodes, h("br")] : nodes;
  });
}

function classify(line) {
  let match = /^(?:&gt;|>)\s?(.*)$/.exec(line);
  if (match) return ["quote", match[1]];
  match = /^\s*[•◦▪]\s+(.*)$/.exec(line) ?? /^\s*-\s+(.*)$/.exec(line);
  if (match) return ["bullet", match[1]];
  match = /^\s*(\d{1,3})\.\s+(.*)$/.exec(line);
  if (match) return ["ordered", match[2], Number(match[1])];
  return ["line", line];
}

const STYLES = { "*": "strong", _: "em", "~": "s" };
const INLINE = new RegExp(
  [
    "(?<code>`[^`\\n]+`)",
    "(?<angle><[^<>\\n]+>)",
    "(?<bare>https?://(?:(?!&[lg]t;)[^\\s<>])*(?!&[lg]t;)[^\\s<>.,;:!?'\")\\]*_~])",
    "(?<![\\p{L}\\p{N}*])(?<bold>\\*(?!\\s)[^*\\n]+?(?<!\\s)\\*)(?![\\p{L}\\p{N}*])",
    "(?<![\\p{L}\\p{N}_])(?<italic>_(?!\\s)[^_\\n]+?(?<!\\s)_)(?![\\p{L}\\p{N}_])",
    "(?<![\\p{L}\\p{N}~])(?<strike>~(?!\\s)[^~\\n]+?(?<!\\s)~)(?![\\p{L}\\p{N}~])",
  ].join("|"),
  "u",
);

export function inline(text, context) {
  const nodes = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    nodes.push(...withEmoji(unescape(rest.slice(0, match.index))));
    nodes.push(token(match, context));
    rest = rest.slice(match.index + match[0].length);
  }
  nodes.push(...withEmoji(unescape(rest)));
  return nodes;
}

function token(match, context) {
  const { code, angle, bare } = match.groups;
  if (code) return h("code", {}, unescape(plainAngles(code.slice(1, -1))));
  if (angle) return special(angle.slice(1, -1), context);
  if (bare && context.verbatim) return document.createTextNode(unescape(bare));
  if (bare) return anchor(unescape(bare), unescape(bare));
  const whole = match[0];
  return h(STYLES[whole[0]], {}, ...inline(whole.slice(1, -1), context));
}

// `<…>`: a mention, a date, a link.
function special(content, context) {
  const [target, ...labels] = content.split("|");
  const label = labels.join("|");
  if (target.startsWith("@")) return userMention(target.slice(1), context, label);
  if (target.startsWith("#")) return channelMention(target.slice(1), context, label);
  if (target.startsWith("!date^")) {
    const [, seconds, format, address] = target.split("^");
    return date(Number(seconds), unescape(format ?? ""), unescape(label), context, address);
  }
  if (target.startsWith("!subteam^")) return h("span", { class: "mention" }, unescape(label || "@group"));
  if (target.startsWith("!")) return h("span", { class: "mention broadcast" }, `@${unescape(label || target.slice(1))}`);
  const shown = unescape(label || target.replace(/^mailto:/, ""));
  return anchor(unescape(target), ...withEmoji(shown));
}

export function userMention(userId, context, label = "") {
  const mine = userId === context.me ? " me" : "";
  return h("span", { class: `mention${mine}` }, `@${context.userName(userId) ?? (unescape(label) || userId)}`);
}

export function channelMention(channelId, context, label = "") {
  const name = context.channelName(channelId);
  if (name === null) return h("span", { class: "mention" }, `#${unescape(label) || channelId}`);
  return h("button", { type: "button", class: "mention", onclick: () => context.openChannel(channelId) }, `#${name}`);
}

export function date(seconds, format, fallback, context, address = null) {
  const text = formatted(seconds, format, context.timeZone) ?? fallback;
  const node = h("time", { datetime: Number.isFinite(seconds) ? isoDate(seconds) : null, title: fallback || null }, text);
  return address ? anchor(address, node) : node;
}

function isoDate(seconds) {
  const when = new Date(seconds * 1000);
  return Number.isNaN(when.getTime()) ? null : when.toISOString();
}

// Inside code a link shows only its label, as in Slack.
function plainAngles(text) {
  return text.replace(/<([^<>|\n]+)(?:\|([^<>\n]*))?>/g, (_, target, label) => label || target);
}
