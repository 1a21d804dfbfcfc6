import { z } from "zod";

/** What somebody may do: readers label; reviewers also start scorings, trainings and adjudicate; admins also keep accounts. */
export const accountRole = z.enum(["reader", "reviewer", "admin"]);
export type AccountRole = z.infer<typeof accountRole>;

/** Name of a person, as it stands in the audit trail. */
export const readerName = z.string().trim().min(1).max(60);

/**
 * Who is there. Without accounts (the server listens on this machine alone) every window says its reader's name itself,
 * in the header `x-reader` (percent-encoded UTF-8) of each request; with accounts the name is that of the account.
 */
export const session = z.object({
  version: z.string(),
  /** The folder's name, not its path. */
  workspace: z.string(),
  accounts: z.boolean(),
  /** Null without accounts, and with accounts before logging in. */
  account: z.object({ name: z.string(), role: accountRole }).nullable(),
  limits: z.object({
    /** Of all files of an upload. */
    uploadBytes: z.number(),
    uploadFiles: z.number(),
    /** Of one file. */
    fileBytes: z.number(),
    imagePixels: z.number(),
  }),
});
export type Session = z.infer<typeof session>;

export const login = z.object({ name: readerName, password: z.string().min(1).max(200) });
export type Login = z.infer<typeof login>;

export const account = z.object({ name: z.string(), role: accountRole, disabled: z.boolean(), createdAt: z.string() });
export type Account = z.infer<typeof account>;

export const newAccount = z.object({ name: readerName, role: accountRole, password: z.string().min(10).max(200) });
export type NewAccount = z.infer<typeof newAccount>;

/** Only what is there changes. */
export const accountChange = z.object({
  role: accountRole.optional(),
  disabled: z.boolean().optional(),
  password: z.string().min(10).max(200).optional(),
});
export type AccountChange = z.infer<typeof accountChange>;
