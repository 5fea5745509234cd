"use strict";
(() => {
  const word = document.body.dataset;
  const make = (name, text) => { const one = document.createElement(name); if (text) one.textContent = text; return one; };

  const value = (row, place) => {
    const cell = row.cells[place];
    return { number: cell.dataset.value === undefined ? null : [Number(cell.dataset.value), Number(cell.dataset.high || cell.dataset.value)], text: cell.textContent.trim() };
  };
  const compare = (a, b) => {
    if (a.number && b.number) return a.number[0] - b.number[0] || a.number[1] - b.number[1];
    if (a.number || b.number) return a.number ? -1 : 1;
    return a.text.localeCompare(b.text, document.documentElement.lang, { numeric: true });
  };

  const dress = (table) => {
    const heads = [...table.tHead.rows[0].cells];
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.classList.contains("group"));
    if (rows.length < 2) return;
    rows.forEach((row, place) => { row.place = place; });

    const sort = (place, direction) => {
      heads.forEach((head, other) => { if (other === place && direction) head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending"); else head.removeAttribute("aria-sort"); });
      for (const body of table.tBodies) {
        const own = [...body.rows].filter((row) => !row.classList.contains("group"));
        own.sort((a, b) => (direction ? direction * compare(value(a, place), value(b, place)) : 0) || a.place - b.place);
        body.append(...own);
      }
    };
    heads.forEach((head, place) => {
      const button = make("button", head.textContent);
      button.type = "button";
      button.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        sort(place, now === "ascending" ? -1 : now === "descending" ? 0 : 1);
      });
      head.replaceChildren(button);
    });

    const tools = make("div");
    tools.className = "tools";
    const field = (name, control) => { const label = make("label", name); label.append(control); tools.append(label); return control; };
    const box = field(word.filter, make("input"));
    box.type = "search";
    const choices = heads.flatMap((head, place) => {
      if (!("choices" in head.dataset)) return [];
      const words = [...new Set(rows.map((row) => value(row, place).text))].filter(Boolean);
      if (words.length < 2) return [];
      const choice = field(head.textContent, make("select"));
      for (const one of ["", ...words]) { const option = make("option", one || word.all); option.value = one; choice.append(option); }
      return [{ choice, place }];
    });
    const behind = [...table.querySelectorAll("details")];
    if (behind.length) {
      const all = make("button", word.expand);
      all.type = "button";
      all.addEventListener("click", () => {
        const open = behind.some((one) => !one.open);
        behind.forEach((one) => { one.open = open; });
        all.textContent = open ? word.collapse : word.expand;
      });
      tools.append(all);
    }
    const status = make("span");
    status.setAttribute("role", "status");
    tools.append(status);
    const filter = () => {
      const sought = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      let seen = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        const fits = sought.every((one) => text.includes(one)) && choices.every(({ choice, place }) => !choice.value || value(row, place).text === choice.value);
        row.hidden = !fits;
        seen += fits;
      }
      for (const body of table.tBodies) {
        const group = body.querySelector("tr.group");
        if (group) group.hidden = ![...body.rows].some((row) => row !== group && !row.hidden);
      }
      tools.classList.toggle("filtered", seen < rows.length);
      status.textContent = word.shown.replace("{shown}", seen).replace("{all}", rows.length);
    };
    box.addEventListener("input", filter);
    choices.forEach(({ choice }) => choice.addEventListener("change", filter));
    if (rows.length >= 8) { table.parentElement.before(tools); filter(); }
  };
  document.querySelectorAll("table[data-tools]").forEach(dress);

  let closed = [];
  window.addEventListener("beforeprint", () => { closed = [...document.querySelectorAll("details:not([open])")]; closed.forEach((one) => { one.open = true; }); });
  window.addEventListener("afterprint", () => { closed.forEach((one) => { one.open = false; }); closed = []; });
})();
