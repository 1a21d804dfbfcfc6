import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Answer, ask, codeOf } from "../../test/server/ask.ts";
import { addAccounts, PASSWORD, start, type TestReview, temporaryFolder } from "../../test/server/start.ts";
import { ACCOUNTS_FILE, type Accounts } from "./accounts.ts";
import { PASSWORD_COST } from "./password.ts";

/** What may be tried against a server where everybody has an account. */

let root: string;
let review: TestReview;
let accounts: Accounts;
let origin: string;
let now = new Date("2026-05-04T08:00:00Z");

beforeAll(async () => {
  root = temporaryFolder(afterAll);
  accounts = await addAccounts(root, {
    Ada: "admin",
    Rita: "reviewer",
    Leo: "reader",
    Gone: "reader",
    Later: "reader",
    New: "reader",
    Hit: "reader",
    Many: "reader",
  });
  review = await start(root, { now: () => now });
  afterAll(() => review.close());
  origin = `http://127.0.0.1:${review.port}`;
});

const send = (method: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  ask(review.port, {
    method,
    path,
    headers: { origin, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
const logIn = (name: string, password = PASSWORD, headers: Record<string, string> = {}): Promise<Answer> =>
  send("POST", "/api/login", { name, password }, headers);
const cookieOf = ({ headers }: Answer): string => headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
const sessionOf = async (cookie: string): Promise<unknown> => {
  const { body } = await ask(review.port, { path: "/api/session", headers: { cookie } });
  return (JSON.parse(body) as { account: unknown }).account;
};

test("other machines are let in only where there are accounts, also through a proxy on this one", async () => {
  const folder = temporaryFolder();
  await expect(start(folder, { listen: "0.0.0.0" })).rejects.toMatchObject({ code: "ACCOUNTS_REQUIRED" });
  await expect(start(folder, { tlsOrigin: "https://review.example" })).rejects.toMatchObject({
    code: "ACCOUNTS_REQUIRED",
  });
});

test("there is no token beside the accounts", async () => {
  expect([review.token, review.address]).toEqual([null, `${origin}/`]);
  const token = readFileSync(join(review.folder, "session-token"), "utf8").trim();
  expect((await ask(review.port, { path: "/api/jobs", headers: { authorization: `Bearer ${token}` } })).status).toBe(
    401,
  );
  expect((await ask(review.port, { path: `/?token=${token}` })).headers["set-cookie"]).toBeUndefined();
});

test("the password is kept as what scrypt made of it, for the file's owner alone", () => {
  const file = join(root, "workspace", ACCOUNTS_FILE);
  const kept = readFileSync(file, "utf8");
  expect(kept).not.toContain(PASSWORD);
  expect((JSON.parse(kept) as { accounts: { password: object }[] }).accounts[0]?.password).toMatchObject({
    algorithm: "scrypt",
    n: 1024,
    salt: expect.stringMatching(/^.{22}==$/),
  });
  if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
  // OWASP password storage cheat sheet: N=2^16, r=8, p=2 is the second of its equal settings.
  expect(PASSWORD_COST).toEqual({ n: 65536, r: 8, p: 2 });
});

test("logging in makes a new session every time, whatever cookie was there before (fixation)", async () => {
  const planted = `micronuclei-${review.port}=planted-by-somebody-else-0123456789`;
  const first = cookieOf(await logIn("Leo", PASSWORD, { cookie: planted }));
  const second = cookieOf(await logIn("Leo", PASSWORD, { cookie: first }));
  expect(new Set([planted, first, second]).size).toBe(3);
  expect(await sessionOf(planted)).toBeNull();
  expect(await sessionOf(first)).toEqual({ name: "Leo", role: "reader" });
});

test("the cookie is for this server's own pages, and ends after a working day", async () => {
  const answer = await logIn("Leo");
  expect(answer.headers["set-cookie"]?.[0]).toMatch(
    /^micronuclei-\d+=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
  );
  expect(readFileSync(join(review.folder, "login-sessions.json"), "utf8")).not.toContain(
    cookieOf(answer).split("=")[1],
  );
  now = new Date("2026-05-04T19:59:59Z");
  expect(await sessionOf(cookieOf(answer))).not.toBeNull();
  now = new Date("2026-05-04T20:00:01Z");
  expect(await sessionOf(cookieOf(answer))).toBeNull();
});

test("a session ends with logging out, with a new password, and when the account is disabled from elsewhere", async () => {
  const [out, changed, gone] = [await logIn("Leo"), await logIn("New"), await logIn("Gone")].map(cookieOf);
  await send("POST", "/api/logout", {}, { cookie: out ?? "" });
  await accounts.change("New", { password: "another long password" });
  await accounts.change("Gone", { disabled: true });
  for (const cookie of [out, changed, gone]) expect(await sessionOf(cookie ?? "")).toBeNull();
  expect(codeOf(await logIn("Gone"))).toBe("LOGIN_REFUSED");
  expect((await logIn("New")).status).toBe(401);
});

test("only admins see and keep accounts; nobody makes himself one", async () => {
  for (const [name, expected] of [
    ["Leo", 403],
    ["Rita", 403],
    ["Ada", 200],
  ] as const) {
    const cookie = cookieOf(await logIn(name));
    expect((await ask(review.port, { path: "/api/accounts", headers: { cookie } })).status).toBe(expected);
    const change = { role: name === "Ada" ? "admin" : "admin" };
    expect((await send("PATCH", `/api/accounts/${name}`, change, { cookie })).status).toBe(expected);
    const more = { name: `Made by ${name}`, role: "reader", password: PASSWORD };
    if (expected === 403) expect((await send("POST", "/api/accounts", more, { cookie })).status).toBe(403);
  }
});

test("readers can neither score, train, upload, choose models nor adjudicate in another's name", async () => {
  const cookie = cookieOf(await logIn("Leo"));
  for (const [method, path, body] of [
    ["POST", "/api/studies/1/score", {}],
    ["POST", "/api/studies/1/uploads", {}],
    ["PUT", "/api/models/current", { modelId: "x" }],
    ["POST", "/api/models/train", { name: "N", studyIds: [1], startFrom: "x" }],
    ["POST", "/api/models/compare", { modelIds: ["x", "y"], studyIds: [1] }],
  ] as const)
    expect([path, (await send(method, path, body, { cookie, "x-reader": "Ada" })).status]).toEqual([path, 403]);
});

test("after five wrong passwords the right one has to wait too, ever longer; others are not locked out", async () => {
  now = new Date("2026-05-05T08:00:00Z");
  for (let attempt = 1; attempt <= 5; attempt++) expect((await logIn("Hit", "wrong password")).status).toBe(401);
  const sixth = await logIn("Hit");
  expect([sixth.status, codeOf(sixth), sixth.headers["retry-after"]]).toEqual([429, "LOGIN_TOO_OFTEN", "1"]);
  expect((await logIn("hit ")).status).toBe(429);
  expect((await logIn("Leo")).status).toBe(200);
  now = new Date("2026-05-05T08:00:01Z");
  expect((await logIn("Hit", "wrong password")).status).toBe(401);
  expect((await logIn("Hit")).headers["retry-after"]).toBe("2");
  now = new Date("2026-05-05T08:00:03Z");
  expect((await logIn("Hit")).status).toBe(200);
});

test("a hundred guesses at once get no further than five", async () => {
  now = new Date("2026-05-05T12:00:00Z");
  const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => logIn("Many", `guess number ${n}`)));
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(95);
});

test("a wrong name and a wrong password are answered alike", async () => {
  now = new Date("2026-05-06T08:00:00Z");
  const [noName, noPassword] = [await logIn("Nobody"), await logIn("Later", "wrong password")];
  expect([noName.status, noName.body]).toEqual([noPassword.status, noPassword.body]);
});

test("behind a TLS proxy the cookie is for TLS alone, and only the proxy's origin may ask", async () => {
  const folder = temporaryFolder();
  await addAccounts(folder, { Ada: "admin" });
  const proxied = await start(folder, { tlsOrigin: "https://review.example" });
  const login = (from: string, host: string) =>
    ask(proxied.port, {
      method: "POST",
      path: "/api/login",
      headers: { origin: from, host, "content-type": "application/json" },
      body: JSON.stringify({ name: "Ada", password: PASSWORD }),
    });
  const answer = await login("https://review.example", "review.example");
  expect(answer.headers["set-cookie"]?.[0]).toMatch(
    /^__Host-micronuclei=.*; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  );
  expect((await login("https://review.example", `127.0.0.1:${proxied.port}`)).status).toBe(200);
  expect((await login("http://review.example", "review.example")).status).toBe(403);
  expect((await login(`http://127.0.0.1:${proxied.port}`, `127.0.0.1:${proxied.port}`)).status).toBe(403);
  expect((await login("https://evil.example", "evil.example")).status).toBe(421);
  await proxied.close();
});

test("a client cannot choose the address that its failures are counted at, without or behind the proxy", async () => {
  const folder = temporaryFolder();
  await addAccounts(folder, { Ada: "admin" });
  for (const tlsOrigin of [null, "https://review.example"]) {
    const tried = await start(folder, { tlsOrigin });
    const statuses = [];
    for (let attempt = 1; attempt <= 6; attempt++) {
      // The proxy appends the address that it saw.
      const forwarded = tlsOrigin === null ? `10.0.0.${attempt}` : `10.0.0.${attempt}, 192.0.2.7`;
      const { status } = await ask(tried.port, {
        method: "POST",
        path: "/api/login",
        headers: {
          origin: tlsOrigin ?? `http://127.0.0.1:${tried.port}`,
          "x-forwarded-for": forwarded,
          "content-type": "application/json",
        },
        body: JSON.stringify({ name: "Ada", password: "wrong password" }),
      });
      statuses.push(status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    await tried.close();
  }
});
