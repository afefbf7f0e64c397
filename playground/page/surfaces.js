// What the elements of a message or a view are given: where their values are kept and how the app is told.

import { formOf } from "./form.js";
import { ask, post } from "./server.js";

// Every surface has `form`, `act(action)` and `options(asked)`, which resolves to option groups or null.
export function messageSurface(base, message) {
  const form = formOf(`${base.me} ${message.channel} ${message.ts}`);
  const place = { user: base.me, channel: message.channel, ts: message.ts };
  return {
    ...base,
    form,
    act: async (action) => (await post("/ui/click", { ...place, action, values: form.values() })) || base.toast("That message is gone."),
    options: (asked) => offered({ ...place, ...asked }),
  };
}

export function viewSurface(base, view, more = {}) {
  const form = formOf(`${base.me} ${view.id}`);
  const place = { user: base.me, view: view.id };
  return {
    ...base,
    form,
    act: async (action) => (await post("/ui/act", { ...place, action, values: form.values() })) || base.toast("That view is gone."),
    options: (asked) => offered({ ...place, ...asked, values: form.values() }),
    ...more,
  };
}

async function offered(asked) {
  const answer = await ask("/ui/options", asked);
  return answer && (answer.option_groups ?? [{ options: answer.options }]);
}
