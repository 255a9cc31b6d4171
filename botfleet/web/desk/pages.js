// A listing, newest first, page by page.

import { get } from "./api.js";
import { button, card, h } from "./dom.js";

// `drawn` makes the table of all rows so far; `wanted` are the listing's own parameters.
export async function paged(title, path, wanted, drawn) {
  const rows = [];
  let next = "";
  const place = h("div");
  const more = button("Older", load);
  async function load() {
    const query = new URLSearchParams({ ...wanted, ...(next && { cursor: next }) });
    const page = await get(`${path}?${query}`);
    rows.push(...page.items);
    next = page.next;
    place.replaceChildren(drawn(rows));
    more.hidden = !next;
  }
  await load();
  return card(title, place, more);
}
