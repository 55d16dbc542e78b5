// SPDX-License-Identifier: Apache-2.0

/// What every report page looks and behaves like.
enum ReportStyle {
  /// How many colours there are, in classes `c0`, `c1` and so on.
  static let colors = 8

  static let sheet = """
    :root {
      --back: #fcfcfb; --text: #1d2023; --soft: #646b72; --line: #dfe2e5; --raised: #fff;
      --k0: #0b6e99; --k1: #c4551c; --k2: #4f7a1f; --k3: #8a4fb3; --k4: #a8324a; --k5: #8a6d00;
      --k6: #2f6f6a; --k7: #6b5b4b;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --back: #16181a; --text: #e6e8ea; --soft: #9aa2aa; --line: #33383d; --raised: #1d2023;
        --k0: #58b9e0; --k1: #f0935e; --k2: #9cc766; --k3: #c79be8; --k4: #ee8499; --k5: #dcbc4c;
        --k6: #6fc4bc; --k7: #c2ad98;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0 auto; max-width: 78rem; padding: 1.5rem clamp(1rem, 4vw, 3rem) 4rem;
      background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif;
    }
    h1 { margin: 0; font-size: 1.75rem; line-height: 1.2; }
    h2 { margin: 2.5rem 0 .25rem; font-size: 1.25rem; }
    p { margin: .25rem 0 1rem; max-width: 70ch; color: var(--soft); }
    small { color: var(--soft); font-size: .85em; }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
    caption { text-align: left; color: var(--soft); padding: 0 0 .25rem .75rem; }
    th, td { padding: .35rem .75rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
    td, thead th { text-align: right; }
    thead th { font-weight: 600; color: var(--soft); }
    tbody th, thead th:first-child { text-align: left; font-weight: 500; }
    .tracks tbody th { max-width: 24rem; overflow: hidden; text-overflow: ellipsis; }
    th button {
      all: unset; cursor: pointer; display: inline-block; padding: .1rem .2rem; border-radius: 3px;
    }
    th button:focus-visible { outline: 2px solid var(--k0); }
    th[aria-sort=ascending] button::after { content: " ↑"; }
    th[aria-sort=descending] button::after { content: " ↓"; }
    select {
      font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--line);
      border-radius: 4px; padding: .15rem .4rem; margin-right: .75rem;
    }
    .plots {
      display: grid; gap: 1rem;
      grid-template-columns: repeat(auto-fill, minmax(min(22rem, 100%), 1fr));
    }
    .plots.wide { grid-template-columns: repeat(auto-fill, minmax(min(30rem, 100%), 1fr)); }
    figure {
      margin: 0; padding: .75rem; background: var(--raised); border: 1px solid var(--line);
      border-radius: 6px; min-width: 0;
    }
    figcaption { font-weight: 600; overflow-wrap: anywhere; }
    svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
    .grid { stroke: var(--line); }
    .tick { fill: var(--soft); text-anchor: end; }
    .name { fill: var(--soft); text-anchor: middle; }
    .box { fill: var(--c); fill-opacity: .18; stroke: var(--c); }
    .whisker, .median { stroke: var(--c); }
    .median { stroke-width: 2.5; }
    .mean { fill: var(--raised); stroke: var(--c); }
    .outlier { fill: var(--c); fill-opacity: .6; }
    .curve { fill: none; stroke: var(--c); stroke-width: 1.6; stroke-linejoin: round; }
    .dot { fill: var(--c); }
    .legend { list-style: none; padding: 0; margin: 0 0 .75rem; display: flex; flex-wrap: wrap; gap: 1.25rem; }
    .legend li::before {
      content: ""; display: inline-block; width: 1.1em; height: .25em; margin-right: .45em;
      background: var(--c); vertical-align: middle;
    }
    dt { font-weight: 600; margin-top: .75rem; }
    dd { margin: 0; color: var(--soft); overflow-wrap: anywhere; max-width: 90ch; }
    li { overflow-wrap: anywhere; }
    \((0..<colors).map { ".c\($0) { --c: var(--k\($0)); }" }.joined(separator: " "))
    """

  static let script = """
    const choice = document.getElementById("metric");
    const show = () => document.querySelectorAll(".tracks").forEach(
      (table, index) => { table.hidden = index !== Number(choice.value); });
    choice.addEventListener("change", show);
    show();
    const value = (row, column) => {
      const text = row.cells[column].textContent.replace("−", "-").replace("∞", "Infinity");
      return column === 0 ? text : text === "–" ? NaN : Number(text);
    };
    document.querySelectorAll(".sortable").forEach((table) => {
      const heads = [...table.tHead.rows[0].cells];
      heads.forEach((head, column) => head.firstChild.addEventListener("click", () => {
        const isUp = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
        const sign = isUp ? 1 : -1;
        const rows = [...table.tBodies[0].rows];
        rows.sort((a, b) => {
          const [x, y] = [value(a, column), value(b, column)];
          if (column === 0) return sign * x.localeCompare(y);
          // What has no value comes last either way.
          if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
          return sign * (x - y);
        });
        table.tBodies[0].append(...rows);
      }));
    });
    """
}
