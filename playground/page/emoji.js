// Emoji by Slack's short names. Those that carry a state are drawn, so that they look alike on every system.

import { h, svg } from "./dom.js";

const DRAWN = {
  large_green_circle: "dot green",
  red_circle: "dot red",
  large_red_circle: "dot red",
  large_yellow_circle: "dot yellow",
  large_orange_circle: "dot orange",
  large_blue_circle: "dot blue",
  large_purple_circle: "dot purple",
  white_circle: "dot white",
  black_circle: "dot black",
  white_check_mark: "mark check",
  x: "mark cross",
  warning: "mark warning",
  no_entry: "mark stop",
  information_source: "mark info",
};

// Outlines on a 20 by 20 grid, with their colour.
const LINES = {
  lock: ["M5 9h10a1 1 0 0 1 1 1v6.5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V10a1 1 0 0 1 1-1zM6.5 9V6.5a3.5 3.5 0 0 1 7 0V9M10 12.5v2", "#d99a1c"],
  key: ["M7 15.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM9.8 8.7L16 2.5M13 5.5l2.5 2.5", "#d99a1c"],
  link: ["M8.5 11.5a3.5 3.5 0 0 0 5 0l2.8-2.8a3.5 3.5 0 0 0-5-5L10 5M11.5 8.5a3.5 3.5 0 0 0-5 0l-2.8 2.8a3.5 3.5 0 0 0 5 5L10 15", "#3a8fe0"],
  hourglass_flowing_sand: ["M5 2.5h10M5 17.5h10M6 2.5c0 4 4 5 4 7.5s-4 3.5-4 7.5M14 2.5c0 4-4 5-4 7.5s4 3.5 4 7.5M8.5 15.5h3", "#c08a2b"],
  arrows_counterclockwise: ["M16.5 8A7 7 0 0 0 4 6.5M3.5 12A7 7 0 0 0 16 13.5M4 3v3.5h3.5M16 17v-3.5h-3.5", "#3a8fe0"],
  bell: ["M5 14V9a5 5 0 0 1 10 0v5l1.5 1.5h-13zM8.5 17.5a1.7 1.7 0 0 0 3 0", "#c08a2b"],
  hourglass: ["M5 2.5h10M5 17.5h10M6 2.5c0 4 4 5 4 7.5s-4 3.5-4 7.5M14 2.5c0 4-4 5-4 7.5s4 3.5 4 7.5", "#c08a2b"],
  no_entry_sign: ["M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM5.2 5.2l9.6 9.6", "#e0364c"],
  grey_question: ["M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM7.8 8a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.6M10 14.2h.01", "#8a8d91"],
  raising_hand: ["M6 11V5a1.2 1.2 0 0 1 2.4 0v4M8.4 9V3.4a1.2 1.2 0 0 1 2.4 0V9M10.8 9V4.2a1.2 1.2 0 0 1 2.4 0v6M13.2 10V6.4a1.2 1.2 0 0 1 2.4 0V12a5.5 5.5 0 0 1-5.5 5.5c-3 0-4-1.7-6.3-5.3-.9-1.5 1-2.4 2.2-.7", "#c08a2b"],
  rotating_light: ["M5.5 15v-4.5a4.5 4.5 0 0 1 9 0V15M3.5 17.5h13V15h-13zM10 1.5v1.5M3 4l1.2 1.2M17 4l-1.2 1.2M10 9v3", "#e0364c"],
  mag: ["M8.5 14a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM12.5 12.5L17 17", "#3a8fe0"],
  bust_in_silhouette: ["M10 10a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3.5 17.5a6.5 6.5 0 0 1 13 0z", "#5b7fb5"],
};

const CHARACTERS = {
  "+1": "👍", thumbsup: "👍", "-1": "👎", wave: "👋", eyes: "👀", tada: "🎉", rocket: "🚀", fire: "🔥", zap: "⚡",
  bulb: "💡", unlock: "🔓", no_bell: "🔕", gear: "⚙️",
  wrench: "🔧", hammer_and_wrench: "🛠️", memo: "📝", clipboard: "📋", label: "🏷️", bar_chart: "📊",
  chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", calendar: "📅", stopwatch: "⏱️",
  alarm_clock: "⏰", repeat: "🔁", 
  octagonal_sign: "🛑", question: "❓", exclamation: "❗", heavy_check_mark: "✔️",
  ballot_box_with_check: "☑️", desktop_computer: "🖥️", computer: "💻", electric_plug: "🔌", satellite: "🛰️",
  busts_in_silhouette: "👥", robot_face: "🤖", sparkles: "✨", construction: "🚧",
  sleeping: "😴", zzz: "💤", thinking_face: "🤔", slightly_smiling_face: "🙂", smile: "😄", cry: "😢", heart: "❤️",
  point_right: "👉", arrow_right: "➡️", arrow_up: "⬆️", arrow_down: "⬇️", shield: "🛡️", broom: "🧹", bug: "🐛",
};

// The same pictures for the characters themselves, as Slack replaces them too.
const NAMES = {
  "🟢": "large_green_circle", "🔴": "red_circle", "🟡": "large_yellow_circle", "🟠": "large_orange_circle",
  "🔵": "large_blue_circle", "🟣": "large_purple_circle", "⚪": "white_circle", "⚫": "black_circle",
  "✅": "white_check_mark", "❌": "x", "⚠": "warning", "⛔": "no_entry", "ℹ": "information_source", "🔒": "lock",
  "🔑": "key", "🔗": "link", "⏳": "hourglass_flowing_sand", "🔔": "bell", "🔄": "arrows_counterclockwise", "🚨": "rotating_light",
  "🔍": "mag", "👤": "bust_in_silhouette",
};
const CHARACTER = `(?<character>${Object.keys(NAMES).join("|")})\\uFE0F?`;
const ONLY_CHARACTERS = new RegExp(CHARACTER, "u");
const ANY = new RegExp(`:(?<name>[a-z0-9_+'-]+):|${CHARACTER}`, "u");

// Text with its emoji drawn; what nobody knows stays as it was written. `literal` text has no short names.
export function withEmoji(text, literal = false) {
  const pattern = literal ? ONLY_CHARACTERS : ANY;
  const nodes = [];
  let kept = "";
  let rest = text;
  for (let match = pattern.exec(rest); match; match = pattern.exec(rest)) {
    const { name, character } = match.groups;
    const drawn = emoji(name ?? NAMES[character]);
    // The second colon of an unknown name may be the first of a known one.
    const end = match.index + match[0].length - (drawn ? 0 : 1);
    kept += rest.slice(0, drawn ? match.index : end);
    if (drawn) {
      if (kept) nodes.push(kept);
      nodes.push(drawn);
      kept = "";
    }
    rest = rest.slice(end);
  }
  if (kept + rest) nodes.push(kept + rest);
  return nodes;
}

// A node, or null when nobody knows the name: then the text stays as it was written.
export function emoji(name) {
  const label = `:${name}:`;
  const attributes = { role: "img", "aria-label": label, title: label };
  if (Object.hasOwn(DRAWN, name)) return h("span", { class: `emoji ${DRAWN[name]}`, ...attributes });
  if (Object.hasOwn(LINES, name)) {
    const [path, colour] = LINES[name];
    const node = h("span", { class: "emoji line", ...attributes }, svg(path, { size: 17 }));
    node.style.color = colour;
    return node;
  }
  return Object.hasOwn(CHARACTERS, name) ? h("span", { class: "emoji", ...attributes }, CHARACTERS[name]) : null;
}
