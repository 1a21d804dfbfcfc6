import { expect, test } from "vitest";
import { withoutFolders } from "./without-folders.ts";

test.each([
  ['The image "/home/ana/My slides/a.png" ends.', 'The image "a.png" ends.'],
  ['The image "C:\\data\\a.png" ends.', 'The image "a.png" ends.'],
  ["The model /opt/models/box.onnx cannot be read", "The model box.onnx cannot be read"],
  ["See https://example.org/a/b.html, 3 / 4 and mn/normal.", "See https://example.org/a/b.html, 3 / 4 and mn/normal."],
])("folders of this machine are left out of a message: %s", (message, shown) => {
  expect(withoutFolders(message)).toBe(shown);
});
