import type { Server } from "node:http";
import cookie from "@fastify/cookie";
import Fastify, { type FastifyHttpOptions } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { apiDocs } from "./api-docs.ts";
import type { ReviewApp, ReviewContext } from "./context.ts";
import { cutEndedSessions } from "./ended-sessions.ts";
import { eventRoutes } from "./event-routes.ts";
import { explanationRoutes } from "./explanation-routes.ts";
import { imageRoutes } from "./image-routes.ts";
import { jobRoutes } from "./job-routes.ts";
import { modelRoutes } from "./model-routes.ts";
import { pageRoutes } from "./page-routes.ts";
import { answerProblems, sendProblem } from "./problems.ts";
import { reviewRoutes } from "./review-routes.ts";
import { type Access, cookieName, guard } from "./security.ts";
import { securityHeaderLines, setSecurityHeaders } from "./security-headers.ts";
import { sessionRoutes } from "./session-routes.ts";
import { uploadRoutes } from "./upload-routes.ts";

/** Adds some addresses of the API: `app.get("/studies", ...)` is /api/studies. */
type Routes = (app: ReviewApp, context: ReviewContext) => Promise<void>;

/** Every file of addresses, each in a scope of its own: body parsers and hooks that it adds are for itself alone. */
const API: readonly Routes[] = [
  eventRoutes,
  reviewRoutes,
  jobRoutes,
  uploadRoutes,
  imageRoutes,
  explanationRoutes,
  modelRoutes,
];

/** Bytes of a request's body where an address says nothing else: 200 labels are 60 kB. */
const BODY_BYTES = 2 ** 20;
/** For a request to arrive whole, also a large image over a slow network. */
const REQUEST_MILLISECONDS = 10 * 60_000;

/** The review application's server, not yet listening. `reportFault` is told of faults in the program itself. */
export async function buildServer(
  context: ReviewContext,
  access: Access,
  reportFault: (error: unknown) => void,
): Promise<ReviewApp> {
  const problems = { folder: context.folder, reportFault };
  const options: FastifyHttpOptions<Server> = {
    bodyLimit: BODY_BYTES,
    requestTimeout: REQUEST_MILLISECONDS,
    forceCloseConnections: "idle",
    // Of the addresses that proxies write down, only the last, by the proxy in front of us, is not the client's to choose.
    trustProxy: access.tlsOrigin !== null && ((_address, hop) => hop < 1),
    frameworkErrors: (error, _request, reply) => {
      setSecurityHeaders(reply.raw);
      void sendProblem(reply, error, problems);
    },
    clientErrorHandler: (_error, socket) => {
      if (socket.writable) socket.end(`HTTP/1.1 400 Bad Request\r\nconnection: close\r\n${securityHeaderLines()}\r\n`);
    },
  };
  const app: ReviewApp = Fastify(options).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  // What a form of another site could send without asking first.
  app.removeContentTypeParser("text/plain");
  await app.register(cookie);
  guard(app, access);
  if (access.sessions !== null)
    cutEndedSessions(app, access.sessions, (request) => request.cookies[cookieName(request, access)]);
  answerProblems(app, problems);
  await apiDocs(app, context.version);
  const scope = (routes: Routes) => app.register(async (own) => routes(own as ReviewApp, context), { prefix: "/api" });
  for (const routes of API) await scope(routes);
  await scope((own) => sessionRoutes(own, context, access));
  await app.register(async (own) => pageRoutes(own as ReviewApp, access, context.webFolder));
  // When new requests are refused already: a window whose stream ends would ask for another at once.
  app.addHook("preClose", async () => context.feed.close());
  return app;
}
