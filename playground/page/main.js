// Puts the page together: who one is, which channel is open, and what to draw when something changes.

import { Api } from "./api.js";
import { Composer } from "./composer.js";
import { clock } from "./dates.js";
import { avatar, h, icon } from "./dom.js";
import { Directory } from "./directory.js";
import { happenings } from "./happenings.js";
import { Home } from "./home.js";
import { openMenu } from "./menus.js";
import { Modals } from "./modals.js";
import { Outside } from "./outside.js";
import { Stream, post } from "./server.js";
import { appList, channelList, city, developerList, peopleList } from "./sidebar.js";
import { Store } from "./store.js";
import { messageSurface } from "./surfaces.js";
import { Switcher } from "./switcher.js";
import { themeButton } from "./theme.js";
import { Threads } from "./threads.js";
import { Timeline } from "./timeline.js";

const HOME = "home";
const API = "api";
const $ = (id) => document.getElementById(id);
const app = $("app");
const store = new Store();
const timeline = new Timeline($("scroller"), $("messages"), $("jump"));
const composer = new Composer($("composer"), { send: enter, view: () => store.view });
const switcher = new Switcher($("switcher"), { choices });
const modals = new Modals($("modal"));
const home = new Home($("home"));
const api = new Api($("api"), { toast });
const directory = new Directory($("directory"), { me: () => store.view.me, learnt, toast });
const outside = new Outside($("outside"), { me: () => store.view.me, toast });
const threads = new Threads($("thread"), store, { changed: draw });
let stream = null;
let channelId = null;
let firstUnread = null;
let openedAt = null;
let toastTimer = null;

const FAILURES = {
  click_failed: "The app didn't answer the click",
  shortcut_failed: "The app didn't answer the shortcut",
  home_failed: "The app didn't take the news that its home tab is open",
  view_failed: "The app didn't answer",
};

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
  threads.close();
  connect(userId);
  closeDrawer();
  app.dataset.focus = byKeyboard ? "person" : "composer";
}

function received(event) {
  const kind = store.apply(event);
  if (modals.told(event)) return;
  if (kind === "directory" || (kind === "snapshot" && store.view.administered)) directory.refresh();
  if (FAILURES[kind]) toast(`${FAILURES[kind]}: ${event.error}`);
  else if (kind === "snapshot") open(known(address().channel) ?? known(channelId) ?? store.view.channels[0].id);
  else draw();
  if (kind !== "snapshot") return;
  app.dataset.ready = "true";
  app.dataset.me = store.view.me;
  if (store.modals.length) return;
  if (app.dataset.focus === "person") document.querySelector("[data-testid=person][aria-checked=true]").focus();
  else if (!isPage()) composer.focus();
}

// The id of a channel, or `home` for the app's home tab; null for anything else.
function known(id) {
  if (id === HOME && store.view.app.home) return HOME;
  if (id === API && store.view.api) return API;
  return store.channel(id)?.id ?? null;
}

function open(id) {
  const place = `${store.view.me} ${id}`;
  if (id !== channelId) threads.place = null;
  channelId = id;
  if (place !== openedAt) {
    openedAt = place;
    if (id === HOME) post("/ui/home", { user: store.view.me });
    else if (id !== API) {
      firstUnread = store.read.get(id) ? (store.unread(id)[0]?.ts ?? null) : null;
      composer.moveTo(store.view.me, store.channel(id));
    }
  }
  history.replaceState(null, "", `#${store.view.me}/${id}`);
  closeDrawer();
  draw();
}

function draw() {
  if (!store.view || !channelId) return;
  const me = store.person(store.view.me);
  const here = context(me);
  drawFrame(me);
  if (channelId !== HOME) home.hide();
  if (channelId !== API) api.hide();
  if (channelId === HOME) drawHome(here);
  else if (channelId === API) drawApi(me);
  else drawChannel(me, here);
  threads.draw(here);
  app.classList.toggle("thread-open", !$("thread").hidden);
  modals.show(store.modals, here, store.view.app);
}

function drawFrame(me) {
  const direct = isDirect();
  const place = channelId === API ? "REST API" : channelId === HOME || direct ? store.view.app.name : `#${store.channel(channelId).name}`;
  document.title = `${unreadElsewhere() ? "* " : ""}${place} · ${store.view.team.name}`;
  $("team").textContent = store.view.team.name;
  $("workspace-tile").textContent = store.view.team.name[0];
  $("channels").replaceChildren(...channelList(store, channelId, openAndFocus));
  $("apps").replaceChildren(...appList(store, channelId, openAndFocus, () => open(HOME)));
  $("developers").replaceChildren(...developerList(store, channelId, () => open(API)));
  $("developers-title").hidden = !store.view.api;
  $("apps-title").hidden = !$("apps").children.length;
  $("shortcuts").hidden = !store.view.app.shortcuts.length;
  drawPeople();
  $("administration").hidden = $("outside-open").hidden = !store.view.administered;
  $("me").replaceChildren(avatar(me.id, 36, `You are ${me.realName}`), h("span", { class: "presence" }));
  $("me").title = `${me.realName} · ${clock(Date.now() / 1000, me.timeZone)} in ${city(me.timeZone)}`;
  for (const part of ["scroller", "composer"]) $(part).hidden = isPage();
  $("channel-hash").hidden = $("members").hidden = isPage() || direct;
}

// A place without messages.
function isPage() {
  return channelId === HOME || channelId === API;
}

function isDirect() {
  return !isPage() && store.channel(channelId).direct;
}

function drawHome(here) {
  $("channel-name").textContent = store.view.app.name;
  $("topic").textContent = "Home";
  $("jump").hidden = true;
  home.show(store.home, here, store.view.app);
}

function drawApi(me) {
  $("channel-name").textContent = "REST API";
  $("topic").textContent = "The same operations for programs, through the same gate";
  $("jump").hidden = true;
  api.show(me);
}

function drawChannel(me, here) {
  const channel = store.channel(channelId);
  const seen = store.markRead(channelId);
  if (seen) post("/ui/read", { user: me.id, channel: channelId, ts: seen });
  $("channel-name").textContent = channel.name;
  $("topic").textContent = channel.topic;
  drawMembers(channel);
  timeline.show(openedAt, channel, store.messagesIn(channelId), firstUnread, here);
}

// Redrawn only when it changes, because a redraw would take the keyboard's focus away.
function drawPeople() {
  const list = $("people");
  const shown = JSON.stringify([store.view.me, store.view.people]);
  if (list.dataset.shown === shown) return;
  list.dataset.shown = shown;
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.userId : null;
  list.replaceChildren(...peopleList(store, become));
  if (focused) list.querySelector(`[data-user-id="${CSS.escape(focused)}"]`)?.focus();
}

function learnt(entries) {
  store.learn(entries);
  drawPeople();
}

function drawMembers(channel) {
  const faces = store.view.people.slice(0, 3).map((person) => avatar(person.id, 22));
  $("members").replaceChildren(...faces, h("span", {}, String(channel.members)));
  $("members").setAttribute("aria-label", `${channel.members} members`);
}

function context(me) {
  const base = {
    me: me.id,
    timeZone: me.timeZone,
    userName: (id) => store.userName(id),
    channelName: (id) => store.channelName(id),
    openChannel: openAndFocus,
    compose: (text) => composer.propose(text),
    openThread: (message) => threads.open(message),
    replies: (message) => store.thread(message),
    toast,
  };
  return { ...base, inMessage: (message) => messageSurface(base, message) };
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

async function runShortcut(id) {
  if (!(await post("/ui/shortcut", { user: store.view.me, shortcut: id }))) toast("The shortcut is gone.");
}

function choices() {
  if (!store.view) return [];
  const { app: bot, channels, people } = store.view;
  const shortcuts = bot.shortcuts.map(({ id, name, description }) => ({ name, detail: description || bot.name, icon: "zap", go: () => runShortcut(id) }));
  const places = channels.map(({ id, name, topic, direct }) => ({ name, detail: direct ? "Messages" : topic, person: direct && bot.user, go: () => openAndFocus(id) }));
  const homes = bot.home ? [{ name: bot.name, detail: "Home", person: bot.user, go: () => open(HOME) }] : [];
  const others = people.map(({ id, realName, standing }) => ({ name: realName, detail: `act as · ${standing}`, person: id, go: () => become(id) }));
  const panels = !store.view.administered
    ? []
    : [
        { name: "Administrators’ panel", detail: "Cognito and Slack", icon: "people", go: () => directory.open() },
        { name: "Time and trouble", detail: "what happens outside", icon: "clock", go: () => outside.open() },
      ];
  const apis = store.view.api ? [{ name: "REST API", detail: "Developers", icon: "api", go: () => open(API) }] : [];
  return [...places, ...homes, ...apis, ...panels, ...shortcuts, ...others];
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

$("shortcuts").append(icon("plus", { size: 18 }));
$("shortcuts").addEventListener("click", (event) =>
  openMenu(event.currentTarget, {
    role: "menu",
    label: "Shortcuts",
    groups: [{ label: { text: "Shortcuts" }, options: store.view.app.shortcuts.map(({ id, name, description }) => ({ value: id, icon: "zap", text: { text: name, emoji: false }, description: { text: description || store.view.app.name, emoji: false } })) }],
    pick: ({ value }) => runShortcut(value),
  }),
);
$("menu").append(icon("menu"));
$("menu").addEventListener("click", () => app.classList.toggle("drawer-open"));
$("administration").prepend(icon("people", { size: 18 }));
$("administration").addEventListener("click", () => directory.open());
$("outside-open").prepend(icon("clock", { size: 18 }));
$("outside-open").addEventListener("click", () => outside.open());
$("scrim").addEventListener("click", closeDrawer);
$("search").prepend(icon("search", { size: 16 }));
$("search").addEventListener("click", () => switcher.open());
themeButton($("theme"));
happenings($("happenings"), $("happenings-title"), () => store.view.me, toast);
addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && !$("modal").open) {
    event.preventDefault();
    switcher.open();
  }
});
addEventListener("hashchange", () => {
  const { user, channel } = address();
  if (store.view && user !== store.view.me) connect(user);
  else if (known(channel) && channel !== channelId) open(channel);
});
connect(address().user);
