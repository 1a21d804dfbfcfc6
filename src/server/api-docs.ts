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
    transform: (route) => {
      const { schema, url } = jsonSchemaTransform(route);
      return { schema: { hide: subjectOf(url) === "docs", tags: [subjectOf(url)], ...schema }, url };
    },
  });
  // The other layout has a bar to load descriptions from elsewhere, and inline styles, which the page's policy refuses.
  await app.register(swaggerUi, { routePrefix: "/api/docs", uiConfig: { layout: "BaseLayout" } });
}

/** /api/studies/:id/labels is under "studies". */
function subjectOf(url: string): string {
  return url.split("/")[2] ?? "";
}
