// Release a version to a Mini Program by HTTP, and wait for the end: node release.mjs APPID TEMPLATE_ID VERSION (Node 18 or newer).

const API = process.env.MPRELEASE_API; // http://127.0.0.1:8080/api/v1
const headers = {
  Authorization: `Bearer ${process.env.MPRELEASE_KEY}`,
  "Content-Type": "application/json",
};
const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

// Ask, and ask again where the answer got lost or Redis was away: the same request twice is one release.
async function call(method, path, document) {
  for (let attempt = 0; attempt < 20; attempt++) {
    let answer;
    try {
      const body = document && JSON.stringify(document);
      answer = await fetch(API + path, { method, headers, body, signal: AbortSignal.timeout(30_000) });
    } catch {
      await sleep(1);
      continue;
    }
    if (answer.status === 429 || answer.status === 503) {
      await sleep(Number(answer.headers.get("Retry-After")));
      continue;
    }
    // An audit id has more digits than a JavaScript number: keep it as text.
    const found = JSON.parse((await answer.text()).replace(/"auditid":(\d+)/g, '"auditid":"$1"'));
    if (!answer.ok) throw new Error(`${answer.status}: ${found.detail}`);
    return found;
  }
  throw new Error("the API was away for too long");
}

const [appid, templateId, version] = process.argv.slice(2);
const started = await call("POST", "/releases", {
  appid,
  template_id: Number(templateId),
  user_version: version,
  user_desc: "new checkout",
});
let release = started.release;
while (["queued", "running", "waiting"].includes(release.status)) {
  await sleep(1);
  release = await call("GET", `/releases/${started.release_id}`);
}
const stopped = release.block ?? release.failure;
console.log(release.status, release.auditid ?? stopped?.remedy);
process.exitCode = release.status === "submitted" ? 0 : 1;
