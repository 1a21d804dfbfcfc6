/**
 * Colours of pages and charts, light and dark. Positive and negative are orange and blue, which stay apart for all
 * common colour-vision deficiencies (after Okabe and Ito 2008), darkened or lightened to a contrast of at least 4.5 on the
 * page, so that they serve for text too.
 */
const LIGHT = `--page:#fff;--card:#f6f7f9;--text:#1a1d21;--quiet:#5a626c;--rule:#d9dde2;--grid:#e6e9ed;
--positive:#b34700;--negative:#0063a0;--third:#00704f;--note:#fff6e0;--note-edge:#8a5a00`;

const COLOURS = `
:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{--page:#14171b;--card:#1d2127;--text:#e7eaee;--quiet:#a3acb7;--rule:#39404a;
--grid:#2a3038;--positive:#f0a04b;--negative:#64b5f0;--third:#4cc9a0;--note:#2e2610;--note-edge:#e0b050}}`;

/** The look of a chart, wherever it stands. */
const CHARTS = `
svg.chart{display:block;width:100%;height:auto;font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums}
.chart text{fill:var(--text)}.chart .tick{fill:var(--quiet);font-size:12px}.chart .axis-label{fill:var(--quiet)}.chart .strong{font-weight:600}
.chart .grid{stroke:var(--grid);stroke-width:1}.chart .frame{stroke:var(--quiet);stroke-width:1;fill:none}
.chart .reference{stroke:var(--quiet);stroke-width:1.2;stroke-dasharray:4 4;fill:none}
.chart .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.chart .whisker{stroke-width:1.5;fill:none}
.chart .positive{stroke:var(--positive)}.chart .negative{stroke:var(--negative)}.chart .third{stroke:var(--third)}.chart .plain{stroke:var(--text)}
.chart .fill-positive{fill:var(--positive)}.chart .fill-negative{fill:var(--negative)}.chart .fill-third{fill:var(--third)}.chart .fill-plain{fill:var(--text)}
.chart .hollow{fill:var(--page);stroke-width:2}.chart .dashed{stroke-dasharray:6 4}.chart .halo{paint-order:stroke;stroke:var(--page);stroke-width:4px;stroke-linejoin:round}`;

const PAGE = `
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:1080px;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .5rem;overflow-wrap:anywhere}h2{font-size:1.25rem;margin:2.75rem 0 .75rem;padding-top:1rem;border-top:1px solid var(--rule)}
h3{font-size:1rem;margin:1.5rem 0 .5rem}p{margin:.5rem 0;max-width:46rem}.lede{color:var(--quiet);font-size:1.05rem}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.5rem 2rem;align-items:start}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem;margin:1.5rem 0;padding:0;list-style:none}
.tile{background:var(--card);border-radius:8px;padding:.75rem 1rem}.tile .name{color:var(--quiet);font-size:.875rem}
.tile .value{font-size:1.6rem;line-height:1.25;font-weight:600;font-variant-numeric:tabular-nums}.tile .interval{color:var(--quiet);font-size:.875rem;font-variant-numeric:tabular-nums;min-height:1.3rem}
figure{margin:0;overflow-x:auto}.wide{margin-bottom:1.5rem}.wide svg{min-width:34rem}figcaption{color:var(--quiet);font-size:.9rem;margin-top:.35rem;max-width:46rem}
.scroll{overflow-x:auto;max-width:100%}table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.95rem}
caption{text-align:left;color:var(--quiet);font-size:.9rem;padding:0 0 .4rem}
th,td{padding:.35rem 1.1rem .35rem 0;text-align:left;border-bottom:1px solid var(--rule);vertical-align:top}
tbody th{font-weight:500;white-space:nowrap}.columns tbody th{white-space:normal}.scroll+.scroll{margin-top:1.25rem}thead th{color:var(--quiet);font-weight:500;font-size:.875rem;vertical-align:bottom}td.number,th.number{text-align:right;white-space:nowrap}
tr.marked td,tr.marked th{background:var(--card);font-weight:600}
.facts th{color:var(--quiet);font-weight:400;white-space:nowrap;padding-right:1.5rem}.facts td{overflow-wrap:anywhere}
.notes{margin:1rem 0;padding:.75rem 1rem;background:var(--note);border-left:4px solid var(--note-edge);border-radius:0 6px 6px 0;max-width:52rem}
.notes p{margin:.25rem 0}.notes p:first-child{margin-top:0}.notes p:last-child{margin-bottom:0}
.confusion td{border:1px solid var(--rule);padding:.6rem 1rem;text-align:right;min-width:7.5rem}.confusion td.right{background:var(--card)}.confusion th{border:0;padding:.4rem .9rem .4rem 0}
.confusion thead th{text-align:right}.confusion .count{font-size:1.3rem;font-weight:600;display:block;line-height:1.3}.confusion .share{color:var(--quiet);font-size:.875rem}
.quiet{color:var(--quiet)}.key{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.4em}.key.positive{background:var(--positive)}.key.negative{background:var(--negative)}
footer{margin-top:3rem;color:var(--quiet);font-size:.875rem}
@media (max-width:40rem){main{padding:1.25rem .9rem 3rem}h1{font-size:1.4rem}.tile .value{font-size:1.35rem}.confusion td{min-width:0;padding:.5rem .6rem}}
@media print{@page{margin:15mm}main{max-width:none;padding:0}body{font-size:10.5pt}table{font-size:8.5pt}th,td{padding-right:.6rem}figure,tr,.tile,.notes,.confusion{break-inside:avoid}h2,h3{break-after:avoid}.scroll{overflow:visible}
:root{color-scheme:light;--page:#fff;--card:#f6f7f9;--text:#000;--quiet:#444;--rule:#bbb;--grid:#ddd;--positive:#b34700;--negative:#0063a0;--third:#00704f;--note:#fff;--note-edge:#8a5a00}}`;

/** The style sheet of a whole page. */
export const PAGE_STYLE = `${COLOURS}${CHARTS}${PAGE}`;

/** The style sheet that a chart carries when it is a file of its own. */
export const CHART_STYLE = `${COLOURS}${CHARTS}`;

const LIGHT_COLOURS = new Map(Array.from(LIGHT.matchAll(/(--[\w-]+):(#\w+)/g), ([, name, colour]) => [name, colour]));

/**
 * The same drawing with the light colour before each one that depends on the reader's choice of light or dark, for programs that
 * know no variables: word processors, editors of drawings, converters.
 */
export function withPlainColours(markup: string): string {
  return markup.replace(
    /([\w-]+):var\((--[\w-]+)\)/g,
    (declaration, property, name) => `${property}:${LIGHT_COLOURS.get(name)};${declaration}`,
  );
}
