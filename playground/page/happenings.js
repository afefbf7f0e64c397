// What nobody types because the world does it: alarms and load, under the channels.

import { h, icon } from "./dom.js";
import { post } from "./server.js";

const ICONS = { alarm: "bell", load: "zap", resolve: "check", storm: "storm" };

export async function happenings(list, title, me, toast) {
  const answer = await fetch("/ui/happenings").catch(() => null);
  const found = answer?.ok ? await answer.json().catch(() => []) : [];
  title.hidden = !found.length;
  const row = ({ id, name, description }) => {
    const happen = async () => {
      const happened = await post("/ui/happen", { user: me(), what: id });
      toast(happened ? `${name}: on its way to CloudWatch and #alerts` : "It did not happen: the playground doesn't answer");
    };
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "row channel", title: description, "data-testid": `happen-${id}`, onclick: happen },
        h("span", { class: "hash", "aria-hidden": "true" }, icon(ICONS[id], { size: 15 })),
        h("span", { class: "row-name" }, name),
      ),
    );
  };
  list.replaceChildren(...found.map(row));
}
