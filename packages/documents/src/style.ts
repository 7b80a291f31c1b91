/** The one style sheet: screen and A4, dark on white, nothing fetched. */
export const style = `
@page { size: A4; margin: 18mm 16mm 20mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; color: #444; } }
* { box-sizing: border-box; }
html { background: #fff; color: #1b1b1b; font: 10.5pt/1.45 "Liberation Sans", "DejaVu Sans", Arial, sans-serif; }
body { max-width: 190mm; margin: 0 auto; padding: 8mm 5mm; }
h1 { font-size: 19pt; line-height: 1.2; margin: 0 0 1mm; color: #12304f; }
h2 { font-size: 13pt; margin: 8mm 0 2mm; padding-bottom: 1mm; border-bottom: 1px solid #12304f; color: #12304f; }
h3 { font-size: 11pt; margin: 5mm 0 1.5mm; }
p { margin: 0 0 2mm; }
.lead { color: #333; margin-bottom: 4mm; }
.verdict { border-left: 4px solid #12304f; background: #eef2f6; padding: 2.5mm 4mm; font-weight: bold; }
.open { border-left-color: #8a4b00; background: #fdf3e3; }
table { border-collapse: collapse; width: 100%; margin: 0 0 3mm; font-size: 9.5pt; }
caption { text-align: left; font-weight: bold; padding: 0 0 1mm; }
th, td { border: 1px solid #8a94a0; padding: 1.2mm 2mm; text-align: left; vertical-align: top; unicode-bidi: isolate; overflow-wrap: break-word; }
thead th { background: #e3e9ef; }
tbody th { font-weight: normal; background: #f5f7f9; }
.facts tbody th { width: 31%; font-weight: bold; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.failed { font-weight: bold; color: #8a1010; }
ul { margin: 0 0 2mm; padding-left: 5mm; }
li { white-space: pre-line; }
td ul { margin: 0; padding-left: 4mm; }
code, pre { font-family: "Liberation Mono", "DejaVu Sans Mono", monospace; font-size: 8pt; }
code { overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f5f7f9; border: 1px solid #8a94a0; padding: 2mm 3mm; margin: 0 0 3mm; }
.level { display: inline-block; padding: 0 1.5mm; border: 1px solid #6b7580; border-radius: 1mm; background: #fff; }
.level.not-conforming { background: #f4a6a0; }
.level.exempt { background: #fff176; }
.level.hds { background: #90ee90; }
.level.hds-secnumcloud { background: #2f9e5f; color: #fff; }
.plot { display: block; margin: 0 0 3mm; font-size: 11px; break-inside: avoid; }
.plot text { fill: #1b1b1b; }
.bar { fill: #4d7396; }
.bar.over { fill: #b06a1e; }
.whisker { stroke: #12304f; stroke-width: 1.2; fill: none; }
.limit { stroke: #8a1010; stroke-width: 2; stroke-dasharray: 4 3; fill: none; }
.grid { stroke: #c9d1d9; }
.band { fill: #d6e2ec; }
.line { fill: none; stroke: #12304f; stroke-width: 2; }
.dot { fill: #12304f; }
.demonstration { border: 3px solid #a01010; color: #a01010; padding: 2mm 4mm; margin: 0 0 5mm; text-align: center; }
.demonstration strong { display: block; font-size: 15pt; letter-spacing: .2em; }
.watermark { position: fixed; inset: 0; display: flex; align-items: center; justify-content: center; z-index: -1; font-size: 60pt; font-weight: bold; letter-spacing: .1em; color: #f9e3e3; transform: rotate(-40deg); }
tr, pre, .facts { break-inside: avoid; }
.copy .facts { break-inside: auto; }
p { orphans: 3; widows: 3; }
p:has(+ pre) { break-after: avoid; }
.copy tr:nth-child(-n + 3) { break-after: avoid; }
h2, h3, caption { break-after: avoid; }
thead { display: table-header-group; }
@media print { body { max-width: none; padding: 0; } td code { overflow-wrap: break-word; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
`
