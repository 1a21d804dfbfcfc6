import { expect, test } from "vitest";
import { describeError, ImageError, MicronucleiError } from "./errors.ts";

test("an error carries its class name, code, message and cause", () => {
  const cause = new Error("unexpected end of file");
  const error = new ImageError("IMAGE_TRUNCATED", "a.png stops early.", { cause });
  expect(error).toBeInstanceOf(MicronucleiError);
  expect(error).toMatchObject({ name: "ImageError", code: "IMAGE_TRUNCATED", message: "a.png stops early.", cause });
});

test("anything thrown has a text", () => {
  expect([new Error("broken"), "text", 7, null].map(describeError)).toEqual(["broken", "text", "7", "null"]);
});
