// The API as every client has it; this one is known by its session.

export class Refused extends Error {
  constructor(problem) {
    super(problem.detail ?? "The fleet does not answer.");
    this.code = problem.code ?? "unreachable";
    this.faults = problem.errors ?? [];
    this.opensAt = problem.next_open_at;
  }
}

export async function get(path, kind = "application/json") {
  return (await ask("GET", path, { headers: { Accept: kind } })).json();
}

// A change is named by its key: where an answer was lost, the same key is the same change.
export async function change(method, path, body, kind = "application/json") {
  const headers = { "Idempotency-Key": newKey() };
  if (body !== undefined) headers["Content-Type"] = kind;
  const sent = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const answer = await again(() => ask(method, path, { headers, body: sent }));
  return answer.status === 204 ? null : answer.json();
}

// A bot file, drawn; and written in another kind. Neither is stored.
export async function drawing(file, kind) {
  const headers = { "Content-Type": kind };
  return (await ask("POST", "/v1/drafts/drawing", { headers, body: file })).blob();
}

export async function written(file, kind, wanted) {
  const headers = { "Content-Type": kind, Accept: wanted };
  return (await ask("POST", "/v1/drafts/file", { headers, body: file })).text();
}

async function ask(method, path, given = {}) {
  let answer;
  try {
    answer = await fetch(path, { method, ...given });
  } catch {
    throw new Refused({});
  }
  if (answer.status === 401) location.assign("/signin");
  if (!answer.ok) throw new Refused(await answer.json().catch(() => ({})));
  return answer;
}

async function again(asking) {
  try {
    return await asking();
  } catch (why) {
    if (why.code !== "unreachable") throw why;
    return asking();
  }
}

function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
