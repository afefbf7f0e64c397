// The REST API's page: calls as curl commands, run as whom one is, and their answers as they came.

import { h, icon } from "./dom.js";
import { ask } from "./server.js";

const json = (value) => JSON.stringify(value, null, 2);
// `path` is below the API's address; `once` calls get a new Idempotency-Key with each run.
const CALLS = [
  { id: "list", name: "List instances", group: "Instances", method: "GET", path: () => "/instances?state=running&tag=Env=prod", note: "A page of at most 100; its cursor leads to the next one." },
  { id: "get", name: "One instance", group: "Instances", method: "GET", path: (id) => `/instances/${id}`, note: "web-1, by its id." },
  { id: "metrics", name: "Its metrics", group: "Instances", method: "GET", path: (id) => `/instances/${id}/metrics?group=cpu&range=3h`, note: "The lines of the chart as numbers." },
  { id: "reboot", name: "Reboot it", group: "Instances", method: "POST", path: (id) => `/instances/${id}/reboot`, body: () => ({ reason: "It hangs since the deployment." }), once: true, note: "For admins. The same key is never run twice: the first answer is given again." },
  { id: "audit", name: "Ask the audit", group: "Audit", method: "GET", path: () => "/audit-logs?limit=5", note: "Newest first. With the role readonly: your own rows." },
  { id: "denied", name: "Who was refused", group: "Audit", method: "GET", path: () => "/audit-logs?action=ACCESS_DENIED&limit=5", note: "For admins: every refusal is a row, from Slack and from here." },
  { id: "record", name: "Record an entry", group: "Audit", method: "POST", path: () => "/audit-logs", body: () => ({ action: "DEPLOY", resourceType: "DEPLOYMENT", resourceId: "storefront-142", details: { version: "1.4.2" } }), once: true, note: "For admins: what happened besides, such as a deployment." },
  { id: "document", name: "OpenAPI 3.1", group: "Reference", method: "GET", path: () => "/openapi.json", note: "The document, made from the routes that answer." },
];
const MEANINGS = { 200: "OK", 201: "Created", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 429: "Too Many Requests", 500: "Internal Server Error" };

export class Api {
  constructor(node, { toast }) {
    Object.assign(this, { node, toast, me: null, access: null, current: CALLS[0], asked: 0 });
    this.drafts = new Map();
  }

  hide() {
    this.node.hidden = true;
  }

  // Redrawn for another person only: a redraw would take the keyboard's focus and the last answer away.
  async show(me) {
    this.node.hidden = false;
    if (this.me?.id === me.id) return;
    this.me = me;
    this.access = null;
    this.node.replaceChildren(h("p", { class: "api-wait", role: "status" }, "Signing in as ", me.realName, "…"));
    const access = await this.#signIn();
    if (!access || this.me.id !== me.id) return;
    this.drafts.clear();
    this.#draw();
  }

  async #signIn() {
    const mine = ++this.asked;
    const access = await ask("/ui/api", { user: this.me.id });
    if (mine !== this.asked) return null;
    if (!access) this.node.replaceChildren(h("p", { class: "api-wait" }, "The playground does not answer. Choose the tab again."));
    this.access = access;
    if (!access) this.me = null;
    return access;
  }

  #draft(call) {
    if (!this.drafts.has(call.id)) this.drafts.set(call.id, { path: call.path(this.access.instance), body: call.body ? json(call.body()) : null, key: crypto.randomUUID(), answer: null });
    return this.drafts.get(call.id);
  }

  #draw() {
    const groups = Map.groupBy ? Map.groupBy(CALLS, (call) => call.group) : grouped(CALLS);
    const list = [...groups].map(([group, calls]) => h("section", {}, h("h3", {}, group), calls.map((call) => this.#entry(call))));
    this.panel = h("div", { class: "api-panel" });
    this.node.replaceChildren(h("nav", { class: "api-calls", "aria-label": "Calls" }, list), this.panel);
    this.#drawCall();
  }

  #entry(call) {
    return h(
      "button",
      { type: "button", class: "api-call", "data-testid": "api-call", "data-call": call.id, "aria-current": call === this.current ? "true" : null, onclick: () => this.#choose(call) },
      h("span", { class: `api-method ${call.method.toLowerCase()}` }, call.method),
      h("span", { class: "api-call-name" }, call.name),
    );
  }

  #choose(call) {
    this.current = call;
    for (const entry of this.node.querySelectorAll(".api-call")) {
      if (entry.dataset.call === call.id) entry.setAttribute("aria-current", "true");
      else entry.removeAttribute("aria-current");
    }
    this.#drawCall();
  }

  #drawCall() {
    const call = this.current;
    const draft = this.#draft(call);
    this.command = h("pre", { class: "api-command", tabindex: "0", "aria-label": "Command", "data-testid": "api-command" });
    this.answer = h("section", { class: "api-answer", "aria-live": "polite", "data-testid": "api-answer" });
    const path = h("input", { class: "api-path", value: draft.path, "aria-label": "Path and query", "data-testid": "api-path", spellcheck: "false", autocomplete: "off", oninput: ({ target }) => this.#edit({ path: target.value }) });
    const body = draft.body !== null && h("label", { class: "api-body" }, h("span", {}, "Body"), h("textarea", { rows: draft.body.split("\n").length, spellcheck: "false", "data-testid": "api-body", oninput: ({ target }) => this.#edit({ body: target.value }) }, draft.body));
    this.panel.replaceChildren(
      h("header", { class: "api-title" }, h("h3", {}, call.name), h("p", {}, call.note)),
      this.#token(),
      h(
        "form",
        { class: "api-request", onsubmit: (event) => { event.preventDefault(); this.#run(); } },
        h("div", { class: "api-line" }, h("span", { class: `api-method ${call.method.toLowerCase()}` }, call.method), path, h("button", { type: "submit", class: "button primary api-run", "data-testid": "api-run" }, "Run")),
        body,
      ),
      h("div", { class: "api-block" }, h("div", { class: "api-block-head" }, h("span", {}, "The same with curl"), copyButton("Copy the command, token included", () => this.#inTerminal(this.access.token ?? ""), this.toast)), this.command),
      this.answer,
    );
    this.#edit({});
    this.#drawAnswer();
  }

  #token() {
    const { token, expiresIn, refusal } = this.access;
    if (!token) return h("p", { class: "api-token none", "data-testid": "api-token" }, h("b", {}, `No token for ${this.me.realName}. `), refusal, " Without one the API answers 401.");
    const minutes = Math.round(expiresIn / 60);
    return h("p", { class: "api-token", "data-testid": "api-token" }, h("b", {}, `Access token of ${this.me.realName}`), h("code", {}, `${token.slice(0, 12)}…${token.slice(-6)}`), h("span", {}, `new with each run, good for ${minutes} minutes`), copyButton("Copy the token", () => token, this.toast));
  }

  #edit(change) {
    Object.assign(this.#draft(this.current), change);
    this.command.replaceChildren(...coloured(this.#inTerminal(this.access.token ? "$TOKEN" : "")));
  }

  #inTerminal(token) {
    const { method } = this.current;
    const { path, body, key } = this.#draft(this.current);
    const lines = [`curl -i ${method === "GET" ? "" : `-X ${method} `}${quoted(this.access.base + path)}`];
    if (token) lines.push(`-H "Authorization: Bearer ${token}"`);
    if (body !== null) lines.push(`-H "Content-Type: application/json"`);
    if (this.current.once) lines.push(`-H "Idempotency-Key: ${key}"`);
    if (body !== null) lines.push(`-d ${quoted(compact(body))}`);
    return lines.join(" \\\n  ");
  }

  async #run() {
    const call = this.current;
    const draft = this.#draft(call);
    const button = this.panel.querySelector(".api-run");
    button.disabled = true;
    button.textContent = "Running…";
    const access = await this.#signIn();
    if (access) {
      draft.answer = await called(access, call, draft);
      if (call.once && draft.answer.status < 300) draft.key = crypto.randomUUID();
    }
    if (this.current !== call || !access) return;
    button.disabled = false;
    button.textContent = "Run";
    this.panel.querySelector(".api-token").replaceWith(this.#token());
    this.#edit({});
    this.#drawAnswer();
  }

  #drawAnswer() {
    const { answer } = this.#draft(this.current);
    if (!answer) return this.answer.replaceChildren(h("p", { class: "api-empty" }, "Run it, and the answer is shown here."));
    if (answer.failure) return this.answer.replaceChildren(h("p", { class: "api-empty" }, answer.failure));
    const { status, request, milliseconds, text } = answer;
    const kind = status < 300 ? "good" : status < 500 ? "refused" : "failed";
    this.answer.replaceChildren(
      h(
        "dl",
        { class: "api-facts" },
        h("div", {}, h("dt", {}, "Status"), h("dd", { class: `api-status ${kind}`, "data-testid": "api-status" }, `${status} ${MEANINGS[status] ?? ""}`)),
        h("div", {}, h("dt", {}, "Request"), h("dd", { "data-testid": "api-request-id" }, request ?? "none")),
        h("div", {}, h("dt", {}, "Took"), h("dd", {}, `${milliseconds} ms`)),
      ),
      h("div", { class: "api-block" }, h("div", { class: "api-block-head" }, h("span", {}, "Answer"), copyButton("Copy the answer", () => text, this.toast)), h("pre", { class: "api-json", tabindex: "0", "aria-label": "Answer", "data-testid": "api-json" }, coloured(text))),
    );
  }
}

async function called(access, call, draft) {
  const headers = {};
  if (access.token) headers.Authorization = `Bearer ${access.token}`;
  if (draft.body !== null) headers["Content-Type"] = "application/json";
  if (call.once) headers["Idempotency-Key"] = draft.key;
  const began = performance.now();
  try {
    const answer = await fetch(new URL(access.base).pathname + draft.path, { method: call.method, headers, body: draft.body });
    const text = await answer.text();
    const milliseconds = Math.round(performance.now() - began);
    return { status: answer.status, request: answer.headers.get("x-request-id") ?? answer.headers.get("x-amzn-requestid"), milliseconds, text: pretty(text) };
  } catch {
    return { status: 0, failure: "No answer: the address cannot be called, or the playground has stopped." };
  }
}

function copyButton(label, text, toast) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      toast("Copied.");
    } catch {
      toast("The browser did not allow copying.");
    }
  };
  return h("button", { type: "button", class: "api-copy", "aria-label": label, title: label, onclick: copy }, icon("copy", { size: 15 }), "Copy");
}

function grouped(calls) {
  const groups = new Map();
  for (const call of calls) groups.set(call.group, [...(groups.get(call.group) ?? []), call]);
  return groups;
}

// As a shell takes it literally.
function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function compact(text) {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

function pretty(text) {
  try {
    return json(JSON.parse(text));
  } catch {
    return text;
  }
}

// Strings, names and numbers in colours of their own; the text stays what it was.
function coloured(text) {
  const parts = text.split(/("(?:[^"\\]|\\.)*"(?:\s*:)?|'(?:[^'\\]|\\.)*')/u);
  return parts.filter(Boolean).map((part) => {
    const kind = /^".*:$/su.test(part) ? "name" : /^["']/u.test(part) ? "string" : null;
    return kind ? h("span", { class: `api-${kind}` }, part) : part;
  });
}
