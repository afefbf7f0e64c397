// The page's line to the server: events come in, what the person does goes out.

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 8000;

// Every new connection begins with a snapshot, so a lost one needs nothing but connecting again.
export class Stream {
  constructor(userId, { event, connected }) {
    this.address = `/ui/events?user=${encodeURIComponent(userId)}`;
    this.handlers = { event, connected };
    this.retry = FIRST_RETRY_MS;
    this.#open();
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.source.close();
  }

  #open() {
    this.source = new EventSource(this.address);
    this.source.onopen = () => {
      this.retry = FIRST_RETRY_MS;
      this.handlers.connected(true);
    };
    this.source.onmessage = ({ data }) => !this.closed && this.handlers.event(JSON.parse(data));
    this.source.onerror = () => {
      this.source.close();
      if (this.closed) return;
      this.handlers.connected(false);
      this.timer = setTimeout(() => this.#open(), this.retry);
      this.retry = Math.min(this.retry * 2, LAST_RETRY_MS);
    };
  }
}

export async function post(path, body) {
  return (await sent(path, body))?.ok ?? false;
}

// The JSON that comes back, or null when there is none worth the name.
export async function ask(path, body) {
  const answer = await sent(path, body);
  return answer?.ok ? answer.json().catch(() => null) : null;
}

async function sent(path, body) {
  try {
    return await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    return null;
  }
}
