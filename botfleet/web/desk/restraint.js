// What holds your bots back, and your own switch over all of them.

import { change, get } from "./api.js";
import { confirmed, h, toast } from "./dom.js";

const QUESTIONS = {
  halted: ["Halt all your bots? Nothing is opened and nothing closed by them; working orders are cancelled.", "Halt"],
  reducing: ["Let all your bots only close? Nothing is opened by them any more.", "Only close"],
  active: ["Let all your bots trade again?", "Trade again"],
};
const NAMES = { active: "Trading", reducing: "Closing only", halted: "Halted" };

// Orders whose broker gave no word in time may still be accepted: their owner is told.
export async function switched(path, mode) {
  const { doubtful } = await change("PUT", path, { mode, reason: "at the desk" });
  if (doubtful.length) toast(`Orders on their way that may still be accepted, and are then cancelled: ${doubtful.length}.`, "bad");
}

export async function restraint(again) {
  const { items } = await get("/v1/switches");
  const own = items.find((one) => one.scope === "user" && one.held_by === "owner");
  const others = items.filter((one) => one !== own && one.scope !== "bot");
  const mode = own?.mode ?? "active";
  const choice = h("select", { id: "switch", class: mode, "aria-label": "What your bots may do", onchange: act },
    Object.entries(NAMES).map(([key, name]) => h("option", { value: key, selected: key === mode }, name)));
  async function act() {
    const [question, yes] = QUESTIONS[choice.value];
    const wanted = choice.value;
    choice.value = mode;
    if (await confirmed(question, yes)) await switched("/v1/switches", wanted);
    again();
  }
  const held = others.map((one) => h("span", { class: "chip", title: one.reason }, `${one.name || one.scope}: ${one.mode} (${one.reason})`));
  return h("span", { class: "tools" }, held, choice);
}
