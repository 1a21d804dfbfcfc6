import { join, resolve } from "node:path";
import Fastify from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { expect, test } from "vitest";
import { z } from "zod";
import { ImageError, MicronucleiError } from "../core/errors.ts";
import type { ReviewApp } from "./context.ts";
import { answerProblems } from "./problems.ts";

const FOLDER = "laboratory/workspace";

/** Answers of a server whose address / does `work`; `faults` is what its operator was told. */
async function answerTo(work: () => unknown, query = "") {
  const faults: unknown[] = [];
  const app: ReviewApp = Fastify().withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerProblems(app, { folder: FOLDER, reportFault: (error) => faults.push(error) });
  const schema = { querystring: z.object({ count: z.coerce.number().int().optional() }), response: { 200: z.object({ n: z.number() }) } }; // biome-ignore format: one thought
  app.get("/", { schema }, async () => work() as { n: number });
  const answer = await app.inject({ path: `/${query}` });
  return {
    status: answer.statusCode,
    body: answer.body,
    problem: answer.json() as { code: string; message: string },
    faults,
  };
}

test("a fault in the program is told to whoever runs the server, and to the browser only that there was one", async () => {
  const fault = new Error("ENOENT: /home/ada/laboratory/secret, at query SELECT * FROM label");
  const { status, body, problem, faults } = await answerTo(() => {
    throw fault;
  });
  expect([status, problem.code]).toEqual([500, "SERVER_FAILED"]);
  expect(body).not.toMatch(/home|ada|SELECT|ENOENT|\bat \b.*\.ts/);
  expect(faults).toEqual([fault]);
});

test("an answer that does not fit its own schema is a fault in the program", async () => {
  const { status, problem, faults } = await answerTo(() => ({ n: "a secret text" }));
  expect([status, problem.code, faults.length]).toEqual([500, "SERVER_FAILED", 1]);
  expect(problem.message).not.toContain("secret");
});

test("a foreseen failure keeps its code and message, without the path to the workspace", async () => {
  const path = join(resolve(FOLDER), "uploads/1.png");
  const { status, problem, faults } = await answerTo(() => {
    throw new ImageError("IMAGE_TRUNCATED", `"${path}" ends before its last pixel.`);
  });
  expect([status, problem, faults]).toEqual([
    422,
    { code: "IMAGE_TRUNCATED", message: '"workspace/uploads/1.png" ends before its last pixel.' },
    [],
  ]);
});

test("what is not there is 404, what is there already 409, and a busy workspace 503", async () => {
  const statusFor = async (code: string) =>
    (
      await answerTo(() => {
        throw new MicronucleiError(code, "");
      })
    ).status;
  expect(await Promise.all(["STUDY_MISSING", "STUDY_EXISTS", "WORKSPACE_BUSY"].map(statusFor))).toEqual([
    404, 409, 503,
  ]);
});

test("a request that does not fit its schema is told which part of it", async () => {
  const { status, problem } = await answerTo(() => ({ n: 1 }), "?count=many");
  expect([status, problem.code]).toEqual([400, "REQUEST_INVALID"]);
  expect(problem.message).toContain("count: Invalid input: expected number, received NaN");
});

test("an address that does not exist is a problem like any other", async () => {
  const { status, problem } = await answerTo(() => ({ n: 1 }), "elsewhere");
  expect([status, problem.code]).toEqual([404, "ADDRESS_UNKNOWN"]);
});
