/** Colours of a chart's marks: positive and negative for the classes, the others for what is no class. */
export type Tone = "accent" | "positive" | "negative" | "third" | "quiet";
