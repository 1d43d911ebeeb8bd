"use strict";
// The search: the index is a constant of search-index.js, the filters stand behind the # of the page's address.
(() => {
  const form = document.getElementById("search");
  const found = document.getElementById("found");
  const count = document.getElementById("found-count");
  const results = document.getElementById("results");
  const more = document.getElementById("more");
  const STEP = 60; // results that are shown at once
  const ROOMS = [["country", "countries", 7], ["language", "languages", 8], ["genre", "genres", 9]];
  const FIELDS = ["q", "country", "language", "genre", "year", "kind"];
  // Letters that have no decomposition.
  const ALIKE = { "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ß": "ss", "þ": "th", "ð": "d", "ı": "i", "’": "'" };

  const fold = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "")
    .replace(/[øđłæœßþðı’]/g, (sign) => ALIKE[sign]);

  const people = CATALOGUE.people.map(fold);
  const tags = ROOMS.map(([, room, at]) => [at, CATALOGUE[room].map(([, name]) => fold(name))]);
  const events = CATALOGUE.events.map((row) => {
    const titles = fold([row[1], ...row[3]].join(" | "));
    const words = [titles, ...row[10].map((number) => people[number])];
    for (const [at, names] of tags) for (const number of row[at]) words.push(names[number]);
    for (let year = row[4]; year && year <= row[5]; year++) words.push(year);
    return { row, titles, all: words.join(" | ") };
  });
  let chosen = [];
  let shown = 0;

  function option(select, value, text) {
    const one = document.createElement("option");
    one.value = value;
    one.textContent = text;
    select.append(one);
  }

  function fillFilters() {
    for (const [name, room] of ROOMS) {
      for (const [key, text] of CATALOGUE[room]) option(form.elements[name], key, text);
    }
    const years = new Set();
    for (const { row } of events) for (let year = row[4]; year && year <= row[5]; year++) years.add(year);
    for (const year of [...years].sort((a, b) => b - a)) option(form.elements.year, String(year), String(year));
    for (const [kind, text] of CATALOGUE.kinds) option(form.elements.kind, kind, text);
  }

  function wanted() {
    const numbers = ROOMS.map(([name, room, at]) => {
      const value = form.elements[name].value;
      return value ? [CATALOGUE[room].findIndex(([key]) => key === value), at] : null;
    }).filter(Boolean);
    const year = Number(form.elements.year.value);
    const kind = form.elements.kind.value;
    const words = fold(form.elements.q.value).split(/\s+/).filter(Boolean);
    return ({ row, all }) => numbers.every(([number, at]) => row[at].includes(number))
      && (!year || (row[4] <= year && year <= row[5]))
      && (!kind || CATALOGUE.kinds[row[6]][0] === kind)
      && words.every((word) => all.includes(word));
  }

  // Titles that begin with what was typed come first, then other titles, then the rest; each in the order of the index.
  function ranked(matches) {
    const typed = fold(form.elements.q.value).trim();
    if (!typed) return matches;
    const rank = ({ titles }) => (titles.startsWith(typed) ? 0 : titles.includes(typed) ? 1 : 2);
    return matches.map((one, at) => [rank(one), at, one]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((one) => one[2]);
  }

  function element(name, className, text) {
    const one = document.createElement(name);
    one.className = className;
    const inner = document.createElement("bdi");
    inner.textContent = text;
    one.append(inner);
    return one;
  }

  function card({ row }) {
    const item = document.createElement("li");
    item.className = "card";
    const film = document.createElement("p");
    film.className = "film";
    const link = element("a", "", row[1]);
    link.href = "../event/" + row[0] + ".html";
    film.append(link);
    for (const title of row[3]) film.append(" ", element("span", "other", title));
    item.append(film);
    if (row[2]) item.append(element("p", "facts", row[2]));
    return item;
  }

  function showMore() {
    results.append(...chosen.slice(shown, shown + STEP).map(card));
    shown = Math.min(shown + STEP, chosen.length);
    more.hidden = shown === chosen.length;
  }

  function search() {
    const asked = FIELDS.some((name) => form.elements[name].value.trim());
    found.hidden = !asked;
    chosen = asked ? ranked(events.filter(wanted())) : [];
    shown = 0;
    results.replaceChildren();
    count.textContent = !asked ? "" : chosen.length === 1 ? "1 event" : chosen.length ? chosen.length + " events" : "No event found";
    showMore();
  }

  function toAddress() {
    const filters = new URLSearchParams();
    for (const name of FIELDS) if (form.elements[name].value.trim()) filters.set(name, form.elements[name].value.trim());
    history.replaceState(null, "", "#" + filters);
  }

  function fromAddress() {
    const filters = new URLSearchParams(location.hash.slice(1));
    for (const name of FIELDS) {
      const field = form.elements[name];
      const value = filters.get(name) || "";
      if (field.value.trim() !== value) field.value = value;
      if (field.selectedIndex === -1) field.value = ""; // a filter that the catalogue does not know
    }
    search();
  }

  fillFilters();
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    results.querySelector("a")?.focus();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.target !== form.elements.q || !form.elements.q.value) return;
    event.preventDefault();
    form.elements.q.value = "";
    form.dispatchEvent(new Event("input"));
  });
  form.addEventListener("input", () => { search(); toAddress(); });
  form.addEventListener("reset", () => setTimeout(() => { search(); toAddress(); form.elements.q.focus(); }));
  more.addEventListener("click", () => {
    const next = results.children.length;
    showMore();
    results.children[next]?.querySelector("a").focus();
  });
  addEventListener("hashchange", fromAddress);
  fromAddress();
})();
