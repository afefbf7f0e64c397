// What the page knows: one person's view of the workspace, fed by the event stream.

const SLACKBOT = "USLACKBOT";

export class Store {
  constructor() {
    this.view = null;
    this.messages = new Map();
    this.read = new Map();
    this.modals = [];
    this.home = null;
    this.seenReplies = new Map();
  }

  // Returns the event's type, whatever it was about.
  apply(event) {
    if (event.type === "snapshot") {
      this.view = event;
      this.messages = new Map(event.messages.map((message) => [key(message.channel, message.ts), message]));
      this.read = new Map(event.channels.map((channel) => [channel.id, channel.read]));
      this.modals = event.modals;
      this.home = event.home;
    }
    if (event.type === "channel" && !this.channel(event.channel.id)) this.view.channels.push(event.channel);
    if (event.type === "message") this.messages.set(key(event.message.channel, event.message.ts), event.message);
    if (event.type === "remove") this.messages.delete(key(event.channel, event.ts));
    if (event.type === "modals") this.modals = event.stack;
    if (event.type === "home") this.home = event.view;
    return event.type;
  }

  channel(id) {
    return this.view.channels.find((channel) => channel.id === id) ?? null;
  }

  person(id) {
    return this.view.people.find((person) => person.id === id) ?? null;
  }

  // What the directory says of everybody now: who may do what changes while the page is open.
  learn(entries) {
    const standings = new Map(entries.map((entry) => [entry.id, entry.standing]));
    for (const person of this.view.people) person.standing = standings.get(person.id) ?? person.standing;
  }

  userName(id) {
    if (id === this.view.app.user) return this.view.app.name;
    return id === SLACKBOT ? "Slackbot" : (this.person(id)?.realName ?? null);
  }

  channelName(id) {
    return this.channel(id)?.name ?? null;
  }

  // What the channel shows: replies are in their threads, unless their thread is not there.
  messagesIn(channelId) {
    return this.#sorted((message) => message.channel === channelId && (!this.inThread(message) || message.broadcast));
  }

  inThread(message) {
    return Boolean(message.threadTs && message.threadTs !== message.ts && this.message(message.channel, message.threadTs));
  }

  message(channelId, ts) {
    return this.messages.get(key(channelId, ts)) ?? null;
  }

  replies(message) {
    return this.#sorted((other) => other.channel === message.channel && other.threadTs === message.ts && other.ts !== message.ts);
  }

  // How many replies there are, who wrote them, when the last came, and whether one of them is news to this person.
  thread(message) {
    const replies = this.replies(message).filter((reply) => !reply.ephemeral);
    const last = replies.at(-1)?.ts ?? "";
    const name = key(message.channel, message.ts);
    const seen = this.seenReplies.get(`${this.view.me} ${name}`) ?? "";
    const news = replies.some((reply) => reply.ts > seen && reply.user !== this.view.me);
    return { count: replies.length, people: [...new Set(replies.map((reply) => reply.user))], last, news };
  }

  seeThread(message) {
    this.seenReplies.set(`${this.view.me} ${key(message.channel, message.ts)}`, this.thread(message).last);
  }

  #sorted(wanted) {
    return [...this.messages.values()].filter(wanted).sort((one, other) => Number(one.ts) - Number(other.ts));
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
