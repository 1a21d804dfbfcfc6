/** What the gallery of explained cells adds to the style of pages. */
export const GALLERY_STYLE = `
.gallery-page{max-width:1680px}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,22rem),1fr));gap:1rem;margin:1rem 0;padding:0;list-style:none;--strength:.45}
.gallery>li{background:var(--card);border-radius:8px;padding:.75rem;content-visibility:auto;contain-intrinsic-size:auto 27rem;min-width:0}
.gallery>li[hidden]{display:none}
.heading{display:flex;flex-wrap:wrap;gap:.15rem .6rem;align-items:baseline;margin-bottom:.5rem}
.heading .probability{font-size:1.25rem;font-weight:600;font-variant-numeric:tabular-nums}
.heading .call{font-weight:600}.heading .call.positive{color:var(--positive)}.heading .call.negative{color:var(--negative)}
.heading .wrong{color:var(--page);background:var(--text);border-radius:4px;padding:0 .4rem;font-size:.875rem}
.heading a{margin-left:auto;color:var(--quiet);font-size:.875rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;max-width:100%}
.tiles-of-cell{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));gap:.5rem}
.tile-of-cell{aspect-ratio:var(--shape);min-height:0;background:var(--cell) center/100% 100%;border-radius:3px;position:relative;overflow:hidden;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.tile-of-cell.map::after{content:"";position:absolute;inset:0;background:var(--map) center/100% 100%;opacity:var(--strength)}
.tile-of-cell svg{position:absolute;inset:0;width:100%;height:100%;z-index:1}
.tile-of-cell path{fill:none;stroke:#00e5ff;stroke-width:1.5px;vector-effect:non-scaling-stroke;stroke-linecap:square}
.without-outlines .tile-of-cell svg{display:none}
.scale{height:6px;margin-top:6px;background:var(--scale);border-radius:2px;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.tiles-of-cell figcaption{display:flex;justify-content:space-between;gap:.5rem;font-size:.8125rem;margin-top:.15rem;font-variant-numeric:tabular-nums}
.controls{position:sticky;top:0;z-index:2;background:var(--page);border-bottom:1px solid var(--rule);display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;align-items:center;padding:.6rem 0;margin:1rem 0}
.controls[hidden]{display:none}.controls fieldset{border:0;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.35rem 1rem;align-items:center}
.controls legend{float:left;padding:0;margin-right:.25rem;color:var(--quiet)}.controls label{display:inline-flex;align-items:center;gap:.35rem}
.controls select,.controls input{font:inherit;accent-color:var(--negative)}.controls select{color:var(--text);background:var(--card);border:1px solid var(--rule);border-radius:6px;padding:.15rem .4rem}
.controls output{color:var(--quiet);margin-left:auto}
:focus-visible{outline:2px solid var(--negative);outline-offset:2px}
@media (max-width:40rem){.gallery>li{background:none;border-top:1px solid var(--rule);border-radius:0;padding:.75rem 0}.controls{position:static}.controls output{margin-left:0}.heading a{margin-left:0}}
@media print{.controls{display:none}.gallery>li{break-inside:avoid}.gallery{display:block}}`;
