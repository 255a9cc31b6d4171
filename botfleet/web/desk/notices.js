// What bots had to tell their owner.

import { h, head, table } from "./dom.js";
import { paged } from "./pages.js";
import { at } from "./words.js";

export async function notices({ now }) {
  return [head("Notices"), await paged("", "/v1/notices", {}, (rows) => table([
    ["When", (one) => at(one.at, now), "when"],
    ["Bot", (one) => h("a", { href: `#/bots/${one.bot_id}` }, one.bot)],
    ["", (one) => h("span", { class: `state ${one.level}` }, one.level)],
    ["What", (one) => one.message],
  ], rows, "Nothing yet."))];
}
