// Runs: what a bot decided, and why.

import { get } from "./api.js";
import { card, h, head, state, table } from "./dom.js";
import { paged } from "./pages.js";
import { at } from "./words.js";

const COLUMNS = (now) => [
  ["When", (one) => h("a", { href: `#/runs/${one.run_id}` }, at(one.at, now)), "when"],
  ["Bot", (one) => h("a", { href: `#/bots/${one.bot_id}` }, one.bot)],
  ["Automation", (one) => one.automation],
  ["Started by", (one) => one.cause.split("/")[0]],
  ["Came to", (one) => state(one.outcome)],
];

export async function runs({ now }) {
  return [head("Runs"), await runsOf("", {}, now)];
}

export function runsOf(title, wanted, now) {
  return paged(title, "/v1/runs", wanted, (rows) => table(COLUMNS(now), rows, "No run yet."));
}

export async function run({ subject, now }) {
  const seen = await get(`/v1/runs/${encodeURIComponent(subject)}`).catch(notYet);
  if (!seen) return [head("Run"), card("", h("p", { class: "sub" }, "It has not run yet; it is shown here once it has."))];
  const { run: line, ends, is_same: isSame, remark } = seen;
  return [
    head(line.automation),
    h("p", { class: "path" }, h("a", { href: `#/bots/${line.bot_id}` }, line.bot), ` · ${at(line.at, now)} Eastern`),
    card(`Why it came to “${line.outcome.replaceAll("_", " ").replace(":", ": ")}”`,
      remark && h("p", { class: "sub" }, remark),
      isSame === false && h("p", { class: "refusal" }, "Decided again, it comes out differently: tell the operator."),
      ends.map(told)),
  ];
}

function notYet(why) {
  if (why.code !== "not_found") throw why;
}

function told(end) {
  return h("div", { class: "end" },
    end.item && h("h3", {}, end.item),
    h("ol", {}, end.steps.map(stepped)),
    h("p", { class: "action" }, h("strong", {}, end.action || "Nothing"), end.result && state(end.result)));
}

function stepped(step) {
  const parts = step.parts.map((part) => h("li", {},
    h("span", { class: `answer ${part.answer}` }, part.answer.replaceAll("_", " ")), ` ${part.sentence}`,
    part.seen && h("small", {}, `seen: ${part.seen}`)));
  return h("li", {}, h("span", { class: `answer ${step.answer}` }, step.answer.replaceAll("_", " ")), ` ${step.sentence}`,
    step.parts.length > 1 || step.parts[0]?.seen ? h("ul", {}, parts) : null);
}
