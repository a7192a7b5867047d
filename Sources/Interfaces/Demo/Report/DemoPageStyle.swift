// SPDX-License-Identifier: Apache-2.0

/// The page's style: text has a contrast of at least 4.5 to 1 in light and dark, lines and marks of 3 to 1.
enum DemoPageStyle {
    static let text = """
        :root { --paper: #f6f7f9; --sheet: #ffffff; --ink: #17202b; --soft: #52606f; --rule: #d9dfe6;
          --champion: #0b62a8; --challenger: #b4540a; --plain: #4b5d8f;
          --promoted: #146c3b; --refused: #a4262c; --blocked: #7a4e00; --keep: #52606f; }
        @media (prefers-color-scheme: dark) {
          :root { --paper: #10151b; --sheet: #19212a; --ink: #e8edf2; --soft: #a9b6c3; --rule: #33404d;
            --champion: #6fb6f2; --challenger: #f2a65e; --plain: #a5b6ee;
            --promoted: #6fd39a; --refused: #ff9a94; --blocked: #eec16a; --keep: #a9b6c3; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 76rem; padding: 2.5rem 1.5rem 3rem; background: var(--paper); color: var(--ink);
          font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
        .name { margin: 0; color: var(--champion); font-weight: 700; letter-spacing: .06em; }
        h1 { margin: .2rem 0 .4rem; font-size: 2rem; line-height: 1.2; }
        h2 { margin: 2.6rem 0 .8rem; font-size: 1.3rem; }
        h3 { margin: 0 0 .2rem; font-size: 1rem; }
        .lead { max-width: 46rem; margin: 0; color: var(--soft); }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: .8rem; margin: 1.8rem 0; padding: 0; list-style: none; }
        .tile, figure, .card, table, pre { background: var(--sheet); border: 1px solid var(--rule); border-radius: 10px; }
        .tile { padding: .8rem 1rem; color: var(--soft); font-size: .9rem; }
        .tile b { display: block; color: var(--ink); font-size: 1.6rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
        .tile.promoted b { color: var(--promoted); } .tile.refused b { color: var(--refused); } .tile.blocked b { color: var(--blocked); }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(30rem, 100%), 1fr)); gap: 1rem; }
        figure { margin: 0; padding: 1rem 1rem .6rem; display: flex; flex-direction: column; }
        figcaption { font-weight: 600; }
        figure svg { display: block; width: 100%; height: auto; margin-top: auto; overflow: visible; }
        .legend { margin: .1rem 0 .9rem; font-size: .85rem; }
        .key { margin-right: 1rem; } .key.champion { color: var(--champion); } .key.challenger { color: var(--challenger); }
        .key.promoted { color: var(--promoted); } .key.refused { color: var(--refused); } .key.blocked { color: var(--blocked); }
        svg text { font-size: 12px; fill: var(--soft); }
        .grid { stroke: var(--rule); stroke-width: 1; }
        .reference { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 5 4; }
        .series .stroke { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
        .series.champion .stroke { stroke: var(--champion); } .series.champion circle { fill: var(--champion); }
        .series.challenger .stroke { stroke: var(--challenger); stroke-dasharray: 2 4; } .series.challenger path:not(.stroke) { fill: var(--challenger); }
        .series.plain .stroke { stroke: var(--plain); } .series.plain circle { fill: var(--plain); }
        .mark line { stroke-width: 1.2; stroke-dasharray: 3 3; } .mark text { font-size: 13px; font-weight: 700; }
        .words { paint-order: stroke; stroke: var(--sheet); stroke-width: 4px; }
        .mark.promoted line { stroke: var(--promoted); } .mark.promoted text { fill: var(--promoted); }
        .mark.refused line { stroke: var(--refused); } .mark.refused text { fill: var(--refused); }
        .mark.blocked line { stroke: var(--blocked); } .mark.blocked text { fill: var(--blocked); }
        .scroll { overflow-x: auto; }
        table { width: 100%; border-collapse: separate; border-spacing: 0; font-size: .88rem; }
        th, td { padding: .5rem .7rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); }
        tbody tr:last-child > * { border-bottom: 0; }
        thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
        .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        thead .number { white-space: normal; }
        .why { min-width: 16rem; } td:nth-child(8) { min-width: 9rem; }
        .badge { padding: .05rem .55rem; border: 1px solid currentColor; border-radius: 99px; font-weight: 600; white-space: nowrap; }
        .badge.promoted { color: var(--promoted); } .badge.refused { color: var(--refused); }
        .badge.blocked { color: var(--blocked); } .badge.keep { color: var(--keep); }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 1rem; }
        .card { padding: 1rem 1.2rem; border-left-width: 5px; }
        .card.good { border-left-color: var(--promoted); } .card.bad { border-left-color: var(--refused); }
        .card p { margin: .3rem 0 0; } .verdict { font-weight: 600; }
        .card.good .verdict { color: var(--promoted); } .card.bad .verdict { color: var(--refused); }
        pre { margin: 0; padding: 1rem 1.2rem; overflow-x: auto; font: .85rem/1.6 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
        .empty, footer { color: var(--soft); }
        footer { margin-top: 2.4rem; font-size: .88rem; }
        :focus-visible { outline: 2px solid var(--champion); outline-offset: 2px; }
        @media print { body { background: #fff; } figure, tr, .card { break-inside: avoid; } }
        """
}
