// Puts the page together: who one is, which channel is open, and what to draw when something changes.

import { Composer } from "./composer.js";
import { clock } from "./dates.js";
import { avatar, h, icon } from "./dom.js";
import { Stream, post } from "./server.js";
import { channelList, city, peopleList } from "./sidebar.js";
import { Store } from "./store.js";
import { Switcher } from "./switcher.js";
import { themeButton } from "./theme.js";
import { Timeline } from "./timeline.js";

const $ = (id) => document.getElementById(id);
const app = $("app");
const store = new Store();
const timeline = new Timeline($("scroller"), $("messages"), $("jump"));
const composer = new Composer($("composer"), { send: enter, view: () => store.view });
const switcher = new Switcher($("switcher"), { choices });
let stream = null;
let channelId = null;
let firstUnread = null;
let openedAt = null;
let toastTimer = null;

// The address remembers person and channel, so that a reload or a link comes back to them.
function address() {
  const [user, channel] = location.hash.slice(1).split("/");
  return { user: user || "U0ADA", channel: channel || null };
}

function connect(userId) {
  stream?.close();
  app.dataset.ready = "false";
  openedAt = null;
  stream = new Stream(userId, { event: received, connected: (up) => ($("offline").hidden = up) });
}

function become(userId, byKeyboard = false) {
  if (userId === store.view.me) return;
  connect(userId);
  closeDrawer();
  app.dataset.focus = byKeyboard ? "person" : "composer";
}

function received(event) {
  const kind = store.apply(event);
  if (kind === "click_failed") toast(`The app didn't answer the click: ${event.error}`);
  else if (kind === "snapshot") open(store.channel(address().channel)?.id ?? channelId ?? store.view.channels[0].id);
  else draw();
  if (kind !== "snapshot") return;
  app.dataset.ready = "true";
  app.dataset.me = store.view.me;
  if (app.dataset.focus === "person") document.querySelector("[data-testid=person][aria-checked=true]").focus();
  else composer.focus();
}

function open(id) {
  channelId = id;
  const place = `${store.view.me} ${id}`;
  if (place !== openedAt) {
    firstUnread = store.read.get(id) ? (store.unread(id)[0]?.ts ?? null) : null;
    openedAt = place;
    composer.moveTo(store.view.me, store.channel(id));
  }
  history.replaceState(null, "", `#${store.view.me}/${id}`);
  closeDrawer();
  draw();
}

function draw() {
  const channel = store.channel(channelId);
  const me = store.person(store.view.me);
  const seen = store.markRead(channelId);
  if (seen) post("/ui/read", { user: me.id, channel: channelId, ts: seen });
  document.title = `${unreadElsewhere() ? "* " : ""}#${channel.name} · ${store.view.team.name}`;
  $("team").textContent = store.view.team.name;
  $("workspace-tile").textContent = store.view.team.name[0];
  $("channels").replaceChildren(...channelList(store, channelId, openAndFocus));
  drawPeople();
  $("me").replaceChildren(avatar(me.id, 36, `You are ${me.realName}`), h("span", { class: "presence" }));
  $("me").title = `${me.realName} · ${clock(Date.now() / 1000, me.timeZone)} in ${city(me.timeZone)}`;
  $("channel-name").textContent = channel.name;
  $("topic").textContent = channel.topic;
  drawMembers(channel);
  timeline.show(openedAt, channel, store.messagesIn(channelId), firstUnread, context(me));
}

// Redrawn only for another person, because a redraw would take the keyboard's focus away.
function drawPeople() {
  const list = $("people");
  if (list.dataset.me === store.view.me) return;
  list.dataset.me = store.view.me;
  list.replaceChildren(...peopleList(store, become));
}

function drawMembers(channel) {
  const faces = store.view.people.slice(0, 3).map((person) => avatar(person.id, 22));
  $("members").replaceChildren(...faces, h("span", {}, String(channel.members)));
  $("members").setAttribute("aria-label", `${channel.members} members`);
}

function context(me) {
  return {
    me: me.id,
    timeZone: me.timeZone,
    userName: (id) => store.userName(id),
    channelName: (id) => store.channelName(id),
    openChannel: openAndFocus,
    click: (message, action) =>
      post("/ui/click", { user: me.id, channel: message.channel, ts: message.ts, action }).then(
        (taken) => taken || toast("That message is gone."),
      ),
  };
}

function openAndFocus(id) {
  open(id);
  composer.focus();
}

async function enter(text) {
  const taken = await post("/ui/enter", { user: store.view.me, channel: channelId, text });
  if (!taken) toast("Not sent: the playground doesn't answer.");
  return taken;
}

function unreadElsewhere() {
  return store.view.channels.some((channel) => channel.id !== channelId && store.unread(channel.id).length);
}

function choices() {
  if (!store.view) return [];
  const channels = store.view.channels.map(({ id, name, topic }) => ({ name, detail: topic, go: () => openAndFocus(id) }));
  const people = store.view.people.map(({ id, realName, standing }) => ({
    name: realName,
    detail: `act as · ${standing}`,
    person: id,
    go: () => become(id),
  }));
  return [...channels, ...people];
}

function toast(text) {
  clearTimeout(toastTimer);
  $("toast").textContent = text;
  $("toast").hidden = false;
  toastTimer = setTimeout(() => ($("toast").hidden = true), 5000);
}

function closeDrawer() {
  app.classList.remove("drawer-open");
}

$("menu").append(icon("menu"));
$("menu").addEventListener("click", () => app.classList.toggle("drawer-open"));
$("scrim").addEventListener("click", closeDrawer);
$("search").prepend(icon("search", { size: 16 }));
$("search").addEventListener("click", () => switcher.open());
themeButton($("theme"));
addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    switcher.open();
  }
});
addEventListener("hashchange", () => {
  const { user, channel } = address();
  if (store.view && user !== store.view.me) connect(user);
  else if (store.channel(channel) && channel !== channelId) open(channel);
});
connect(address().user);
