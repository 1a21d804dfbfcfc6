import cookie from "@fastify/cookie";
import Fastify from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { expect, onTestFinished, test } from "vitest";
import { addAccounts, temporaryFolder } from "../../test/server/start.ts";
import type { ReviewApp } from "./context.ts";
import { cutEndedSessions } from "./ended-sessions.ts";
import { LoginSessions } from "./login-sessions.ts";

test("a stream ends soon after its reader was logged out, and lasts while he is not", async () => {
  const root = temporaryFolder();
  const accounts = await addAccounts(root, { Ada: "admin", Leo: "reader", Mia: "reader" });
  const sessions = await LoginSessions.open(`${root}/workspace`, accounts, () => new Date());
  const app: ReviewApp = Fastify().withTypeProvider<ZodTypeProvider>();
  await app.register(cookie);
  app.decorateRequest("identity", null);
  app.addHook("onRequest", async (request) => {
    request.identity = { name: "A", role: "reader" };
  });
  cutEndedSessions(app, sessions, ({ cookies }) => cookies.session, 20);
  app.get("/", (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200).write("hello");
  });
  const address = await app.listen({ port: 0 });
  onTestFinished(async () => {
    app.server.closeAllConnections();
    await app.close();
  });
  const streamOf = async (name: string) => {
    const secret = await sessions.start({ name, stamp: accounts.find(name)?.stamp ?? "" });
    const { body } = await fetch(address, { headers: { cookie: `session=${secret}` } });
    const reader = body?.getReader();
    await reader?.read();
    return { ended: reader?.read().then(() => "ended", () => "cut"), secret }; // biome-ignore format: one thought
  };
  const [leo, mia] = [await streamOf("Leo"), await streamOf("Mia")];
  await accounts.change("Leo", { disabled: true });
  expect(await leo.ended).toBe("cut");
  expect(await Promise.race([mia.ended, new Promise((done) => setTimeout(done, 100, "lasts"))])).toBe("lasts");
  await sessions.end(mia.secret);
  expect(await mia.ended).toBe("cut");
});
