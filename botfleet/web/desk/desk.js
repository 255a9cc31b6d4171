// The desk: one page, whose place is in its address; it shows anew what has changed.

import { get } from "./api.js";
import { h, renew, toast } from "./dom.js";
import { accounts } from "./accounts.js";
import { asks } from "./asks.js";
import { bot, bots } from "./bots.js";
import { editor } from "./editor.js";
import { restraint } from "./restraint.js";
import { notices } from "./notices.js";
import { order, orders, position, positions } from "./trades.js";
import { run, runs } from "./runs.js";
import { at, clock, day } from "./words.js";

const EVERY_MS = 5000;
const SOON_MS = 400;
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
let known = null; // who looks, and the market's time, as last heard
let waiting = 0;

const here = () => location.hash || "#/bots";

async function show({ anew = true } = {}) {
  const address = here();
  try {
    const me = await tell();
    const [name, subject = ""] = address.slice(2).split("/").map(decodeURIComponent);
    if (!anew && (name === "edit" || isBusy())) return;
    const [all, one] = Object.hasOwn(PLACES, name) ? PLACES[name] : PLACES.bots;
    const again = () => here() === address && show();
    const made = await (subject ? one : all)({ subject, me, now: me.now, again });
    if (here() === address && (anew || !isBusy())) place(name, made, anew);
  } catch (why) {
    if (anew && here() === address) renew(page, true, h("p", { class: "card refusal", role: "alert" }, why.message));
    else warn(why);
  }
}

function place(name, made, anew) {
  const top = scrollY;
  if (!renew(page, anew, made)) return;
  document.title = `${page.querySelector("h1")?.textContent ?? "botfleet"} · botfleet`;
  for (const link of document.querySelectorAll("nav a")) {
    link.toggleAttribute("aria-current", link.hash === `#/${name}`);
  }
  scrollTo(0, anew ? 0 : top);
  if (anew && document.activeElement === document.body) page.focus({ preventScroll: true });
}

// Nothing is changed under the hand of who writes, or answers a question.
function isBusy() {
  return document.querySelector("dialog[open]") || page.querySelector("input:focus, textarea:focus, button:disabled");
}

async function tell() {
  const me = await get("/v1/me");
  const words = me.is_open ? `open until ${clock(me.closes_at)}` : `closed until ${at(me.opens_at)}`;
  const isOpen = h("span", { class: `dot ${me.is_open ? "open" : "shut"}` });
  renew(document.getElementById("market"), false, isOpen, `${day(me.now)} ${clock(me.now)} Eastern · ${words}`);
  document.getElementById("name").textContent = me.name;
  document.getElementById("stale").hidden = true;
  known = me;
  const again = () => show({ anew: !here().startsWith("#/edit") });
  renew(document.getElementById("mode"), false, await restraint(again));
  renew(document.getElementById("asks"), false, await asks(me.now, again));
  return me;
}

// What is shown has grown old: who trades by it must know.
function warn(why) {
  const stale = document.getElementById("stale");
  stale.textContent = `${why.message}${known ? ` What you see is as of ${at(known.now, known.now)} Eastern.` : ""}`;
  stale.hidden = false;
}

// Much may happen at once; it is looked at once.
function soon() {
  waiting ||= setTimeout(() => { waiting = 0; show({ anew: false }); }, SOON_MS);
}

function listen() {
  const stream = new EventSource("/v1/stream");
  const kinds = { open: "good", close: "good", ask: "warn", info: "info", warning: "warn", error: "bad" };
  for (const [level, kind] of Object.entries(kinds)) {
    stream.addEventListener(level, ({ data }) => {
      if (!data) return; // the stream's own "error": it comes back by itself
      const { bot: name, message } = JSON.parse(data);
      if (level !== "ask") toast(`${name}: ${message}`, kind); // a question stands on top of the page
      soon();
    });
  }
}

document.getElementById("nav").append(
  ...Object.entries(PLACES).filter(([, [, , name]]) => name).map(([key, [, , name]]) => h("a", { href: `#/${key}` }, name)));
addEventListener("hashchange", () => show());
addEventListener("unhandledrejection", ({ reason }) => toast(reason?.message ?? "Something went wrong.", "bad"));
addEventListener("visibilitychange", () => document.hidden || soon());
setInterval(() => document.hidden || show({ anew: false }), EVERY_MS);
listen();
show();
