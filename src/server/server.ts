import Fastify from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import type { ReviewApp, ReviewContext } from "./context.ts";

/** Adds some addresses of the API: `app.get("/studies", ...)` is /api/studies. */
type Routes = (app: ReviewApp, context: ReviewContext) => Promise<void>;

/** Every file of addresses, each in a scope of its own: body parsers and hooks that it adds are for itself alone. */
const API: readonly Routes[] = [];

/** The review application's server, not yet listening. */
export async function buildServer(context: ReviewContext): Promise<ReviewApp> {
  const app: ReviewApp = Fastify().withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  for (const routes of API)
    await app.register(async (scope) => routes(scope as ReviewApp, context), { prefix: "/api" });
  return app;
}
