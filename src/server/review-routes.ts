import { ReviewQueues } from "../review/queues.ts";
import type { ReviewApp, ReviewContext } from "./context.ts";
import { labelRoutes } from "./label-routes.ts";
import { queueRoutes } from "./queue-routes.ts";
import { resultRoutes } from "./result-routes.ts";
import { studyRoutes } from "./study-routes.ts";

/** Everything about reading cells and what comes of it: studies, queues, labels, results. */
export async function reviewRoutes(app: ReviewApp, context: ReviewContext): Promise<void> {
  const queues = new ReviewQueues(context.workspace.db);
  await studyRoutes(app, context);
  await queueRoutes(app, context, queues);
  await labelRoutes(app, context, queues);
  await resultRoutes(app, context, queues);
}
