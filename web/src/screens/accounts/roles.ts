import type { AccountRole } from "../../../../src/server/api/session.ts";

export const ROLES: readonly { role: AccountRole; about: string }[] = [
  { role: "reader", about: "reads cells" },
  { role: "reviewer", about: "also scores, trains, decides disagreements" },
  { role: "admin", about: "also keeps the accounts" },
];

/** As the server asks for it. */
export const SHORTEST_PASSWORD = 10;
