// SPDX-License-Identifier: Apache-2.0

/// The page's style: text has a contrast of at least 4.5 to 1 in light and dark, lines and marks of 3 to 1.
enum GateReportStyle {
    static let text = """
        :root { --paper: #f6f7f9; --sheet: #ffffff; --ink: #17202b; --soft: #52606f; --rule: #d9dfe6; --line: #0b62a8;
          --passed: #146c3b; --failed: #a4262c; --inconclusive: #7a4e00; }
        @media (prefers-color-scheme: dark) {
          :root { --paper: #10151b; --sheet: #19212a; --ink: #e8edf2; --soft: #a9b6c3; --rule: #33404d; --line: #6fb6f2;
            --passed: #6fd39a; --failed: #ff9a94; --inconclusive: #eec16a; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 60rem; padding: 2.5rem 1.5rem 3rem; background: var(--paper); color: var(--ink);
          font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; overflow-wrap: anywhere; }
        .name { margin: 0; color: var(--line); font-weight: 700; letter-spacing: .06em; }
        h1 { margin: .2rem 0 .4rem; font-size: 1.8rem; line-height: 1.25; }
        h2 { margin: 2.2rem 0 .8rem; font-size: 1.25rem; }
        h3 { margin: 0 0 .3rem; font-size: 1.05rem; }
        .lead { margin: 0; color: var(--soft); }
        .badge { display: inline-block; padding: .05rem .6rem; border: 1px solid currentColor; border-radius: 99px; font-size: .85rem;
          font-weight: 600; white-space: nowrap; vertical-align: middle; color: var(--soft); }
        .badge.passed, .badge.approved { color: var(--passed); } .badge.failed, .badge.rejected { color: var(--failed); }
        .badge.inconclusive { color: var(--inconclusive); }
        .card, dl, form { background: var(--sheet); border: 1px solid var(--rule); border-radius: 10px; padding: 1rem 1.2rem; margin: 0 0 1rem; }
        .card { border-left-width: 5px; } .card p { margin: 0 0 .6rem; }
        .card.passed { border-left-color: var(--passed); } .card.failed { border-left-color: var(--failed); }
        .card.inconclusive { border-left-color: var(--inconclusive); }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.2rem; }
        dt { color: var(--soft); } dd { margin: 0; font-variant-numeric: tabular-nums; }
        dl.evidence { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding: 0; margin: .4rem 0 0; border: 0; background: none; font-size: .88rem; }
        dl.evidence div { display: flex; gap: .4rem; }
        @media (max-width: 34rem) { dl { grid-template-columns: 1fr; } dl > dd { margin-bottom: .5rem; } }
        svg.interval { display: block; width: 100%; max-width: 40rem; height: auto; }
        svg text { font-size: 12px; fill: var(--soft); }
        .axis { stroke: var(--rule); } .zero { stroke: var(--soft); stroke-dasharray: 4 3; }
        .effect { stroke: var(--inconclusive); stroke-dasharray: 4 3; } .range { stroke: var(--line); stroke-width: 2.5; }
        .estimate { fill: var(--line); }
        .scroll { overflow-x: auto; margin-top: .8rem; }
        table { width: 100%; border-collapse: collapse; font-size: .88rem; overflow-wrap: normal; }
        th, td { padding: .35rem .6rem; text-align: left; border-bottom: 1px solid var(--rule); }
        thead th { color: var(--soft); font-weight: 600; }
        .number { text-align: right; font-variant-numeric: tabular-nums; }
        form { margin-top: 1.4rem; } form h2 { margin-top: 0; }
        label { display: block; font-weight: 600; margin: 0 0 .3rem; }
        textarea { width: 100%; min-height: 5rem; padding: .5rem; font: inherit; color: inherit; background: var(--paper);
          border: 1px solid var(--soft); border-radius: 6px; }
        button { margin: .8rem .6rem 0 0; padding: .5rem 1.2rem; font: inherit; font-weight: 600; border-radius: 6px; cursor: pointer;
          border: 1px solid currentColor; background: none; }
        button.approve { color: var(--passed); } button.reject { color: var(--failed); }
        footer { margin-top: 2rem; color: var(--soft); font-size: .88rem; }
        :focus-visible { outline: 2px solid var(--line); outline-offset: 2px; }
        @media print { body { background: #fff; } .card, tr { break-inside: avoid; } form { display: none; } }
        """
}
