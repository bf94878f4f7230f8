/** Calls of the interfaces of `handover web`. All paths are relative to the page, so it can be below any prefix. */

/** Why a call failed: a code that the page has words for, and the server's own words. */
export class Failure extends Error {
  constructor(code, detail, status = 0) {
    super(detail || code);
    this.code = code;
    this.status = status;
  }
}

/** Returns the JSON at a path. */
export function get(path, query = {}, signal) {
  return call(path + search(query), { signal });
}

/** Sends JSON to a path and returns the answer. */
export function post(path, body, signal) {
  const headers = { "Content-Type": "application/json" };
  return call(path, { method: "POST", body: JSON.stringify(body), headers, signal });
}

async function call(path, options) {
  const response = await send(path, options);
  try {
    return await response.json();
  } catch {
    throw new Failure("broken");
  }
}

async function send(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure("unreachable");
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Failure(problem.code ?? "broken", problem.detail, response.status);
}

function search(query) {
  const pairs = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return pairs.length ? `?${new URLSearchParams(pairs).toString().replaceAll("+", "%20")}` : "";
}

/** Passes server-sent events to `take(event, data)` until the signal ends it. Throws if the server ends it. */
export async function listen(path, query, signal, take) {
  const response = await send(path + search(query), { signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  while (true) {
    let part;
    try {
      part = await reader.read();
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Failure("unreachable");
    }
    if (part.done) throw new Failure("unreachable");
    const events = (rest + part.value).split("\n\n");
    rest = events.pop();
    for (const text of events) {
      const event = /^event: (.*)$/m.exec(text)?.[1];
      const data = /^data: (.*)$/m.exec(text)?.[1];
      if (event && data) take(event, JSON.parse(data));
    }
  }
}
