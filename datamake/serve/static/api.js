// Asks the server.

/** Return what the server says as JSON. Throws an Error whose message can be shown. */
export async function json(address) {
  const answer = await asked(address);
  return answer.json();
}

/** Return what the server says as text. Throws an Error whose message can be shown. */
export async function text(address) {
  const answer = await asked(address);
  return answer.text();
}

async function asked(address) {
  let answer;
  try {
    answer = await fetch(address, { credentials: "same-origin", cache: "no-store" });
  } catch {
    throw new Error("the server does not answer");
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  throw Object.assign(new Error(said.error ?? said.detail ?? `the server answers ${answer.status}`), {
    status: answer.status,
  });
}
