import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import type { ReviewApp } from "./context.ts";

/** The description of every address, made of the schemas: a page at /api/docs, OpenAPI at /api/docs/json. */
export async function apiDocs(app: ReviewApp, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "micronuclei review",
        description:
          "What the review application's pages ask for. Programs send the token that mn review printed as `authorization: Bearer TOKEN`, " +
          "and the reader's name, percent-encoded, as `x-reader`. A refused or failed request answers `{ code, message }`.",
        version,
      },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
  });
  await app.register(swaggerUi, { routePrefix: "/api/docs", uiConfig: { defaultModelsExpandDepth: 0 } });
}
