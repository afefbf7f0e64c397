// The files of a message: pictures are shown, anything else is offered for download.

import { h, icon, safeHref } from "./dom.js";

const PICTURES = ["image/png", "image/jpeg", "image/gif"];

export function files(list) {
  return list.map((file) => (PICTURES.includes(file.mimetype) ? picture(file) : download(file)));
}

function picture(file) {
  const src = safeHref(file.url_private);
  return h(
    "figure",
    { class: "file picture", "data-testid": "file" },
    h("figcaption", {}, file.title),
    src && h("img", { class: "block-image", src, alt: file.alt_txt || file.title, loading: "lazy" }),
  );
}

function download(file) {
  return h(
    "a",
    { class: "file document", "data-testid": "file", href: safeHref(file.url_private) ?? "#", download: file.name },
    h("span", { class: "file-icon" }, icon("file", { size: 22 })),
    h("span", {}, h("b", {}, file.title), h("small", {}, `${file.filetype.toUpperCase()} · ${size(file.size)}`)),
  );
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
