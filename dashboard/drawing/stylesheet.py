"""The style sheet: rules that Streamlit's theme has no option for, and those for `markup`.

A constant; the only values put into it are our own colours.
"""

import streamlit as st

from chertlog.dashboard.drawing.theme import Palette


def apply(colours: Palette) -> None:
    """Put the rules into the page."""
    variables = (
        f"--ink:{colours.ink};--muted:{colours.muted};--line:{colours.line};"
        f"--faint:{colours.faint};--ground:{colours.background}"
    )
    st.html(f"<style>{_RULES}:root{{{variables}}}</style>")


_RULES = """
[data-testid="stMainBlockContainer"]{padding-left:1.75rem;padding-right:1.75rem;
  max-width:2200px}
.st-key-links{display:none}
[data-testid="stMetricValue"],table.chert{font-variant-numeric:tabular-nums}
[data-testid="stMetric"]{padding-bottom:0}
p.note{margin:-.5rem 0 .45rem;color:var(--muted);font-size:.88rem;line-height:1.3}
p.note a{color:inherit;text-decoration:underline;text-decoration-color:var(--line);
  text-underline-offset:3px}
p.note a:hover,p.note a:focus-visible{text-decoration-color:currentColor}
ul.links{list-style:none;margin:0;padding:0}
ul.links li{display:flex;gap:.6rem;margin:0;padding:.38rem 0;border-bottom:1px solid var(--line)}
ul.links li:last-child{border-bottom:0}
ul.links .sign{flex:0 0 1.1rem;text-align:center;font-weight:700;line-height:1.35rem}
ul.links a{color:var(--ink);font-weight:550;font-size:.95rem;text-decoration:underline;
  text-decoration-color:var(--line);text-underline-offset:3px;overflow-wrap:anywhere}
ul.links a:hover,ul.links a:focus-visible{text-decoration-color:currentColor}
ul.links p{margin:0;color:var(--muted);font-size:.86rem;line-height:1.3;overflow-wrap:anywhere}
.st-key-sql textarea{font-family:"Source Code Pro",monospace;font-size:.9rem;line-height:1.5}
p.line{margin:0;color:var(--muted);font-size:.95rem}
p.line a{color:var(--ink)}
img.spark{display:block;width:100%;height:34px}
table.chert{width:100%;border-collapse:collapse;font-size:.93rem;color:var(--ink)}
table.chert caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table.chert th{font-weight:500;color:var(--muted);text-align:left;font-size:.85rem;
  white-space:nowrap;
  border-bottom:1px solid var(--line);padding:.3rem .6rem .4rem}
table.chert td{padding:.42rem .6rem;border-bottom:1px solid var(--line);vertical-align:middle}
table.chert tr:last-child td{border-bottom:0}
table.chert tbody tr:hover td{background:var(--faint)}
table.chert .n{text-align:right;white-space:nowrap}
table.chert .w{white-space:nowrap}
table.chert td.x,.banner h2,.banner p,.badges span{overflow-wrap:anywhere}
table.chert td.x{min-width:5.5rem}
table.chert .t{min-width:90px;width:120px}
table.chert .t img.spark{height:22px}
table.chert .m{color:var(--muted);line-height:1.3;font-size:.88rem}
table.chert td.i{font-family:"Source Code Pro",monospace;font-size:.86rem;white-space:nowrap}
table.chert a{color:inherit;text-decoration:underline;text-decoration-color:var(--line);
  text-underline-offset:3px}
table.chert a:hover,table.chert a:focus-visible{text-decoration-color:currentColor}
table.chert td.h{padding:.12rem .15rem;text-align:right;min-width:4.2rem}
table.chert th.h{text-align:right;padding-right:.65rem}
table.chert a.heat{display:block;padding:.3rem .5rem;border-radius:4px;text-decoration:none;
  font-variant-numeric:tabular-nums}
table.chert a.heat:hover,table.chert a.heat:focus-visible{outline:2px solid var(--muted)}
table.chert td.h>span{padding-right:.5rem}
.bar{display:inline-block;width:72px;height:8px;border-radius:4px;background:var(--line);
  overflow:hidden;vertical-align:middle;font-size:0;white-space:nowrap}
.bar>span{display:inline-block;height:100%}
.bar.split{width:100%;min-width:60px}
.share{display:inline-flex;align-items:center;gap:.5rem;white-space:nowrap}
.banner{display:flex;gap:.8rem;align-items:flex-start;padding:.75rem 1rem;
  border:1px solid var(--line);
  border-left:4px solid;border-radius:8px;background:var(--ground);color:var(--ink)}
.banner .sign{font-size:1.35rem;line-height:1.5rem;font-weight:700}
.banner h2{font-size:1.08rem;font-weight:650;margin:0;padding:0;line-height:1.5rem}
.banner p{margin:.15rem 0 0;color:var(--muted);font-size:.93rem}
.banner p a{color:var(--ink)}
p.alarm{display:flex;gap:.6rem;align-items:baseline;margin:0;padding:.5rem .9rem;
  border-radius:8px;
  border:1px solid var(--tint);background:color-mix(in srgb,var(--tint) 11%,var(--ground));
  color:var(--ink);font-size:.95rem}
p.alarm .sign{color:var(--tint);font-weight:700}
p.alarm a{color:var(--ink)}
[class*="st-key-behind-"] details{border:0;background:none}
[class*="st-key-behind-"] summary{width:fit-content;min-height:0;padding:.1rem .4rem .1rem 0;
  color:var(--muted)}
[class*="st-key-behind-"] summary p{font-size:.86rem}
h3.panel{font-size:1.08rem;font-weight:650;margin:0;padding:0;color:var(--ink);line-height:1.4}
h3.panel span{font-size:.9rem;font-weight:400;color:var(--muted);margin-left:.3rem}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.28rem 1rem;font-size:.95rem}
dl.facts,dl.facts dt,dl.facts dd{margin:0!important;padding:0!important}
dl.facts dt{color:var(--muted)}
dl.facts dd{overflow-wrap:anywhere;white-space:pre-wrap;color:var(--ink)}
ol.timeline{list-style:none;margin:0;padding:0;color:var(--ink);font-size:.95rem}
ol.timeline li{display:grid;grid-template-columns:5rem 1fr;margin:0;padding:0}
ol.timeline .when{white-space:nowrap;color:var(--muted);text-align:right;padding-right:.9rem;
  font-variant-numeric:tabular-nums}
ol.timeline div{border-left:2px solid var(--line);padding:0 0 .8rem 1rem;position:relative}
ol.timeline li:last-child div{border-color:transparent;padding-bottom:0}
ol.timeline div::before{content:"";position:absolute;left:-6px;top:.42rem;width:10px;
  height:10px;
  border-radius:50%;background:var(--dot)}
ol.timeline i{font-style:normal;color:var(--muted);font-size:.82rem;
  border:1px solid var(--line);
  border-radius:5px;padding:0 .35rem;margin-left:.2rem}
ol.timeline p{margin:.1rem 0 0;font-size:inherit;color:var(--muted);white-space:pre-wrap;
  overflow-wrap:anywhere}
[data-testid^="stBaseButton-primary"] *{color:var(--ground)}
table.chert tr:has(.here){background:var(--faint);font-weight:600}
i.mark{font-style:normal;font-size:.8rem;color:var(--muted);border:1px solid var(--line);
  border-radius:5px;padding:0 .3rem;white-space:nowrap}
.badges{display:flex;flex-wrap:wrap;gap:.4rem}
.badges span{border:1px solid;border-radius:6px;padding:.08rem .5rem;font-size:.88rem;
  font-weight:550}
@media (min-width:2600px){
  html{font-size:18px!important}
  [data-testid="stMainBlockContainer"]{max-width:2900px}
}
@media (max-width:640px){
  .st-key-cards>:first-child,.st-key-cards>div>:first-child{grid-column:1/-1}
  ol.timeline li{grid-template-columns:4.4rem 1fr}
  [data-testid="stMainBlockContainer"]{padding-left:.9rem;padding-right:.9rem}
  table.chert thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
  table.chert tr{display:grid;grid-template-columns:1fr 1fr 1fr;gap:.15rem .7rem;
    padding:.5rem 0;border-bottom:1px solid var(--line)}
  table.chert td.c{grid-column:span 2}
  table.chert td.m,table.chert td.i:has(a+a){grid-column:1/-1}
  table.chert td.m::before{margin:.1rem 0 .05rem}
  table.chert tr:has(.here){box-shadow:-.5rem 0 0 var(--faint),.5rem 0 0 var(--faint)}
  table.chert .share .bar{width:34px}
  table.chert td{overflow-wrap:anywhere;border:0;padding:.1rem 0;text-align:left!important;
  white-space:normal!important}
  table.chert td::before{content:attr(data-label);display:block;color:var(--muted);
  font-size:.78rem;
    font-family:"Source Sans",sans-serif}
  table.chert td.f{grid-column:1/-1;font-size:1rem}
  table.chert .f::before{content:none}
  table.chert .t{width:auto}
  table.chert a.heat{display:inline-block;min-width:4rem}
}
"""
