import { expect, test } from "vitest";
import { elementCount, Graph } from "./graph.ts";

test("equal lists of integers share one stored tensor", () => {
  const graph = new Graph();
  expect(graph.integers([1, -1])).toBe(graph.integers([1, -1]));
  expect(graph.integers([1])).not.toBe(graph.integers([-1]));
  expect(graph.initializers).toHaveLength(3);
});

test("an output under the wanted name is the node itself; another name costs an Identity", () => {
  const graph = new Graph();
  const x = graph.input("x", [2]);
  const y = graph.add("Relu", [x], {}, { names: ["y"] });
  expect(graph.output(y, "y")).toBe(y);
  expect(graph.output(y, "z").name).toBe("z");
  expect(graph.nodes.map(({ operator }) => operator)).toEqual(["Relu", "Identity"]);
  expect(graph.outputs.map(({ name }) => name)).toEqual(["y", "z"]);
});

test("a node of one output leaves the operator's others out", () => {
  const graph = new Graph();
  const x = graph.input("x", [1, 1, 4, 4]);
  graph.add("MaxPool", [x], { kernel_shape: [2, 2] });
  expect(graph.addAll("MaxPool", [x], { kernel_shape: [2, 2] })).toHaveLength(2);
  expect(graph.nodes.map(({ outputs }) => outputs.length)).toEqual([1, 2]);
});

test("an omitted input is an empty name, and made-up names are distinct", () => {
  const graph = new Graph();
  const x = graph.input("x", [1, 1, 4, 4]);
  const weight = graph.constant([1], [1, 1, 1, 1]);
  const first = graph.add("Conv", [x, weight, null]);
  const second = graph.add("Conv", [x, weight]);
  expect(graph.nodes[0]!.inputs).toEqual(["x", weight.name, ""]);
  expect(first.name).not.toBe(second.name);
});

test("shapes are known where nodes are added", () => {
  const graph = new Graph();
  const x = graph.input("x", [2, 3, 4]);
  expect(graph.reshape(x, [0, -1]).shape).toEqual([2, 12]);
  expect(graph.transpose(x, [2, 1, 0]).shape).toEqual([4, 3, 2]);
  expect(graph.sum(x, [1], true).shape).toEqual([2, 1, 4]);
  expect(graph.sum(x, [0, 2], false).shape).toEqual([3]);
  expect(elementCount(x.shape)).toBe(24);
  expect(elementCount([])).toBe(1);
});
