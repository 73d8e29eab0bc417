// Checks that a webhook comes from Signoff. Node.js 18 or newer, nothing to install.

import { createHmac, timingSafeEqual } from "node:crypto";
import { linkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const TOLERANCE_SECONDS = 300;

// Returns whether one of the secrets has signed this body, and just now.
//
// secrets: the webhook's secret; while you replace it, the old and the new one.
// headers: request.headers, whose names are in lower case.
// body: a Buffer of the bytes as they came in, before anything has parsed them.
export function verify(secrets, headers, body, now = Date.now() / 1000) {
  const id = headers["webhook-id"] ?? "";
  const timestamp = headers["webhook-timestamp"] ?? "";
  if (!/^[0-9]{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now - Number(timestamp)) > TOLERANCE_SECONDS) return false;
  // While Signoff replaces a secret, the header holds a signature of each.
  const signatures = (headers["webhook-signature"] ?? "").split(" ");
  let isRight = false;
  for (const secret of secrets) {
    const hmac = createHmac("sha256", key(secret)).update(`${id}.${timestamp}.`);
    const expected = `v1,${hmac.update(body).digest("base64")}`;
    for (const signature of signatures) isRight = same(expected, signature) || isRight;
  }
  return isRight;
}

// Returns whether one of the secrets has signed this body, no matter when.
export function verifyDatabricks(secrets, headers, body) {
  const signature = headers["x-databricks-signature"] ?? "";
  let isRight = false;
  for (const secret of secrets) {
    const expected = createHmac("sha256", secret).update(body).digest("hex");
    isRight = same(expected, signature) || isRight;
  }
  return isRight;
}

// Keeps a body to work on later; returns false if this message was here before.
export function keep(folder, id, body) {
  if (!/^[0-9A-Za-z_-]{1,64}$/.test(id)) throw new Error("not an id");
  const draft = join(folder, `.${id}.${process.pid}.${process.hrtime.bigint()}`);
  writeFileSync(draft, body, { flush: true });
  try {
    linkSync(draft, join(folder, `${id}.json`));
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft);
  }
}

function same(expected, given) {
  const [left, right] = [Buffer.from(expected), Buffer.from(given)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function key(secret) {
  const text = secret.startsWith("whsec_") ? secret.slice("whsec_".length) : null;
  const isBase64 = text !== null && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  // Any other secret is its own text.
  return isBase64 && text.length % 4 === 0 ? Buffer.from(text, "base64") : Buffer.from(secret);
}
