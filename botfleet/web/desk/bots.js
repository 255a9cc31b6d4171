// Bots: how they stand under their limits, their buttons, their trees.

import { change, get } from "./api.js";
import { button, card, confirmed, h, head, toast } from "./dom.js";
import { switched } from "./restraint.js";
import { runsOf } from "./runs.js";
import { positionsOf } from "./trades.js";
import { account as accountWords, dollars, gainKind, wholeDollars } from "./words.js";

export async function bots({ again }) {
  const { items } = await get("/v1/bots");
  const top = head("Bots", h("a", { class: "button main", href: "#/edit" }, "New bot"));
  if (!items.length) return [top, h("p", { class: "card none" }, "You have no bot yet. ", h("a", { href: "#/accounts" }, "Connect a broker account"), ", then write your first.")];
  return [totals(items), top, h("div", { class: "bots" }, items.map((one) => summary(one, again)))];
}

function totals(items) {
  const sum = (name) => items.reduce((total, one) => total + one[name], 0);
  const tile = (name, value, below, kind = "") => h("div", { class: `tile ${kind}` }, h("dt", {}, name), h("dd", {}, value), h("p", {}, below));
  const used = sum("committed_cents") + sum("pending_cents");
  return h("dl", { class: "tiles" },
    tile("Bots on", `${items.filter((one) => one.is_on).length} of ${items.length}`, "automations running"),
    tile("Capital in use", wholeDollars(used), `of ${wholeDollars(sum("allocation_cents"))}`),
    tile("Positions", sum("open_positions"), `${sum("opened_count")} opened today`),
    tile("Realised", dollars(sum("gains_cents")), "by all bots", gainKind(sum("gains_cents")).replace("num", "")));
}

function summary(one, again) {
  return h("article", { class: `card bot ${one.is_on ? "" : "off"}` },
    h("div", { class: "head" },
      h("h2", {}, h("a", { href: `#/bots/${one.bot_id}` }, one.name)),
      one.mode !== "active" && h("span", { class: "chip" }, one.mode),
      power(one, again)),
    capital(one),
    h("p", { class: "sub" },
      `${one.open_positions} of ${one.open_positions_max} positions · ${one.opened_count} of ${one.opened_max} today · every ${one.interval_min} min`),
    h("p", { class: gainKind(one.gains_cents) }, dollars(one.gains_cents), h("small", {}, "realised")));
}

function power(one, again) {
  const id = `power-${one.bot_id}`;
  const act = async ({ target }) => {
    target.disabled = true;
    try { await change("PATCH", `/v1/bots/${one.bot_id}`, { is_on: target.checked }); } finally { again(); }
  };
  return h("label", { class: "power", for: id },
    h("input", { id, type: "checkbox", role: "switch", checked: one.is_on, onchange: act, "aria-label": `${one.name} on` }), one.is_on ? "on" : "off");
}

function capital(one) {
  const part = (cents) => `${Math.min(100, (100 * cents) / (one.allocation_cents || 1))}%`;
  const used = one.committed_cents + one.pending_cents;
  return h("div", {},
    h("div", { class: "meter", role: "img", "aria-label": `${wholeDollars(used)} of ${wholeDollars(one.allocation_cents)} in use` },
      h("i", { class: "committed", style: { width: part(one.committed_cents) } }),
      h("i", { class: "pending", style: { width: part(one.pending_cents) } })),
    h("small", {}, `${wholeDollars(used)} of ${wholeDollars(one.allocation_cents)} in use${one.pending_cents ? `, ${wholeDollars(one.pending_cents)} of it pending` : ""}`));
}

export async function bot({ subject, now, again }) {
  const path = `/v1/bots/${encodeURIComponent(subject)}`;
  const [{ bot: one, automations }, { items: accounts }] = await Promise.all([get(path), get("/v1/connections")]);
  const account = accounts.find((each) => each.account_id === one.account_id);
  return [
    head(one.name, power(one, again), hold(path, one, again),
      h("a", { class: "button", href: `#/edit/${one.bot_id}` }, "Edit"),
      h("a", { class: "button", href: `${path}/file`, download: `${one.name}.yaml` }, "Export")),
    h("div", { class: "row two-one" },
      card("Limits", capital(one),
        h("p", { class: "sub" }, `${one.open_positions} of ${one.open_positions_max} positions at once · ${one.opened_count} of ${one.opened_max} opened today · realised ${dollars(one.gains_cents)}`),
        h("p", { class: "sub" }, account ? `Trades in ${accountWords(account)}.` : "Its account is not connected.")),
      card("Automations", automations.map((each) => automation(path, each)))),
    card("Trees", h("div", { class: "scroll" }, h("img", { class: "trees", alt: `The trees of ${one.name}`, src: `${path}/drawing?v=${one.version}` }))),
    await positionsOf("Positions", { bot: one.bot_id, limit: 10 }, now),
    await runsOf("Runs", { bot: one.bot_id, limit: 10 }, now),
  ];
}

function automation(path, each) {
  return h("div", { class: "automation" }, h("p", {}, each.name, h("small", {}, each.trigger || each.lane)),
    each.label && button(each.label, async () => {
      const { run_id: run } = await change("POST", `${path}/buttons/${encodeURIComponent(each.label)}/clicks`);
      toast(`“${each.label}” is running.`);
      location.hash = `#/runs/${run}`;
    }));
}

function hold(path, one, again) {
  const wanted = one.mode === "active" ? "halted" : "active";
  const [words, question] = wanted === "halted"
    ? ["Halt", `Halt ${one.name}? It opens and closes nothing; its working orders are cancelled.`]
    : ["Trade again", `Let ${one.name} trade again?`];
  return button(words, async () => {
    if (await confirmed(question, words)) await switched(`${path}/switch`, wanted);
    again();
  });
}
