import { expect, test } from "vitest";
import { html } from "./html.ts";

test("text is escaped in elements and attributes, markup is kept", () => {
  const inner = html`<b>${'1 < 2 & "two"'}</b>`;
  expect(html`<p title="${"'><script>"}">${inner}</p>`.markup).toBe(
    '<p title="&#39;&gt;&lt;script&gt;"><b>1 &lt; 2 &amp; &quot;two&quot;</b></p>',
  );
});

test("lists are joined; nothing, null and false leave no trace", () => {
  expect(html`<ul>${[html`<li>1</li>`, null, false, undefined, ["<"]]}</ul>`.markup).toBe("<ul><li>1</li>&lt;</ul>");
});

test("coordinates are rounded to a hundredth; what is no number is a programmer's mistake", () => {
  expect(html`${1 / 3} ${12}`.markup).toBe("0.33 12");
  expect(() => html`${Number.NaN}`).toThrow("NaN cannot be drawn");
});
