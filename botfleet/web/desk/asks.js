// Actions that wait for their owner's yes.

import { change, get } from "./api.js";
import { button, h } from "./dom.js";
import { at } from "./words.js";

export async function asks(now, again) {
  const { items } = await get("/v1/asks");
  return items.map((one) => h("section", { class: "ask" },
    h("p", {}, h("strong", {}, one.bot), ` asks: ${one.words}`, h("small", {}, `until ${at(one.lapses_at, now)} Eastern`)),
    h("div", { class: "tools" },
      button("Yes", () => answer(one, "yes", again), "main"),
      button("No", () => answer(one, "no", again)))));
}

async function answer(one, word, again) {
  await change("POST", `/v1/asks/${one.ask_id}/answers`, { answer: word });
  again();
}
