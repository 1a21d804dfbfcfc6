import library from "sharp";

// Every file is decoded once, so a cache only costs memory; callers work on several files at once, so more than one
// thread for each file only makes them wait for one another.
library.cache(false);
library.concurrency(1);

/** The image library, with the settings that all of this folder relies on. */
export const sharp = library;
