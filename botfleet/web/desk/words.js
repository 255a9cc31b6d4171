// How numbers, prices and times are written: dollars, per cent, Eastern time.

const DOLLARS = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const SIGNED = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", signDisplay: "exceptZero" });
const WHOLE = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", maximumFractionDigits: 0 });
const SHARE = new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 1, signDisplay: "negative" });
const DAY = new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" });
const DATE = new Intl.DateTimeFormat("en-GB", { timeZone: "America/New_York", weekday: "short", day: "numeric", month: "short", year: "numeric" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { timeZone: "America/New_York", timeStyle: "medium" });

export const dollars = (cents) => DOLLARS.format(cents / 100);
// A gain that may still change; of what has no price none is known.
export const signed = (cents) => (cents == null ? "–" : SIGNED.format(cents / 100));
export const wholeDollars = (cents) => WHOLE.format(cents / 100);
// A price of a unit, a share: below zero it is received.
export const price = (value) => (value == null ? "–" : `${DOLLARS.format(Math.abs(value))} ${value < 0 ? "cr" : "db"}`);
export const share = (value) => SHARE.format(value);
export const gainKind = (value) => (value > 0 ? "num gain" : value < 0 ? "num loss" : "num");

export const day = (instant) => DATE.format(new Date(instant)).replace(",", "");
export const clock = (instant) => CLOCK.format(new Date(instant)).slice(0, 5);

// The day too, where it is not the market's today.
export function at(instant, now) {
  if (!instant) return "–";
  const when = new Date(instant);
  return now && DAY.format(when) === DAY.format(new Date(now)) ? CLOCK.format(when) : `${DAY.format(when)} ${clock(instant)}`;
}

const BROKERS = { tradier: "Tradier", schwab: "Charles Schwab", tradestation: "TradeStation", tastytrade: "tastytrade", alpaca: "Alpaca" };
const broker = (name) => BROKERS[name] ?? name;
// What no money stands behind is called so wherever it is named.
export const brokerOf = (name, isPaper) => `${broker(name)} (${isPaper ? "paper" : "live"})`;
export const account = (one) => `${brokerOf(one.broker, one.is_paper)} …${one.number_end}`;
export const structure = (word) => word.replaceAll("_", " ");
export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

// An OCC symbol such as SPY   260320P00510000 as 2026-03-20 510 put; no symbol is the shares.
export function leg([symbol, ratio]) {
  const found = /^([A-Z]{1,6})\s*(\d\d)(\d\d)(\d\d)([CP])(\d{8})$/.exec(symbol);
  const count = ratio > 0 ? `+${ratio}` : `−${-ratio}`;
  if (!found) return `${count} shares`;
  const [, , year, month, day, right, strike] = found;
  return `${count} 20${year}-${month}-${day} ${Number(strike) / 1000} ${right === "P" ? "put" : "call"}`;
}
