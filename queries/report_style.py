"""The look of the HTML report: one style sheet, in light and dark, for screens, telephones, print.

Owns colours and layout. It stands in the page itself, which loads nothing: hence text in Python,
which every way of packaging carries along.
"""

STYLE = """\
:root {
  color-scheme: light dark;
  --page: #f5f7fa; --card: #fff; --ink: #1a2130; --soft: #5b6675; --rule: #e1e5eb;
  --code: #f3f5f8;
  --client: #1f8a83; --platform: #c8540a; --capacity: #7741b0; --unclassified: #8a94a3;
  --yes: #2b7bba; --no: #c8540a; --lost: #8a94a3; --line: #1a2130; --band: #1a213024;
  --outage: #8f6400;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10141b; --card: #181e28; --ink: #e8ecf2; --soft: #9aa6b6; --rule: #2a3341;
    --code: #111720;
    --client: #43c0b6; --platform: #f08b45; --capacity: #a884e6; --unclassified: #7c8899;
    --yes: #5aa9e6; --no: #f08b45; --lost: #7c8899; --line: #e8ecf2; --band: #e8ecf230;
    --outage: #d9ac4a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Source Sans 3", sans-serif;
}
main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 17px; margin: 0 0 2px; }
p { margin: 0 0 10px; }
.soft, figcaption, .tile small { color: var(--soft); }
.lead { font-size: 17px; max-width: 75ch; margin: 14px 0 18px; }
.remarks {
  margin: 0 0 18px; padding: 10px 14px 10px 30px; border-left: 3px solid var(--platform);
  background: var(--card);
}
.tiles {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); gap: 12px;
  margin: 0 0 16px; padding: 0;
}
.tile, section { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; }
.tile { padding: 12px 14px; }
.tile dt { font-size: 13px; }
.tile dd {
  margin: 0; font-size: 25px; font-weight: 650; line-height: 1.3;
  font-variant-numeric: tabular-nums;
}
.tile small { display: block; font-size: 12px; font-weight: 400; line-height: 1.35; }
section { padding: 16px 18px; margin: 0 0 16px; }
figure { margin: 10px 0 0; }
figcaption { font-size: 13px; }
.scroll { overflow-x: auto; margin: 8px -18px 0; padding: 0 18px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td {
  padding: 6px 10px 6px 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--rule);
}
th {
  color: var(--soft); font-weight: 600; font-size: 13px; white-space: nowrap;
  vertical-align: bottom;
}
tbody tr:last-child td { border-bottom: 0; }
td code.whole, .storms td:first-child, .clients td:nth-child(2) { white-space: nowrap; }
.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
th.n { white-space: normal; min-width: 4.5em; }
td:first-child { font-weight: 600; min-width: 88px; }
td small {
  display: block; font-size: 13px; font-weight: 400; line-height: 1.35; color: var(--soft);
  min-width: 150px;
}
td.chart { min-width: 110px; width: 14%; padding-top: 9px; }
code {
  font: 13px/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  overflow-wrap: anywhere;
}
td { max-width: 380px; }
td code { font-weight: 400; overflow-wrap: break-word; }
.edge table { width: auto; min-width: 240px; }
details { margin-top: 12px; font-size: 13px; color: var(--soft); }
summary { cursor: pointer; }
pre {
  margin: 6px 0 0; padding: 10px 12px; background: var(--code); border-radius: 6px;
  white-space: pre-wrap; color: var(--ink);
}
.legend {
  display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 6px 0 0; padding: 0; list-style: none;
  font-size: 13px;
}
.legend i, th i {
  display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin: 0 6px 0 0;
}
th i { margin: 0 3px 0 6px; }
svg { display: block; overflow: visible; }
svg text { font-size: 11px; fill: var(--soft); font-variant-numeric: tabular-nums; }
svg .grid { stroke: var(--rule); } svg .axis { stroke: var(--soft); stroke-opacity: .45; }
svg .hit { fill: transparent; } svg g:hover .hit { fill: var(--ink); fill-opacity: .07; }
svg .line { fill: none; stroke: var(--line); stroke-width: 1.8; stroke-linejoin: round; }
svg .earlier {
  fill: none; stroke: var(--soft); stroke-width: 1.3; stroke-dasharray: 4 3; stroke-opacity: .8;
}
svg .band { fill: var(--band); }
svg .whisker { stroke: var(--soft); stroke-width: 3; stroke-linecap: round; }
svg .dot { fill: var(--ink); }
.client { fill: var(--client); background: var(--client); }
.platform { fill: var(--platform); background: var(--platform); }
.capacity { fill: var(--capacity); background: var(--capacity); }
.unclassified { fill: var(--unclassified); background: var(--unclassified); }
.yes { fill: var(--yes); background: var(--yes); } .no { fill: var(--no); background: var(--no); }
.lost { fill: var(--lost); background: var(--lost); }
.outage { fill: var(--outage); } .line-fill { fill: var(--line); }
blockquote {
  margin: 8px 0 0; padding: 2px 0 2px 14px; border-left: 3px solid var(--yes); max-width: 80ch;
}
footer { color: var(--soft); font-size: 13px; }
@media (max-width: 600px) {
  main { padding: 20px 12px 40px; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .tile dd { font-size: 21px; }
}
@media print {
  body { background: #fff; }
  section, .tile { break-inside: avoid; }
  details { display: none; }
}
"""
