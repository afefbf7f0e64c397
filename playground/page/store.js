// What the page knows: one person's view of the workspace, fed by the event stream.

const SLACKBOT = "USLACKBOT";

export class Store {
  constructor() {
    this.view = null;
    this.messages = new Map();
    this.read = new Map();
  }

  // Returns what changed: "snapshot", "message", "remove" or "click_failed".
  apply(event) {
    if (event.type === "snapshot") {
      this.view = event;
      this.messages = new Map(event.messages.map((message) => [key(message.channel, message.ts), message]));
      this.read = new Map(event.channels.map((channel) => [channel.id, channel.read]));
    }
    if (event.type === "message") this.messages.set(key(event.message.channel, event.message.ts), event.message);
    if (event.type === "remove") this.messages.delete(key(event.channel, event.ts));
    return event.type;
  }

  channel(id) {
    return this.view.channels.find((channel) => channel.id === id) ?? null;
  }

  person(id) {
    return this.view.people.find((person) => person.id === id) ?? null;
  }

  userName(id) {
    if (id === this.view.app.user) return this.view.app.name;
    return id === SLACKBOT ? "Slackbot" : (this.person(id)?.realName ?? null);
  }

  channelName(id) {
    return this.channel(id)?.name ?? null;
  }

  messagesIn(channelId) {
    return [...this.messages.values()]
      .filter((message) => message.channel === channelId)
      .sort((one, other) => Number(one.ts) - Number(other.ts));
  }

  unread(channelId) {
    const read = this.read.get(channelId) ?? "";
    return this.messagesIn(channelId).filter((message) => message.ts > read && message.user !== this.view.me);
  }

  markRead(channelId) {
    const last = this.messagesIn(channelId).at(-1)?.ts;
    if (!last || last <= (this.read.get(channelId) ?? "")) return null;
    this.read.set(channelId, last);
    return last;
  }
}

function key(channel, ts) {
  return `${channel} ${ts}`;
}
