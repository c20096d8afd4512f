  // What is shown of the job, the same in all charts.
  const data = JSON.parse(document.getElementById("charts").textContent);
  const NEAREST = 20;

  const view = {
    from: 0,
    to: data.cycles,
    charts: [],
    // The cycle under the pointer, if it is over a chart.
    at: null,

    // Shows the cycles from..to, as far as there are any.
    show(from, to) {
      const all = data.cycles;
      const span = Math.min(all, Math.max(Math.min(NEAREST, all), to - from));
      from += (to - from - span) / 2;
      this.from = Math.min(all - span, Math.max(0, from));
      this.to = this.from + span;
      this.redraw();
    },
    zoom(factor, at = this.at ?? (this.from + this.to) / 2) {
      this.show(at - (at - this.from) * factor, at + (this.to - at) * factor);
    },
    move(share) {
      const by = share * (this.to - this.from);
      this.show(this.from + by, this.to + by);
    },
    all() { this.show(0, data.cycles); },
    isAll() { return this.to - this.from >= data.cycles; },

    redraw() {
      if (this.asked) return;
      this.asked = true;
      requestAnimationFrame(() => {
        this.asked = false;
        this.charts.forEach((chart) => chart.redraw());
      });
    },
    point(cycle) {
      this.at = cycle;
      this.charts.forEach((chart) => chart.drawCursor());
    },
  };

  const grouped = (number) => String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, ",");
  const span = (from, to) => `cycles ${grouped(from)} to ${grouped(to)} (${grouped(to - from)})`;

  const colours = {
    // Neighbours are far apart.
    HUES: [210, 28, 145, 335, 185, 268, 50, 100],
    read() {
      const style = getComputedStyle(document.documentElement);
      for (const name of ["text", "soft", "line", "panel"]) this[name] = style.getPropertyValue(`--${name}`).trim();
      this.light = matchMedia("(prefers-color-scheme: dark)").matches ? 60 : 48;
    },
    layer(layer, alpha = 1) {
      return `hsl(${this.HUES[layer % this.HUES.length]} 55% ${this.light}% / ${alpha})`;
    },
  };
  const layerText = (layer) => {
    const { name, operation } = data.layers[layer];
    return `layer ${layer}, ${name}: ${operation}`;
  };
