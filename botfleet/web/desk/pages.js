// A listing, newest first, page by page. How far back one looked is remembered: news takes nothing away.

import { get } from "./api.js";
import { button, card, h } from "./dom.js";

const ONCE_MAX = 200; // rows the API gives at once
const reached = new Map();

// `drawn` makes the table of all rows so far; `wanted` are the listing's own parameters.
export async function paged(title, path, wanted, drawn) {
  const name = `${location.hash} ${path}`;
  const rows = [];
  let next = "";
  const place = h("div");
  const more = button("Older", async () => { await load({}); reached.set(name, rows.length); });
  async function load(limit) {
    const page = await get(`${path}?${new URLSearchParams({ ...wanted, ...limit, ...(next && { cursor: next }) })}`);
    rows.push(...page.items);
    next = page.next;
    place.replaceChildren(drawn(rows));
    more.hidden = !next;
  }
  const missing = () => (reached.get(name) ?? 0) - rows.length;
  do await load(missing() > 0 ? { limit: Math.min(ONCE_MAX, missing()) } : {}); while (next && missing() > 0);
  return card(title, place, more);
}
