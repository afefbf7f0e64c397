// The left column: channels with their unread marks, and the people one can be.

import { avatar, h, icon } from "./dom.js";
import { clock } from "./dates.js";

export function channelList(store, current, open) {
  const mark = h("span", { class: "hash", "aria-hidden": "true" }, "#");
  return store.view.channels
    .filter((channel) => !channel.direct)
    .map((channel) => place(store, channel, current, open, { kind: "Channel", testid: "channel", mark: mark.cloneNode(true) }));
}

// The app's home tab, and what it wrote to this person alone.
export function appList(store, current, open, openHome) {
  const { app, channels } = store.view;
  const direct = channels
    .filter((channel) => channel.direct)
    .map((channel) => place(store, channel, current, open, { kind: "Messages from", testid: "direct-message", mark: avatar(app.user, 20) }));
  if (!app.home) return direct;
  const home = h(
    "button",
    { type: "button", class: "row channel", "data-testid": "app-home", "aria-current": current === "home" ? "page" : null, onclick: openHome },
    avatar(app.user, 20),
    h("span", { class: "row-name" }, direct.length ? `${app.name} · Home` : app.name),
  );
  return [h("li", {}, home), ...direct];
}

// The REST API, for people who write programs.
export function developerList(store, current, open) {
  if (!store.view.api) return [];
  return [
    h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "row channel", "data-testid": "api-tab", "aria-current": current === "api" ? "page" : null, onclick: open },
        h("span", { class: "hash braces", "aria-hidden": "true" }, icon("api", { size: 17 })),
        h("span", { class: "row-name" }, "REST API"),
      ),
    ),
  ];
}

function place(store, channel, current, open, { kind, testid, mark }) {
  const unread = channel.id === current ? 0 : store.unread(channel.id).length;
  return h(
    "li",
    {},
    h(
      "button",
      {
        type: "button",
        class: `row channel ${unread ? "unread" : ""}`,
        "data-testid": testid,
        "data-channel-id": channel.id,
        "aria-current": channel.id === current ? "page" : null,
        "aria-label": `${kind} ${channel.name}${unread ? `, ${unread} unread` : ""}`,
        onclick: () => open(channel.id),
      },
      mark,
      h("span", { class: "row-name" }, channel.name),
      unread > 0 && h("span", { class: "count", "aria-hidden": "true" }, unread > 99 ? "99+" : unread),
    ),
  );
}

export function peopleList(store, become) {
  const { people, me } = store.view;
  return people.map((person, index) =>
    h(
      "button",
      {
        type: "button",
        role: "radio",
        class: "row person",
        "data-testid": "person",
        "data-user-id": person.id,
        "aria-checked": person.id === me ? "true" : "false",
        tabindex: person.id === me ? "0" : "-1",
        title: `${person.title} · ${clock(Date.now() / 1000, person.timeZone)} in ${city(person.timeZone)}`,
        onclick: () => become(person.id),
        onkeydown: (event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (!step) return;
          event.preventDefault();
          become(people[(index + step + people.length) % people.length].id, true);
        },
      },
      h("span", { class: "face" }, avatar(person.id, 28), h("span", { class: "presence" })),
      h("span", { class: "row-name" }, person.realName, h("small", {}, person.title)),
      h("span", { class: `standing ${standingClass(person.standing)}` }, person.standing),
    ),
  );
}

export function city(timeZone) {
  return timeZone.split("/").at(-1).replaceAll("_", " ");
}

function standingClass(standing) {
  return { admin: "is-admin", readonly: "is-readonly", guest: "is-guest" }[standing] ?? "is-unlinked";
}
