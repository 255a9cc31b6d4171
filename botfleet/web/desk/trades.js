// Positions and orders: what bots hold, and what they have at the broker.

import { change, get } from "./api.js";
import { button, card, confirmed, h, head, state, table, toast } from "./dom.js";
import { paged } from "./pages.js";
import { at, dollars, gainKind, leg, plural, price, share, signed, structure } from "./words.js";

const legs = (one) => h("small", {}, one.legs.map(leg).join(", "));
const link = (kind, id, words) => h("a", { href: `#/${kind}/${id}` }, words);

// Of what is held without a price now the return is not known either.
const returned = (one) => (one.unrealised_cents == null && ["opening", "open", "closing"].includes(one.state) ? "–" : share(one.gain));

const HELD = (now) => [
  ["Position", (one) => [link("positions", one.position_id, `${one.quantity} × ${one.symbol} ${structure(one.structure)}`), legs(one)]],
  ["Bot", (one) => link("bots", one.bot_id, one.bot)],
  ["", (one) => state(one.state)],
  ["Opened", (one) => at(one.opened_at, now), "when"],
  ["Entry", (one) => price(one.entry), "num"],
  ["Return", (one) => h("span", { class: gainKind(one.gain) }, returned(one)), "num"],
  ["Unrealised", (one) => h("span", { class: gainKind(one.unrealised_cents) }, signed(one.unrealised_cents)), "num"],
  ["Realised", (one) => h("span", { class: gainKind(one.realised_cents) }, dollars(one.realised_cents)), "num"],
  ["Expires", (one) => one.expires_on ?? "–", "when"],
];

const SENT = (now) => [
  ["Order", (one) => [link("orders", one.order_id, `${one.effect} ${one.quantity} × ${one.symbol}`), legs(one)]],
  ["Bot", (one) => link("bots", one.bot_id, one.bot)],
  ["", (one) => state(one.state)],
  ["Filled", (one) => `${one.filled} of ${one.quantity}`, "num"],
  ["Limit", (one) => price(one.limit), "num"],
  ["Paid", (one) => price(one.paid), "num"],
  ["Rung", (one) => `${one.rung + 1} of ${one.rungs}`, "num"],
  ["Written", (one) => at(one.created_at, now), "when"],
  ["Why", (one) => one.reason || one.why],
];

export const positions = async ({ now }) => [head("Positions"), await positionsOf("", {}, now)];
export const orders = async ({ now }) => [head("Orders"), await ordersOf("", {}, now)];
export const positionsOf = (title, wanted, now) =>
  paged(title, "/v1/positions", wanted, (rows) => table(HELD(now), rows, "No position yet."));
export const ordersOf = (title, wanted, now) =>
  paged(title, "/v1/orders", wanted, (rows) => table(SENT(now), rows, "No order yet."));

export async function position({ subject, now, again }) {
  const seen = await get(`/v1/positions/${encodeURIComponent(subject)}`);
  const { position: line } = seen;
  return [
    head(`${line.quantity} × ${line.symbol} ${structure(line.structure)}`, hands(seen, again)),
    card("", table(HELD(now), [line], ""),
      seen.needs.length ? h("p", { class: "sub" }, "Return and unrealised are as of the last minute at which its exits were judged; what stands below is as of now.") : null),
    card("Exits", seen.why_not.length ? h("p", { class: "sub" }, `None acts now: ${seen.why_not.join("; ")}.`) : null,
      table([["Exit", (one) => one.exit], ["Set to", (one) => one.set_to], ["Now", (one) => one.now], ["Needs", (one) => one.needs]],
        seen.needs, "No exit is set."),
      h("p", { class: "sub" }, `${plural(seen.attempts_today, "attempt")} today. ${seen.mid == null ? "No price now." : `Middle price ${price(seen.mid)}.`}`)),
    card("Orders", table(SENT(now), seen.orders, "None.")),
  ];
}

function hands(seen, again) {
  const { position: line } = seen;
  if (!["open", "error"].includes(line.state)) return null;
  const path = `/v1/positions/${line.position_id}`;
  return [
    line.state === "open" && button("Close now", () => close(path, line, again), "main"),
    line.state === "open" && button(seen.exits_on ? "Turn exits off" : "Turn exits on",
      async () => { await change("PATCH", path, { exits_on: !seen.exits_on }); again(); }),
    button("Take it over", () => takeOver(path, again)),
  ];
}

async function close(path, line, again) {
  if (!(await confirmed(`Close ${line.quantity} × ${line.symbol} ${structure(line.structure)} now, at the usual prices?`, "Close"))) return;
  await change("POST", `${path}/close`);
  toast("The close is on its way.");
  again();
}

async function takeOver(path, again) {
  if (!(await confirmed("Take this position over? No bot touches it again; its slot and capital are free.", "Take over"))) return;
  await change("POST", `${path}/override`, {});
  again();
}

export async function order({ subject, now }) {
  const { order: line, history, fills } = await get(`/v1/orders/${encodeURIComponent(subject)}/history`);
  return [
    head(`${line.effect} ${line.quantity} × ${line.symbol}`),
    card("", table(SENT(now), [line], ""),
      h("p", { class: "sub" }, link("positions", line.position_id, "its position"), " · ", link("runs", line.run_id, "the run that wrote it"))),
    card("What happened", table([
      ["When", (one) => at(one.at, now), "when"], ["What", (one) => one.happening.replaceAll("_", " ")], ["Then", (one) => state(one.state)],
      ["Price", (one) => price(one.price), "num"], ["Filled", (one) => one.filled, "num"], ["Words", (one) => one.detail],
    ], history, "Nothing yet.")),
    card("Fills", table([
      ["When", (one) => at(one.at, now), "when"], ["Quantity", (one) => one.quantity, "num"], ["Price", (one) => price(one.price), "num"],
      ["Execution", (one) => one.execution_id],
    ], fills, "None yet.")),
  ];
}
