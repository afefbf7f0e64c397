// What somebody has typed and chosen in a message or a view, kept while it is redrawn.

const forms = new Map();

export class Form {
  constructor() {
    this.entries = new Map();
    this.ui = new Map();
  }

  // `initial` is what the element begins with; a block that comes back under its old ids keeps what was typed.
  get(blockId, data, initial) {
    const entry = this.entries.get(key(blockId, data));
    return entry?.type === data.type ? entry : { type: data.type, ...initial };
  }

  set(blockId, data, value) {
    this.entries.set(key(blockId, data), { type: data.type, ...value, blockId, actionId: data.action_id });
  }

  // As `state.values`; what nobody touched is the server's to fill in.
  values() {
    const values = {};
    for (const { blockId, actionId, ...said } of this.entries.values()) (values[blockId] ??= {})[actionId] = said;
    return values;
  }

  // How a table is sorted and the like: nothing the app hears of.
  look(name, initial) {
    if (!this.ui.has(name)) this.ui.set(name, initial);
    return this.ui.get(name);
  }
}

// The form of one message or view, by a name that lasts as long as it does.
export function formOf(name) {
  if (!forms.has(name)) forms.set(name, new Form());
  return forms.get(name);
}

export function forget(name) {
  forms.delete(name);
}

function key(blockId, data) {
  return `${blockId} ${data.action_id}`;
}
