"use strict";
// A report is complete without this: it makes charts movable and commands copyable.
(() => {
  const SLOPE = 3, CHARACTER = 6.7, HIGH = 4, LOW = 18, TOP = 3, BOTTOM = 19, TICKS = 70, NEAREST = 4;
  // Width of a cycle in which most values can be read.
  const READABLE = 36;
  const charts = [];

  const make = (name, attributes, parent) => {
    const element = document.createElementNS(parent.namespaceURI, name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    return parent.appendChild(element);
  };
  const button = (text, title, act, parent) => {
    const element = document.createElement("button");
    element.type = "button";
    element.textContent = text;
    element.title = title;
    element.addEventListener("click", act);
    return parent.appendChild(element);
  };
  const fitting = (text, width) => {
    const room = Math.floor((width - 8) / CHARACTER);
    if (text.length <= room) return text;
    if (room < 3) return "";
    // Of a number the last digits tell it from its neighbours.
    if (/^[0-9a-f]+$/i.test(text)) return "\u2026" + text.slice(1 - room);
    return text.slice(0, room - 1) + "\u2026";
  };

  // The detail stands behind the whole text only.
  const fittingBoth = (text, detail, width) => {
    const short = fitting(text, width);
    if (short !== text || !detail) return short;
    const both = fitting(`${text} ${detail}`, width);
    return both.length < text.length + 6 ? short : both;
  };
  // Names keep their end, which says more than the beginning.
  const ending = (name, room) => name.length <= room ? name : "\u2026" + name.slice(1 - room);

  class Chart {
    constructor(svg) {
      this.svg = svg;
      this.plot = svg.querySelector(".plot");
      const number = (name) => Number(svg.dataset[name]);
      [this.first, this.last] = [number("from"), number("end")];
      [this.from, this.to] = [this.first, this.last];
      [this.mark, this.roomy, this.height] = [number("mark"), number("labels"), number("height")];
      this.labels = this.roomy;
      this.ticks = svg.querySelector(".ticks");
      this.markGroup = svg.querySelector(".mark");
      this.cursor = make("path", { class: "cursor-line" }, this.plot);
      const values = svg.querySelectorAll(".label .value");
      this.names = [...svg.querySelectorAll(".label")].map((label) =>
        ({ text: label.querySelector("text"), name: label.querySelector("title").textContent }));
      this.rows = [...svg.querySelectorAll(".row")].map((row, index) => this.row(row, values[index], this.names[index]));
      this.width = 0;
      this.asked = false;
    }

    row(row, value, name) {
      const bit = row.querySelector(".bit");
      const levels = bit ? bit.dataset.levels.split(" ").map((level) => level.split(":")) : [];
      const steps = levels.map(([begin, level], index) =>
        ({ begin: Number(begin), end: index + 1 < levels.length ? Number(levels[index + 1][0]) : this.last, text: level }));
      const cells = [...row.querySelectorAll(".cell")].map((cell) => ({
        cell, path: cell.querySelector("path"), label: cell.querySelector("text"),
        begin: Number(cell.dataset.begin), end: Number(cell.dataset.end), text: cell.dataset.text,
        detail: cell.dataset.detail,
      }));
      return { bit, steps, cells, value, name: name.text, signal: row.classList.contains("signal") };
    }

    x(cycle) { return (cycle - this.from) / (this.to - this.from) * this.width; }
    cycle(event) {
      const box = this.svg.getBoundingClientRect();
      const x = (event.clientX - box.left) * (this.width + this.labels) / box.width - this.labels;
      return this.from + x / this.width * (this.to - this.from);
    }

    // Shows the cycles from..to, as far as there are any.
    show(from, to) {
      const all = this.last - this.first;
      const span = Math.min(all, Math.max(Math.min(NEAREST, all), to - from));
      from += (to - from - span) / 2;
      from = Math.min(this.last - span, Math.max(this.first, from));
      [this.from, this.to] = [from, from + span];
      this.redraw();
    }
    zoom(factor, at = (this.from + this.to) / 2) {
      this.show(at - (at - this.from) * factor, at + (this.to - at) * factor);
    }
    redraw() {
      if (this.asked) return;
      this.asked = true;
      requestAnimationFrame(() => { this.asked = false; this.draw(); });
    }

    draw() {
      // Paper is narrow: there it is shrunk as a whole.
      const total = Chart.printing ? 1120 : Math.max(280, this.svg.clientWidth);
      this.layOut(total);
      this.width = total - this.labels;
      this.svg.setAttribute("viewBox", `0 0 ${total} ${this.height}`);
      this.plot.setAttribute("width", this.width);
      this.drawTicks();
      if (this.markGroup) {
        this.markGroup.setAttribute("transform", `translate(${this.x(this.mark)} 0)`);
        this.markGroup.querySelector("rect").setAttribute("width", this.x(this.mark + 1) - this.x(this.mark));
      }
      for (const row of this.rows) {
        if (row.bit) row.bit.setAttribute("d", this.line(row.steps));
        for (const cell of row.cells) this.drawCell(cell);
      }
      this.drawCursor();
    }
    // In a narrow window names are cut and values at the cursor left out; lanes have short names and
    // no values.
    layOut(total) {
      const narrow = total < 760, lanes = !this.rows.some((row) => row.signal);
      const most = lanes ? 110 : narrow ? 160 : this.roomy;
      const labels = Math.min(most, narrow ? Math.round(total * 0.36) : most);
      this.svg.classList.toggle("narrow", narrow);
      if (labels === this.labels) return;
      this.labels = labels;
      this.plot.setAttribute("x", labels);
      const room = Math.floor(((narrow || lanes ? labels : labels - 130) - 8) / CHARACTER);
      for (const { text, name } of this.names) text.textContent = ending(name, room);
    }
    drawTicks() {
      const least = (this.to - this.from) * TICKS / this.width;
      const power = 10 ** Math.max(0, Math.floor(Math.log10(least)));
      const step = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least);
      this.ticks.replaceChildren();
      for (let cycle = Math.ceil(this.from / step) * step; cycle <= this.to; cycle += step) {
        const tick = make("g", { class: "tick", transform: `translate(${this.x(cycle)} 0)` }, this.ticks);
        make("path", { d: `M0 18V${this.height}` }, tick);
        make("text", { x: 3, y: 12 }, tick).textContent = cycle;
      }
    }
    line(steps) {
      const y = { 0: LOW, 1: HIGH };
      return steps.map((step, index) =>
        `${index ? "L" : "M"}${this.x(step.begin)} ${y[step.text] ?? (LOW + HIGH) / 2}H${this.x(step.end)}`).join("");
    }
    drawCell({ cell, path, label, begin, end, text, detail }) {
      const hidden = begin > this.to || Math.max(end, begin + 1) < this.from;
      cell.style.display = hidden ? "none" : "";
      if (hidden) return;
      const left = this.x(begin), bus = cell.classList.contains("bus");
      const right = bus ? this.x(end) : Math.max(this.x(end), left + 2);
      const slope = Math.min(SLOPE, (right - left) / 2), middle = (HIGH + LOW) / 2;
      path.setAttribute("d", bus
        ? `M${left} ${middle}L${left + slope} ${HIGH}H${right - slope}L${right} ${middle}L${right - slope} ${LOW}H${left + slope}Z`
        : `M${left} ${TOP}H${right}V${BOTTOM}H${left}Z`);
      const [from, to] = [Math.max(0, left), Math.min(this.width, right)];
      label.textContent = fittingBoth(text, detail, to - from);
      label.setAttribute("x", (from + to) / 2);
    }
    drawCursor() {
      const x = this.x(Chart.at + 0.5);
      this.cursor.setAttribute("d", `M${x} 14V${this.height}`);
      for (const row of this.rows) {
        if (!row.signal) continue;
        const found = [...row.steps, ...row.cells].find((step) => step.begin <= Chart.at && Chart.at < step.end);
        row.value.textContent = found ? fitting(found.text, this.labels - 18 - row.name.textContent.length * CHARACTER) : "";
      }
      this.said.textContent = `cycle ${Chart.at}`;
    }

    tools() {
      const tools = document.createElement("div");
      tools.className = "tools";
      this.svg.before(tools);
      button("+", "closer", () => this.zoom(0.5, this.center()), tools);
      button("\u2212", "farther", () => this.zoom(2, this.center()), tools);
      button("all", "the whole window", () => this.show(this.first, this.last), tools);
      if (this.markGroup) button("difference", "closely around the difference", () => this.near(this.mark), tools);
      tools.append("wheel: zoom, drag: move, arrow keys: cursor");
      this.said = document.createElement("span");
      this.said.className = "cursor";
      tools.append(this.said);
    }
    center() { return Chart.at >= this.from && Chart.at < this.to ? Chart.at + 0.5 : undefined; }
    near(cycle) {
      const span = Math.max(8, Math.floor(this.width / READABLE));
      this.show(cycle - Math.ceil(span * 0.7), cycle + Math.floor(span * 0.3));
    }

    listen() {
      const svg = this.svg;
      svg.classList.add("live");
      svg.setAttribute("tabindex", "0");
      let drag = null;
      svg.addEventListener("wheel", (event) => {
        const whole = this.to - this.from >= this.last - this.first;
        // Farther than all of it: the page may scroll.
        if (whole && event.deltaY >= 0) return;
        event.preventDefault();
        if (event.deltaX || event.shiftKey) {
          const by = (event.deltaX || event.deltaY) / this.width * (this.to - this.from);
          this.show(this.from + by, this.to + by);
        } else {
          this.zoom(1.0015 ** event.deltaY, this.cycle(event));
        }
      }, { passive: false });
      svg.addEventListener("pointerdown", (event) => {
        if (event.button) return;
        drag = { cycle: this.cycle(event) };
        svg.setPointerCapture(event.pointerId);
      });
      svg.addEventListener("pointermove", (event) => {
        if (drag) {
          const by = drag.cycle - this.cycle(event);
          this.show(this.from + by, this.to + by);
        } else {
          Chart.moveTo(Math.floor(this.cycle(event)), this);
        }
      });
      const stop = () => { drag = null; };
      svg.addEventListener("pointerup", stop);
      svg.addEventListener("pointercancel", stop);
      svg.addEventListener("keydown", (event) => {
        const keys = {
          ArrowLeft: () => Chart.moveTo(Chart.at - 1, this), ArrowRight: () => Chart.moveTo(Chart.at + 1, this),
          "+": () => this.zoom(0.5, this.center()), "-": () => this.zoom(2, this.center()),
          Home: () => this.show(this.first, this.last),
        };
        if (!(event.key in keys) || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        keys[event.key]();
      });
      new ResizeObserver(() => this.redraw()).observe(svg);
    }
  }
  // One cursor for all charts.
  Chart.moveTo = (cycle, chart) => {
    Chart.at = Math.min(chart.last - 1, Math.max(chart.first, cycle));
    charts.forEach((chart) => chart.drawCursor());
  };

  for (const svg of document.querySelectorAll(".chart")) {
    const chart = new Chart(svg);
    Chart.at ??= Math.min(chart.last - 1, Math.max(chart.first, chart.mark));
    charts.push(chart);
    chart.tools();
    chart.listen();
    chart.draw();
    // Values can only be read closely.
    if (chart.markGroup && chart.rows.some((row) => row.signal)) chart.near(chart.mark);
  }
  addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((details) => { details.open = true; });
    Chart.printing = true;
    charts.forEach((chart) => chart.draw());
  });
  addEventListener("afterprint", () => {
    Chart.printing = false;
    charts.forEach((chart) => chart.draw());
  });

  for (const command of document.querySelectorAll(".command")) {
    const copy = button("copy", "copy the command", async () => {
      const selection = getSelection();
      selection.selectAllChildren(command);
      try {
        await navigator.clipboard.writeText(command.textContent);
      } catch {
        // Where scripts may not use the clipboard themselves, the selection can be copied.
        document.execCommand("copy");
      }
      copy.textContent = "copied";
      setTimeout(() => { copy.textContent = "copy"; }, 1500);
    }, command.parentElement);
  }
})();
