"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const body = document.querySelector(".cases tbody");
  const all = [...body.rows];
  const page = 100;
  let limit = page;
  let data = null;
  const details = (i) => (data ??= JSON.parse(byId("details").textContent)).cases[i];

  const text = (row) => {
    const d = details(row.dataset.i);
    return (row.dataset.text ??= [row.cells[1].textContent, ...d.facts.map((f) => f[1])].join("\n").toLowerCase());
  };
  const column = { "f-dtype": 2, "f-source": 3 };

  const show = () => {
    const words = byId("q").value.toLowerCase().split(/\s+/).filter(Boolean);
    const op = byId("f-op").value, status = byId("f-status").value;
    const cells = Object.entries(column).map(([id, at]) => [byId(id).value, at]).filter(([value]) => value);
    let found = 0;
    for (const row of all) {
      const hit =
        (!op || row.dataset.op === op) &&
        (!status || row.cells[0].textContent === status) &&
        cells.every(([value, at]) => row.cells[at].textContent === value) &&
        (!words.length || words.every((w) => text(row).includes(w)));
      if (hit) found++;
      row.hidden = !hit || found > limit;
      if (row.hidden) fold(row);
    }
    const visible = Math.min(found, limit);
    byId("shown").textContent =
      found === 0 ? "No case matches." : `${visible.toLocaleString("en")} of ${found.toLocaleString("en")}${found < all.length ? " matching" : ""} cases shown`;
    byId("more").hidden = found <= limit;
  };

  const element = (tag, content, parent) => {
    const e = document.createElement(tag);
    if (content !== undefined) e.textContent = content;
    parent?.append(e);
    return e;
  };
  const fold = (row) => {
    if (row.nextElementSibling?.className === "detail") {
      row.nextElementSibling.remove();
      row.querySelector("button").setAttribute("aria-expanded", "false");
    }
  };
  const unfold = (row) => {
    const d = details(row.dataset.i);
    const detail = document.createElement("tr");
    detail.className = "detail";
    const cell = element("td", undefined, detail);
    cell.colSpan = row.cells.length;
    if (d.rows.length) {
      const scroll = element("div", undefined, cell);
      scroll.className = "scroll";
      const table = element("table", undefined, scroll);
      table.className = "metrics";
      const head = element("tr", undefined, element("thead", undefined, table));
      for (const name of data.metrics) element("th", name, head).scope = "col";
      const rows = element("tbody", undefined, table);
      for (const values of d.rows) {
        const tr = element("tr", undefined, rows);
        for (const value of values) element("td", value, tr);
      }
    }
    if (d.ulp) { element("h4", "Elements by distance from the rounded oracle", cell); element("pre", d.ulp, cell); }
    for (const [name, value] of d.facts) { element("h4", name, cell); element("pre", value, cell); }
    row.after(detail);
    row.querySelector("button").setAttribute("aria-expanded", "true");
  };
  body.addEventListener("click", (event) => {
    const button = event.target.closest(".name button");
    if (!button) return;
    const row = button.closest("tr");
    if (button.getAttribute("aria-expanded") === "true") fold(row);
    else unfold(row);
  });

  const value = (row, key, at) => {
    if (!(key in row.dataset)) return row.cells[at].textContent;
    return row.dataset[key] === "" ? null : Number(row.dataset[key]);
  };
  document.querySelectorAll(".cases th").forEach((th, at) => {
    const button = element("button", th.textContent);
    button.type = "button";
    th.replaceChildren(button);
    button.addEventListener("click", () => {
      const falling = th.getAttribute("aria-sort") === "ascending";
      document.querySelectorAll(".cases th").forEach((other) => other.removeAttribute("aria-sort"));
      th.setAttribute("aria-sort", falling ? "descending" : "ascending");
      const key = th.dataset.key;
      // Rows without a value stay last in either direction.
      all.sort((a, b) => {
        const [x, y] = [value(a, key, at), value(b, key, at)];
        if (x === null || y === null) return (x === null) - (y === null) || a.dataset.i - b.dataset.i;
        return (x < y ? -1 : x > y ? 1 : 0) * (falling ? -1 : 1) || a.dataset.i - b.dataset.i;
      });
      all.forEach(fold);
      body.append(...all);
      show();
    });
  });

  byId("filter").hidden = false;
  byId("filter").addEventListener("submit", (event) => event.preventDefault());
  byId("filter").addEventListener("input", () => { limit = page; show(); });
  byId("more").addEventListener("click", () => { limit += 10 * page; show(); });
  document.querySelectorAll("[data-op] a, a[data-op]").forEach((a) =>
    a.addEventListener("click", () => { byId("f-op").value = a.dataset.op; limit = page; show(); }));
  show();
})();
