#include "generator/report_style.hpp"

namespace spillway::loadtest {

// One colour for each ending, told apart with any kind of colour vision (after Okabe and Ito) and
// of different lightness; what could be mistaken all the same differs in its dashes too.
std::string_view report_style() {
    return R"css(
:root {
  --paper: #ffffff; --card: #f6f7f9; --ink: #1b1f24; --muted: #5b6470; --rule: #dde1e6;
  --faint: #eef0f3;
  --good: #0f9d76; --late: #e2a400; --rejected: #225cab; --errors: #cf4a1d; --failed: #b8569a;
  --left: #9aa3ae; --unsent: #3a4048; --queue: #cf4a1d; --run-a: #225cab; --run-b: #d9730d;
  --sound: #0a7d5c; --doubtful: #9a6700; --bad: #b3341a; --on-dark: #ffffff; --on-light: #1b1f24;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --card: #1d2126; --ink: #e6e9ed; --muted: #9ca6b2; --rule: #343a42;
    --faint: #23282e;
    --good: #3dcf9f; --late: #f2c744; --rejected: #5596e6; --errors: #ef7b4d; --failed: #e29aca;
    --left: #6a7480; --unsent: #d5dae0; --queue: #ef7b4d; --run-a: #5596e6; --run-b: #f2a455;
    --sound: #45c79c; --doubtful: #e3b341; --bad: #f2836b; --on-dark: #14171b;
    --on-light: #14171b;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 28px 24px 40px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 0; }
h3 { font-size: 15px; margin: 22px 0 6px; }
p { margin: 4px 0; overflow-wrap: anywhere; }
header p, figcaption p, section > p, footer, .remark { color: var(--muted); }
header { margin-bottom: 18px; }
footer { margin-top: 40px; font-size: 13px; }
figure, section { margin: 34px 0 0; }
figcaption { margin-bottom: 6px; }
ul { list-style: none; margin: 0; padding: 0; }
.badge { display: inline-flex; gap: 8px; align-items: baseline; margin-top: 8px;
  padding: 4px 12px; border-radius: 14px;
  border: 1px solid currentColor; text-decoration: none; font-size: 14px; }
.sound { color: var(--sound); } .doubtful { color: var(--doubtful); } .bad { color: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(148px, 1fr)); gap: 12px; }
.tiles li { background: var(--card); border-left: 4px solid var(--c, var(--rule));
  border-radius: 4px; padding: 10px 14px; }
.tiles span { display: block; color: var(--muted); font-size: 13px; }
.tiles b { display: block; font-size: 23px; line-height: 1.3; font-weight: 600;
  font-variant-numeric: tabular-nums; }
.runs { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 14px; }
.runs li { background: var(--card); border-left: 4px solid var(--c); border-radius: 4px;
  padding: 12px 16px; }
.runs p { color: var(--muted); }
.letter { display: inline-block; min-width: 24px; margin-right: 8px; padding: 0 6px;
  border-radius: 4px; text-align: center;
  background: var(--c); color: var(--on-dark); }
.big { font-size: 16px; color: var(--ink); margin-top: 18px; }

.good { --c: var(--good); } .late { --c: var(--late); } .rejected { --c: var(--rejected); }
.errors { --c: var(--errors); } .failed { --c: var(--failed); } .left { --c: var(--left); }
.unsent { --c: var(--unsent); } .offered { --c: var(--ink); } .limit { --c: var(--ink); }
.queue { --c: var(--queue); } .run-a { --c: var(--run-a); } .run-b { --c: var(--run-b); }

.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; font-size: 13px; color: var(--muted);
  margin: 2px 0 4px; }
.legend li { display: inline-flex; align-items: center; gap: 7px; }
.legend svg { width: 26px; height: 12px; flex: none; }
.key { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 7px;
  background: var(--c); }

figure { overflow-x: auto; }
figure > svg { display: block; width: 100%; min-width: 640px; height: auto; }
svg text { font-size: 12px; fill: var(--muted); font-variant-numeric: tabular-nums; }
.grid { stroke: var(--rule); stroke-width: 1; shape-rendering: crispEdges; }
.grid.faint { stroke: var(--faint); }
.axis { stroke: var(--muted); stroke-width: 1; shape-rendering: crispEdges; }
.tick.x { text-anchor: middle; } .tick.y { text-anchor: end; }
.axis-title { font-weight: 600; } .axis-title.x { text-anchor: end; }
.area { fill: var(--c); stroke: none; }
.line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round;
  stroke-linecap: round; }
.line.thin { stroke-width: 1.25; opacity: .75; }
.line.offered { stroke-width: 1.25; }
.line.limit { stroke-width: 1.5; stroke-dasharray: 6 4; }
.line.queue { stroke-dasharray: 2 3.5; }
.line.slo { --c: var(--ink); stroke-width: 1; stroke-dasharray: 4 4; stroke-linecap: butt;
  shape-rendering: crispEdges; }
.line.run-b { stroke-dasharray: 7 4; }
.dot { fill: var(--paper); stroke: var(--c); stroke-width: 2; }
.band { fill: transparent; } .band.other { fill: var(--faint); opacity: .8; }
.band.warm-up { fill: var(--rule); opacity: .7; }
.band-name { text-anchor: middle; }
.column { fill: transparent; } .column:hover { fill: var(--ink); opacity: .12; }
.bar-name { text-anchor: end; } .bar-empty { font-style: italic; }
svg .bar-label { text-anchor: middle; fill: var(--on-dark); }
svg .on-late, svg .on-left { fill: var(--on-light); }

.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums;
  margin-top: 10px; }
th, td { padding: 4px 10px; text-align: right; border-bottom: 1px solid var(--rule);
  white-space: nowrap; }
thead th { color: var(--muted); font-weight: 600; }
tbody th, thead th:first-child { text-align: left; font-weight: 500; padding-left: 0; }
.causes td:nth-child(-n+2), .causes th:nth-child(-n+2), .plain td { text-align: left; }
.plain th, .plain td { white-space: normal; }
.none { color: var(--muted); } .yes { color: var(--sound); } .no { color: var(--bad);
  font-weight: 600; }
.distribution { width: 100%; } .distribution .bar { width: 32%; padding: 0 18px 0 0; }
.bar svg { display: block; width: 100%; height: 14px; }
.distribution thead th { text-align: left; }
.card { background: var(--card); border-left: 4px solid currentColor; border-radius: 4px;
  padding: 16px 20px; }
.card h2 { color: currentColor; }
.verdicts li { display: flex; gap: 10px; color: var(--ink); margin-top: 8px; }
.verdicts b { width: 14px; flex: none; text-align: center; }
.verdicts .sound b { color: var(--sound); } .verdicts .doubtful b { color: var(--doubtful); }
.verdicts .bad b { color: var(--bad); }
details { margin-top: 12px; color: var(--ink); } summary { cursor: pointer; color: var(--muted); }
@media print {
  body { font-size: 11pt; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  figure, section, tr, .tiles li { break-inside: avoid; }
  figure { overflow: visible; }
  figure > svg { min-width: 0; }
  .column { display: none; }
}
)css";
}

}  // namespace spillway::loadtest
