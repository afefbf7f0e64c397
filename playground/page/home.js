// The app's home tab: what the app has published for this one person.

import { avatar, h } from "./dom.js";
import { blocks } from "./blocks.js";
import { viewSurface } from "./surfaces.js";

export class Home {
  constructor(node) {
    this.node = node;
    this.signature = null;
  }

  show(view, base, app) {
    this.node.hidden = false;
    const signature = `${base.me} ${view?.id} ${view?.hash}`;
    if (signature === this.signature) return;
    this.signature = signature;
    const empty = h("div", { class: "home-empty" }, avatar(app.user, 64), h("h3", {}, "This is still being put together"), h("p", {}, `${app.name} has not published anything here for you yet.`));
    this.node.replaceChildren(h("div", { class: "home-page" }, view ? blocks(view.blocks, viewSurface(base, view)) : empty));
  }

  hide() {
    this.node.hidden = true;
  }
}
