// The data_visualization block: line, bar, area and pie charts as inline SVG.

import { h, svgNode } from "./dom.js";

const COLOURS = ["#3a8fe0", "#e8912d", "#2eb67d", "#d6455f", "#8a5cc2", "#3aa3b5", "#c9a11e", "#b0509b", "#6b8e23", "#7d6b5d", "#5b7fb5", "#e0784a"];
const BOX = { width: 640, height: 260, left: 52, right: 14, top: 12, bottom: 30 };
const TICKS = 4;
const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

const PLOTS = { line: (plot) => lines(plot, false), area: (plot) => lines(plot, true), bar: bars };

export function chart(block) {
  const { chart: data } = block;
  const entries = data.type === "pie" ? data.segments.map(({ label }) => label) : data.series.map(({ name }) => name);
  return h(
    "figure",
    { class: "block chart", "data-testid": "chart", "data-chart": data.type },
    h("figcaption", {}, block.title),
    data.type === "pie" ? pie(data.segments, summary(block)) : plotted(data, summary(block)),
    h("ul", { class: "legend", "aria-hidden": "true" }, ...entries.map((name, index) => h("li", {}, swatch(index), name, data.type === "pie" && h("b", {}, share(data.segments, index))))),
  );
}

// What somebody hears who can't see it: every number is in there.
function summary({ title, chart: data }) {
  if (data.type === "pie") return `${title}, pie chart. ${data.segments.map(({ label, value }, index) => `${label} ${number.format(value)} (${share(data.segments, index)})`).join(", ")}`;
  const series = data.series.map(({ name, data: points }) => `${name}: ${points.map(({ label, value }) => `${label} ${number.format(value)}`).join(", ")}`);
  return `${title}, ${data.type} chart. ${series.join(". ")}`;
}

function plotted(data, label) {
  const { categories, x_label: xLabel, y_label: yLabel } = data.axis_config;
  const scale = scaleOf(data.series.flatMap((series) => series.data.map((point) => point.value)), data.type !== "line");
  const box = { ...BOX, bottom: BOX.bottom + (xLabel ? 18 : 0), left: BOX.left + (yLabel ? 18 : 0) };
  const inner = { width: box.width - box.left - box.right, height: box.height - box.top - box.bottom };
  const y = (value) => box.top + inner.height * (1 - (value - scale.low) / (scale.high - scale.low));
  const band = inner.width / categories.length;
  const x = (index) => box.left + band * (index + 0.5);
  const series = data.series.map((one) => ({ name: one.name, values: categories.map((name) => one.data.find((point) => point.label === name)?.value ?? null) }));
  const plot = { categories, series, x, y, band, zero: y(Math.min(Math.max(0, scale.low), scale.high)) };
  return svgNode(
    "svg",
    { viewBox: `0 0 ${box.width} ${box.height}`, role: "img", "aria-label": label },
    ...scale.ticks.flatMap((tick) => [
      svgNode("line", { class: tick === 0 ? "axis" : "grid", x1: box.left, x2: box.width - box.right, y1: y(tick), y2: y(tick) }),
      svgNode("text", { class: "tick", x: box.left - 8, y: y(tick) + 4, "text-anchor": "end" }, short.format(tick)),
    ]),
    ...categories.map((name, index) => index % Math.ceil((categories.length * 62) / inner.width) === 0 && svgNode("text", { class: "tick", x: x(index), y: box.height - box.bottom + 18, "text-anchor": "middle" }, cut(name))),
    ...PLOTS[data.type](plot),
    xLabel && svgNode("text", { class: "axis-label", x: box.left + inner.width / 2, y: box.height - 5, "text-anchor": "middle" }, xLabel),
    yLabel && svgNode("text", { class: "axis-label", transform: `translate(13 ${box.top + inner.height / 2}) rotate(-90)`, "text-anchor": "middle" }, yLabel),
  );
}

function lines({ categories, series, x, y, zero }, filled) {
  return series.flatMap(({ name, values }, at) => {
    const points = values.map((value, index) => `${x(index).toFixed(1)},${y(value ?? 0).toFixed(1)}`);
    const ground = `${x(values.length - 1).toFixed(1)},${zero.toFixed(1)} ${x(0).toFixed(1)},${zero.toFixed(1)}`;
    return [
      filled && svgNode("polygon", { points: `${points.join(" ")} ${ground}`, fill: colour(at), "fill-opacity": 0.22 }),
      svgNode("polyline", { points: points.join(" "), fill: "none", stroke: colour(at), "stroke-width": 2, "stroke-linejoin": "round", "stroke-linecap": "round" }),
      ...values.map((value, index) => svgNode("circle", { class: "point", cx: x(index), cy: y(value), r: 3, fill: colour(at) }, tip(`${name}, ${categories[index]}: ${number.format(value)}`))),
    ];
  });
}

function bars({ categories, series, x, y, band, zero }) {
  const width = Math.min(38, (band * 0.72) / series.length);
  return series.flatMap(({ name, values }, at) =>
    values.map((value, index) => {
      const left = x(index) - (width * series.length) / 2 + width * at;
      const [top, bottom] = [Math.min(y(value), zero), Math.max(y(value), zero)];
      return svgNode("rect", { class: "bar", x: left + 1, y: top, width: Math.max(1, width - 2), height: Math.max(0.5, bottom - top), rx: 2, fill: colour(at) }, tip(`${name}, ${categories[index]}: ${number.format(value)}`));
    }),
  );
}

function pie(segments, label) {
  const total = segments.reduce((sum, { value }) => sum + value, 0);
  let turned = 0;
  return svgNode(
    "svg",
    { viewBox: "0 0 200 200", class: "pie", role: "img", "aria-label": label },
    ...segments.map(({ label: name, value }, index) => {
      const [from, to] = [turned, (turned += value / total)];
      const shape = segments.length === 1 ? svgNode("circle", { cx: 100, cy: 100, r: 92, fill: colour(index) }) : svgNode("path", { d: slice(from, to), fill: colour(index), class: "slice" });
      shape.append(tip(`${name}: ${number.format(value)} (${share(segments, index)})`));
      return shape;
    }),
  );
}

function slice(from, to) {
  const at = (part) => [100 + 92 * Math.sin(2 * Math.PI * part), 100 - 92 * Math.cos(2 * Math.PI * part)].map((n) => n.toFixed(2)).join(" ");
  return `M100 100L${at(from)}A92 92 0 ${to - from > 0.5 ? 1 : 0} 1 ${at(to)}Z`;
}

// Round ticks that hold every value; bars and areas stand on zero.
function scaleOf(values, fromZero) {
  const lowest = Math.min(...values, ...(fromZero ? [0] : []));
  const highest = Math.max(...values, ...(fromZero ? [0] : []));
  const from = !fromZero && lowest > 0 && lowest < highest * 0.6 ? 0 : lowest;
  const spread = highest - from || Math.abs(highest) || 1;
  const rough = spread / TICKS;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * size).find((candidate) => candidate >= rough);
  const low = Math.floor(from / step) * step;
  const high = Math.max(low + step, Math.ceil(highest / step) * step);
  const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, index) => Number((low + index * step).toPrecision(10)));
  return { low, high, ticks };
}

const colour = (index) => COLOURS[index % COLOURS.length];
const cut = (name) => (name.length > 12 ? `${name.slice(0, 11)}…` : name);
const tip = (text) => svgNode("title", {}, text);
const swatch = (index) => svgNode("svg", { viewBox: "0 0 10 10", width: 10, height: 10 }, svgNode("rect", { width: 10, height: 10, rx: 3, fill: colour(index) }));

function share(segments, index) {
  const total = segments.reduce((sum, { value }) => sum + value, 0);
  return `${number.format(Math.round((segments[index].value / total) * 1000) / 10)}%`;
}
