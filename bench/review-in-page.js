/*
 * Runs in every page of `npm run bench -- review` before the application's own scripts. All times are those of the page's
 * clock, milliseconds since the navigation began. A picture counts as on the screen in the frame after the one that found it
 * there: that one was drawn with it.
 */
const frame = () => new Promise(requestAnimationFrame);

/** Time of the frame after the first one in which this holds. */
async function frameAfter(holds) {
  while (!holds()) await frame();
  return await frame();
}

function tilesInView() {
  const view = document.querySelector(".gallery")?.getBoundingClientRect();
  return [...document.querySelectorAll(".tile")].filter((tile) => {
    const { top, bottom } = tile.getBoundingClientRect();
    return top < view.bottom && bottom > view.top;
  });
}

const isShown = (tile) => tile.querySelector("[data-image=shown]") !== null;
const allShown = () => tilesInView().length > 0 && tilesInView().every(isShown);

/** Scrolls steadily. Times from each frame to the next, and how long it then took until all cells in view were shown. */
async function scroll(pixelsPerSecond, seconds) {
  const view = document.querySelector(".gallery");
  const from = view.scrollTop;
  const intervals = [];
  const started = await frame();
  for (let before = started; before < started + 1000 * seconds; ) {
    const now = await frame();
    intervals.push(now - before);
    before = now;
    view.scrollTop = from + ((now - started) / 1000) * pixelsPerSecond;
  }
  const ended = await frame();
  return { intervals, settled: (await frameAfter(allShown)) - ended };
}

/** Pixels from the top of the gallery to its end. */
function scrollLength() {
  const { scrollHeight, clientHeight } = document.querySelector(".gallery");
  return scrollHeight - clientHeight;
}

/** Place of the focused cell in the queue, from 1. */
const place = () => Number(document.querySelector(".review-place").firstChild.textContent.replace(/\D/g, ""));

/** Of each decision with a key in the one-cell view: from the key to the next cell's picture. */
const latencies = [];
let declined = () => {};

addEventListener(
  "keydown",
  ({ timeStamp }) => {
    const stage = document.querySelector(".stage[data-cell]");
    if (stage === null) return;
    const [cell, before] = [stage.dataset.cell, place()];
    let given = true;
    declined = () => {
      if (place() === before) given = false;
    };
    const nextShown = () => {
      const now = document.querySelector(".stage[data-cell]");
      return now !== null && now.dataset.cell !== cell && now.querySelector(".stage-image[data-image=shown]") !== null;
    };
    void frameAfter(() => !given || nextShown()).then((shown) => given && latencies.push(shown - timeStamp));
  },
  true,
);
// By then the application has acted on the key.
addEventListener("keyup", () => declined(), true);

globalThis.measuring = {
  firstCells: () => Promise.all([frameAfter(() => tilesInView().some(isShown)), frameAfter(allShown)]),
  scroll,
  scrollLength,
  place,
  latencies,
};
