// Broker accounts: connect at the broker's own login, disconnect.

import { change, get } from "./api.js";
import { button, card, confirmed, h, head, state, table, toast } from "./dom.js";
import { brokerOf } from "./words.js";

export async function accounts({ again }) {
  const { items, brokers, is_paper: isPaper } = await get("/v1/connections");
  const choice = h("select", { id: "broker", "aria-label": "Broker" },
    brokers.map((one) => h("option", { value: one }, brokerOf(one, isPaper))));
  return [head("Accounts"), card("",
    table([
      ["Broker", (one) => brokerOf(one.broker, one.is_paper)],
      ["Number", (one) => `…${one.number_end}`],
      ["", (one) => state(one.is_alive ? "connected" : "log in again")],
      ["", (one) => button("Disconnect", () => leave(one, again)), "num"],
    ], items, "None is connected yet."),
    h("div", { class: "tools" }, choice, button("Connect", () => depart(choice.value), "main")),
    isPaper && h("p", { class: "sub" }, "These are paper accounts: orders fill as a market would fill them, and no money moves."),
    h("p", { class: "sub" }, "You log in on your broker's own page; your password is never seen here."))];
}

async function depart(broker) {
  const { authorize_url: url } = await change("POST", "/v1/connections", { broker });
  location.assign(url);
}

async function leave(one, again) {
  const question = `Disconnect …${one.number_end}? Bots on it open and close nothing any more; what they hold stays at the broker.`;
  if (!(await confirmed(question, "Disconnect"))) return;
  await change("DELETE", `/v1/connections/${one.account_id}`);
  toast("Disconnected.");
  again();
}
