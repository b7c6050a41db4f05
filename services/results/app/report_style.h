/// Style and behaviour of the report page, inline so that the page stands alone.
#pragma once

namespace fringewatch::results {

inline constexpr const char* kReportStyle = R"css(
:root{--ink:#17232e;--soft:#5a6b79;--line:#dfe5ea;--paper:#f5f7f9;--card:#fff;--accent:#0f6a75;--mean:#0f6a75;--peak:#b0472c}
*{box-sizing:border-box}
html{scroll-behavior:smooth}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 "Inter","Segoe UI",system-ui,-apple-system,"Helvetica Neue",Arial,sans-serif}
main,.top>div{max-width:1240px;margin:0 auto;padding:0 28px}
.top{background:linear-gradient(120deg,#0d2530,#123f4a 60%,#17606a);color:#fff;padding:34px 0 76px}
.top .brand{letter-spacing:.14em;text-transform:uppercase;font-size:12px;font-weight:600;color:#8fd0d3}
h1{font-size:30px;line-height:1.2;margin:6px 0 6px;font-weight:650}
.top p{margin:0;color:#c3dadd}
.key{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));gap:14px;margin:-46px 0 30px}
.key div{background:var(--card);border-radius:10px;padding:16px 18px;box-shadow:0 1px 2px #0d253014,0 6px 18px #0d25301a}
.key b{display:block;font-size:26px;line-height:1.15;font-weight:650;font-variant-numeric:tabular-nums;white-space:nowrap}
.key b small{font-size:14px;font-weight:500;color:var(--soft);margin-left:3px}
.key span{color:var(--soft);font-size:13px}
section{margin:0 0 34px}
h2{font-size:20px;margin:0 0 12px;font-weight:650}
h3{font-size:15px;margin:0;font-weight:650;overflow-wrap:anywhere}
.card,article.site{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 20px}
.map{display:grid;grid-template-columns:minmax(0,1fr) 270px;gap:24px;align-items:start}
.map p{margin:0 0 14px;color:var(--soft);font-size:13.5px}
svg{display:block;max-width:100%;font:11.5px "Inter","Segoe UI",system-ui,Arial,sans-serif;fill:var(--ink)}
#map{width:100%;max-height:86vh;touch-action:none;--k:1}
#map .frame{fill:none;stroke:#7b8a96;stroke-width:1;vector-effect:non-scaling-stroke}
#map .axis,.series text,.legend text{fill:var(--soft);font-size:11.5px}
.tick{stroke:#9aa7b1;fill:none}
#map polygon{stroke:#111c25;stroke-width:1.3;vector-effect:non-scaling-stroke;fill-opacity:.92;stroke-linejoin:round}
#map a:hover polygon,#map a:focus polygon{stroke:#000;stroke-width:3}
#map .ring{fill:none;stroke:#111c25;stroke-width:1.3;vector-effect:non-scaling-stroke}
#map .label{font-size:calc(14px*var(--k));font-weight:700;stroke:#fff;stroke-width:calc(3.5px*var(--k));paint-order:stroke;stroke-linejoin:round}
.scale rect{fill:#fff;fill-opacity:.86}.scale path{fill:none;stroke:var(--ink);stroke-width:2}.scale text{font-weight:600;font-size:12px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}
th{font-weight:600;color:var(--soft);text-align:left;white-space:nowrap;border-bottom:2px solid var(--line);padding:8px 9px}
td{border-bottom:1px solid var(--line);padding:6px 9px;vertical-align:top}
tbody tr:hover{background:#f2f7f8}
.n{text-align:right;white-space:nowrap}#sites td:nth-child(2){white-space:nowrap}
#sites th{cursor:pointer;user-select:none}#sites th:hover{color:var(--accent)}
#sites th[aria-sort=ascending]::after{content:" ▲";font-size:9px}#sites th[aria-sort=descending]::after{content:" ▼";font-size:9px}
.swatch{display:inline-block;width:11px;height:11px;border-radius:3px;border:1px solid #0003;margin-right:7px;vertical-align:-1px}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
.fastest td{padding:4px 0}
.flags{font-size:12px;color:#8a4b00;background:#fff2dc;border-radius:5px;padding:2px 7px;overflow-wrap:anywhere}
.panels{display:grid;grid-template-columns:1fr;gap:18px}
article.site{content-visibility:auto;contain-intrinsic-size:auto 430px;scroll-margin-top:14px}
article.site:target{border-color:var(--accent);box-shadow:0 0 0 3px #0f6a7526}
article.site header{display:flex;gap:11px;align-items:center;margin-bottom:12px}
.rank{background:var(--ink);color:#fff;border-radius:7px;min-width:28px;text-align:center;font-weight:650;font-size:13px;padding:2px 6px}
.plots{display:grid;grid-template-columns:minmax(0,1fr) 270px;gap:26px;align-items:start}
figure{margin:0}figcaption{color:var(--soft);font-size:12.5px;margin:2px 0 0 60px}
figcaption .mean{color:var(--mean)}figcaption .peak{color:var(--peak)}
.series{width:100%}.series .grid{stroke:#e8edf1;fill:none}.series .zero{stroke:#8b99a4;fill:none;stroke-dasharray:4 3}
.line{fill:none;stroke-width:2;stroke-linejoin:round}.line.mean{stroke:var(--mean)}.line.peak{stroke:var(--peak)}
.band.mean{fill:var(--mean);opacity:.16}.band.peak{fill:var(--peak);opacity:.14}
.dots circle{stroke:#fff;stroke-width:1}.dots.mean{fill:var(--mean)}.dots.peak{fill:var(--peak)}
.velocity{width:100%;max-height:240px;margin-bottom:10px}.velocity image{image-rendering:pixelated}
.velocity polygon{fill:none;stroke:#111c25;stroke-width:1.6}.velocity .cross{stroke:#111c25;stroke-width:1.6;fill:none}
.legend{width:100%;max-width:260px}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:8px 22px;margin:14px 0 0;padding-top:12px;border-top:1px solid var(--line)}
.figures dt{color:var(--soft);font-size:12.5px}.figures dd{margin:0;font-weight:550;font-variant-numeric:tabular-nums}
.notes{margin:12px 0 0;padding-left:18px;color:var(--soft);font-size:13.5px}
.failure{background:#fdecea;color:#8c1d18;border-radius:7px;padding:10px 13px;margin:0}
.good{color:#1d6b3a}.empty{color:var(--soft);margin:0}
.path{font-family:ui-monospace,"SF Mono",Consolas,monospace;font-size:12.5px;overflow-wrap:anywhere}
.two{display:grid;grid-template-columns:1fr 1fr;gap:18px}
details{margin-top:10px}summary{cursor:pointer;color:var(--accent)}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--paper);border-radius:7px;padding:12px;font-size:12px;margin:8px 0 0}
footer{color:var(--soft);font-size:13px;padding:0 0 40px}
@media(max-width:860px){.map,.plots,.two{grid-template-columns:1fr}figcaption{margin-left:0}}
@media print{body{background:#fff}.top{-webkit-print-color-adjust:exact;print-color-adjust:exact}article.site,.card{break-inside:avoid;content-visibility:visible}}
)css";

/// Sorts the table of sites by a column; zooms and moves the map by wheel and drag, double click resets it.
inline constexpr const char* kReportScript = R"js(
document.querySelectorAll('#sites th').forEach((th,i)=>th.addEventListener('click',()=>{
  const body=th.closest('table').tBodies[0],up=th.getAttribute('aria-sort')==='descending';
  const key=r=>{const c=r.cells[i],v=c.dataset.v;return v===undefined?c.textContent:v===''?-Infinity:+v};
  th.parentNode.querySelectorAll('th').forEach(o=>o.removeAttribute('aria-sort'));
  th.setAttribute('aria-sort',up?'ascending':'descending');
  [...body.rows].sort((a,b)=>{const x=key(a),y=key(b),o=x<y?-1:x>y?1:0;return up?o:-o}).forEach(r=>body.append(r));
}));
(()=>{const m=document.getElementById('map'),b=m.viewBox.baseVal,o=[b.x,b.y,b.width,b.height];let p=null,moved=0;
const scale=()=>m.style.setProperty('--k',b.width/o[2]);
m.addEventListener('wheel',e=>{if(!e.ctrlKey&&!e.shiftKey&&e.deltaY>0&&b.width>=o[2])return;e.preventDefault();
  const f=Math.min(o[2]/b.width,Math.max(.02*o[2]/b.width,e.deltaY<0?.8:1.25)),r=m.getBoundingClientRect();
  const u=(e.clientX-r.left)/r.width,v=(e.clientY-r.top)/r.height;
  b.x+=u*b.width*(1-f);b.y+=v*b.height*(1-f);b.width*=f;b.height*=f;scale()},{passive:false});
m.addEventListener('pointerdown',e=>{p=[e.clientX,e.clientY];moved=0});
addEventListener('pointermove',e=>{if(!p)return;const k=b.width/m.getBoundingClientRect().width;
  moved+=Math.abs(e.clientX-p[0])+Math.abs(e.clientY-p[1]);b.x-=(e.clientX-p[0])*k;b.y-=(e.clientY-p[1])*k;p=[e.clientX,e.clientY]});
addEventListener('pointerup',()=>p=null);
m.addEventListener('dragstart',e=>e.preventDefault());
m.addEventListener('click',e=>{if(moved>4)e.preventDefault()},true);
m.addEventListener('dblclick',()=>{[b.x,b.y,b.width,b.height]=o;scale()});})();
)js";

}  // namespace fringewatch::results
