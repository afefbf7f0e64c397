// Builds DOM nodes. Data only ever becomes text nodes and checked attributes, never markup.

export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function svg(path, { size = 20, label = null, filled = false } = {}) {
  const root = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const attributes = {
    viewBox: "0 0 20 20",
    width: size,
    height: size,
    fill: filled ? "currentColor" : "none",
    stroke: filled ? "none" : "currentColor",
    "stroke-width": 1.5,
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
    "aria-hidden": label ? null : "true",
    "aria-label": label,
    role: label ? "img" : null,
  };
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null) root.setAttribute(name, value);
  }
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  root.append(line);
  return root;
}

export function svgNode(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) node.setAttribute(name, String(value));
  }
  node.append(...children.filter(Boolean));
  return node;
}

export const ICONS = {
  api: "M7.5 3.5c-2 0-2.5 1-2.5 2.5v1.5c0 1.5-.8 2.5-2 2.5 1.2 0 2 1 2 2.5V14c0 1.5.5 2.5 2.5 2.5M12.5 3.5c2 0 2.5 1 2.5 2.5v1.5c0 1.5.8 2.5 2 2.5-1.2 0-2 1-2 2.5V14c0 1.5-.5 2.5-2.5 2.5",
  copy: "M7.5 7.5h8a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1h-8a1 1 0 0 1-1-1v-8a1 1 0 0 1 1-1zM4 12.5h-.5a1 1 0 0 1-1-1v-8a1 1 0 0 1 1-1h8a1 1 0 0 1 1 1V4",
  eye: "M2 10s3-5.5 8-5.5S18 10 18 10s-3 5.5-8 5.5S2 10 2 10zm8 2.25a2.25 2.25 0 1 0 0-4.5 2.25 2.25 0 0 0 0 4.5z",
  sun: "M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1",
  moon: "M16.5 11.8A6.8 6.8 0 0 1 8.2 3.5a6.8 6.8 0 1 0 8.3 8.3z",
  search: "M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12zm4.5-1.5L17 17",
  send: "M2.7 3.2c-.3-.8.5-1.5 1.2-1.2l13.3 7.1c.7.4.7 1.4 0 1.8L3.9 18c-.7.3-1.5-.4-1.2-1.2L4.7 11h5.6a1 1 0 0 0 0-2H4.7z",
  slash: "M12.5 4.5l-5 11M4 2.5h12a1.5 1.5 0 0 1 1.5 1.5v12a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 16V4A1.5 1.5 0 0 1 4 2.5z",
  down: "M10 4v12M5 11l5 5 5-5",
  more: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  chevron: "M6 8l4 4 4-4",
  people: "M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 16.5c0-2.8 2.2-5 5.5-5s5.5 2.2 5.5 5M13 3.8a3 3 0 0 1 0 5.4M14.5 11.8c2.1.6 3.5 2.4 3.5 4.7",
  home: "M3 9l7-6 7 6v7.5a1 1 0 0 1-1 1h-4v-5H8v5H4a1 1 0 0 1-1-1z",
  bell: "M5 14V9a5 5 0 0 1 10 0v5l1.5 1.5h-13zM8.5 17.5a1.7 1.7 0 0 0 3 0",
  storm: "M6 12.5a3.5 3.5 0 0 1 .3-7A4.5 4.5 0 0 1 15 6.6a3 3 0 0 1-.5 5.9M10.5 10l-2 3.5h3l-2 3.5",
  up: "M10 16V4M5 9l5-5 5 5",
  back: "M16 10H4M9 5l-5 5 5 5",
  check: "M4 10.5l4 4 8-9",
  clock: "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM10 5.5V10l3 2",
  close: "M5 5l10 10M15 5L5 15",
  plus: "M10 4v12M4 10h12",
  zap: "M11 2L4 11.5h5L8.5 18 16 8.5h-5.2z",
  reply: "M4 4h12a1.5 1.5 0 0 1 1.5 1.5v7A1.5 1.5 0 0 1 16 14h-5l-4 3.5V14H4a1.5 1.5 0 0 1-1.5-1.5v-7A1.5 1.5 0 0 1 4 4zM6 8h8M6 10.8h5",
  file: "M5 2.5h6.5L16 7v10a.8.8 0 0 1-.8.8H5a.8.8 0 0 1-.8-.8V3.3a.8.8 0 0 1 .8-.8zM11.5 2.5V7H16",
  menu: "M3 5h14M3 10h14M3 15h14",
};

export function icon(name, options) {
  return svg(ICONS[name], options);
}

// A link from somebody's data: anything but these schemes is shown as plain text.
export function safeHref(address) {
  try {
    const url = new URL(address);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

export function anchor(address, ...children) {
  const href = safeHref(address);
  if (href === null) return h("span", {}, ...children);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

export function avatar(userId, size, alt = "") {
  return h("img", {
    class: "avatar",
    src: `/avatar/${encodeURIComponent(userId)}.svg`,
    width: size,
    height: size,
    alt,
    draggable: "false",
  });
}
