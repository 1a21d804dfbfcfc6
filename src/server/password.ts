import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { z } from "zod";

/** What a password's hash costs: 128 n r bytes of memory, p times. */
export interface PasswordCost {
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/** 64 MiB and about half a second: one of the settings of the OWASP password storage cheat sheet. */
export const PASSWORD_COST: PasswordCost = { n: 2 ** 16, r: 8, p: 2 };

/** A password as it is kept: what scrypt (RFC 7914) makes of it, with everything that is needed to compute it again. */
export const passwordHash = z.object({
  algorithm: z.literal("scrypt"),
  n: z.number().int(),
  r: z.number().int(),
  p: z.number().int(),
  salt: z.base64(),
  hash: z.base64(),
});
export type PasswordHash = z.infer<typeof passwordHash>;

const SALT_BYTES = 16;
const HASH_BYTES = 32;

export async function hashPassword(password: string, cost: PasswordCost): Promise<PasswordHash> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, cost);
  return { algorithm: "scrypt", ...cost, salt: salt.toString("base64"), hash: hash.toString("base64") };
}

export async function passwordMatches(password: string, kept: PasswordHash): Promise<boolean> {
  const hash = await derive(password, Buffer.from(kept.salt, "base64"), kept);
  return timingSafeEqual(hash, Buffer.from(kept.hash, "base64"));
}

function derive(password: string, salt: Buffer, { n, r, p }: PasswordCost): Promise<Buffer> {
  // Keyboards and systems compose accented letters differently: NFKC makes them one.
  const settings = { N: n, r, p, maxmem: 256 * n * r };
  return new Promise((done, failed) =>
    scrypt(password.normalize("NFKC"), salt, HASH_BYTES, settings, (error, key) => (error ? failed(error) : done(key))),
  );
}
