import { expect, test } from "vitest";
import { Graph } from "./graph.ts";
import { peakIntermediateBytes } from "./memory-estimate.ts";

test("a chain holds two results at a time, inputs and outputs not counted (by hand: 2 x 400 bytes)", () => {
  const graph = new Graph();
  let value = graph.input("x", [100]);
  for (let step = 0; step < 5; step++) value = graph.add("Relu", [value]);
  graph.output(graph.add("Relu", [value]), "y");
  expect(peakIntermediateBytes(graph)).toBe(800);
});

test("a result that is read at the end is held until then (by hand: first, second and their sum's input)", () => {
  const graph = new Graph();
  const first = graph.add("Relu", [graph.input("x", [10])]);
  const second = graph.add("Sigmoid", [first]);
  const third = graph.add("Exp", [second]);
  graph.output(graph.add("Add", [first, third]), "y");
  expect(peakIntermediateBytes(graph)).toBe(3 * 40);
});
