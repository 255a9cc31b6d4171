// The desk: one page, whose place is in its address; it shows anew what has changed.

import { get } from "./api.js";
import { h, toast } from "./dom.js";
import { accounts } from "./accounts.js";
import { asks } from "./asks.js";
import { bot, bots } from "./bots.js";
import { editor } from "./editor.js";
import { restraint } from "./restraint.js";
import { notices } from "./notices.js";
import { order, orders, position, positions } from "./trades.js";
import { run, runs } from "./runs.js";
import { at } from "./words.js";

const EVERY_MS = 5000;
// Places by their first word: what it shows, what it shows of one of them, and its name above.
const PLACES = {
  bots: [bots, bot, "Bots"],
  positions: [positions, position, "Positions"],
  orders: [orders, order, "Orders"],
  runs: [runs, run, "Runs"],
  notices: [notices, notices, "Notices"],
  accounts: [accounts, accounts, "Accounts"],
  edit: [editor, editor, ""],
};
const page = document.getElementById("page");
let shown = "";

async function show({ anew = true } = {}) {
  const address = location.hash || "#/bots";
  const [name, subject = ""] = address.slice(2).split("/").map(decodeURIComponent);
  if (!anew && (name === "edit" || isBusy())) return;
  const [all, one] = PLACES[name] ?? PLACES.bots;
  try {
    const me = await tell();
    const made = await (subject ? one : all)({ subject, now: me.now, again: () => show() });
    if (address === (location.hash || "#/bots")) place(name, made, anew);
  } catch (why) {
    if (anew) page.replaceChildren(h("p", { class: "card refusal", role: "alert" }, why.message));
  }
}

function place(name, made, anew) {
  const written = h("div", {}, made).innerHTML;
  if (!anew && written === shown) return;
  const [top, focused] = [scrollY, document.activeElement?.id];
  shown = written;
  page.replaceChildren(...[made].flat());
  for (const link of document.querySelectorAll("nav a")) {
    link.toggleAttribute("aria-current", link.hash === `#/${name}`);
  }
  scrollTo(0, anew ? 0 : top);
  if (!anew && focused) document.getElementById(focused)?.focus();
}

// Nothing is changed under the hand of who writes, or answers a question.
function isBusy() {
  return document.querySelector("dialog[open]") || page.querySelector("input:focus, textarea:focus, button:disabled");
}

async function tell() {
  const me = await get("/v1/me");
  const words = me.is_open ? `open until ${at(me.closes_at, me.now)}` : `closed until ${at(me.opens_at, me.now)}`;
  document.getElementById("name").textContent = me.name;
  document.getElementById("market").replaceChildren(
    h("span", { class: `dot ${me.is_open ? "open" : "shut"}` }), `${at(me.now, me.now).slice(0, 5)} Eastern · ${words}`);
  document.getElementById("mode").replaceChildren(await restraint(() => show()));
  document.getElementById("asks").replaceChildren(...(await asks(me.now, () => show())));
  return me;
}

function listen() {
  const stream = new EventSource("/v1/stream");
  const kinds = { open: "good", close: "good", ask: "warn", info: "info", warning: "warn", error: "bad" };
  for (const [level, kind] of Object.entries(kinds)) {
    stream.addEventListener(level, ({ data }) => {
      if (!data) return; // the stream's own "error": it comes back by itself
      const { bot: name, message } = JSON.parse(data);
      toast(`${name}: ${message}`, kind);
      show({ anew: false });
    });
  }
}

document.getElementById("nav").append(
  ...Object.entries(PLACES).filter(([, [, , name]]) => name).map(([key, [, , name]]) => h("a", { href: `#/${key}` }, name)));
addEventListener("hashchange", () => show());
addEventListener("unhandledrejection", ({ reason }) => toast(reason?.message ?? "Something went wrong.", "bad"));
setInterval(() => document.hidden || show({ anew: false }), EVERY_MS);
listen();
show();
