  // A canvas with a time axis, which can be moved, and asked what is under the pointer.
  class Chart {
    static LEFT = 58;
    static RIGHT = 10;
    static AXIS = 20;
    static TICKS = 90;

    constructor(section, height, label) {
      const box = document.querySelector(`#${section} .chart-box`);
      this.height = height;
      this.tools(box);
      this.canvas = box.appendChild(document.createElement("canvas"));
      this.canvas.style.height = `${height}px`;
      this.canvas.tabIndex = 0;
      this.canvas.setAttribute("role", "img");
      this.canvas.setAttribute("aria-label", label);
      this.cursor = box.appendChild(document.createElement("div"));
      this.cursor.className = "cursor";
      this.context = this.canvas.getContext("2d");
      this.listen();
      view.charts.push(this);
      new ResizeObserver(() => view.redraw()).observe(this.canvas);
    }

    tools(box) {
      const tools = document.createElement("div");
      tools.className = "tools";
      box.before(tools);
      const button = (text, title, act) => {
        const made = tools.appendChild(document.createElement("button"));
        [made.type, made.textContent, made.title] = ["button", text, title];
        made.addEventListener("click", act);
      };
      button("+", "closer", () => view.zoom(0.5));
      button("\u2212", "farther", () => view.zoom(2));
      button("all", "the whole job", () => view.all());
      tools.append("wheel, + and \u2212: zoom; drag, arrow keys: move");
      this.range = tools.appendChild(document.createElement("span"));
      this.range.className = "range";
    }

    x(cycle) { return Chart.LEFT + (cycle - view.from) / (view.to - view.from) * this.width; }
    cycle(x) { return view.from + (x - Chart.LEFT) / this.width * (view.to - view.from); }
    place(event) {
      const box = this.canvas.getBoundingClientRect();
      return [event.clientX - box.left - 1, event.clientY - box.top - 1];
    }

    redraw() {
      const total = this.canvas.clientWidth, scale = devicePixelRatio || 1, { context } = this;
      this.width = Math.max(40, total - Chart.LEFT - Chart.RIGHT);
      this.canvas.width = Math.round(total * scale);
      this.canvas.height = Math.round(this.height * scale);
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.font = "11px system-ui, sans-serif";
      context.textBaseline = "middle";
      this.drawAxis();
      this.draw(context);
      this.range.textContent = `cycles ${grouped(view.from)} to ${grouped(view.to)}`;
      this.drawCursor();
    }
    drawAxis() {
      const { context } = this;
      const least = (view.to - view.from) * Chart.TICKS / this.width;
      const power = 10 ** Math.max(0, Math.floor(Math.log10(least)));
      const step = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least);
      context.textAlign = "left";
      for (let cycle = Math.ceil(view.from / step) * step; cycle <= view.to; cycle += step) {
        const x = this.x(cycle), text = grouped(cycle);
        context.fillStyle = colours.line;
        context.fillRect(Math.round(x), 0, 1, this.height);
        context.fillStyle = colours.soft;
        if (x + 4 + context.measureText(text).width < Chart.LEFT + this.width + Chart.RIGHT) {
          context.fillText(text, x + 4, Chart.AXIS / 2);
        }
      }
    }
    drawCursor() {
      const shown = view.at !== null && view.at >= view.from && view.at <= view.to;
      this.cursor.style.visibility = shown ? "visible" : "hidden";
      if (shown) this.cursor.style.left = `${this.x(view.at) + 1}px`;
    }

    // Draws within the plot, so that nothing reaches over the names at the left.
    within(top, height, draw) {
      const { context } = this;
      context.save();
      context.beginPath();
      context.rect(Chart.LEFT, top, this.width, height);
      context.clip();
      draw();
      context.restore();
    }
    // A name's end, which says more than its beginning, as far as there is room; nothing if there is
    // hardly any.
    fitting(name, room) {
      const { width } = this.context.measureText(name);
      if (width <= room) return name;
      const letters = Math.floor(name.length * room / width) - 2;
      return letters < 4 ? "" : "\u2026" + name.slice(-letters);
    }

    listen() {
      const { canvas } = this;
      let drag = null;
      canvas.addEventListener("wheel", (event) => {
        // Farther than all of it: the page may scroll.
        if (view.isAll() && event.deltaY >= 0 && !event.deltaX) return;
        event.preventDefault();
        if (event.deltaX || event.shiftKey) view.move((event.deltaX || event.deltaY) / this.width);
        else view.zoom(1.0015 ** event.deltaY, this.cycle(this.place(event)[0]));
      }, { passive: false });
      canvas.addEventListener("pointerdown", (event) => {
        if (event.button) return;
        drag = this.cycle(this.place(event)[0]);
        canvas.setPointerCapture(event.pointerId);
      });
      canvas.addEventListener("pointermove", (event) => {
        const [x, y] = this.place(event);
        if (drag !== null) {
          const by = drag - this.cycle(x);
          view.show(view.from + by, view.to + by);
          tip.hide();
          return;
        }
        const inside = x >= Chart.LEFT && x <= Chart.LEFT + this.width;
        view.point(inside ? this.cycle(x) : null);
        tip.show(inside ? this.tell(this.cycle(x), y) : "", event);
      });
      const stop = () => { drag = null; };
      canvas.addEventListener("pointerup", stop);
      canvas.addEventListener("pointercancel", stop);
      canvas.addEventListener("pointerleave", () => { view.point(null); tip.hide(); });
      canvas.addEventListener("keydown", (event) => {
        const keys = {
          ArrowLeft: () => view.move(-0.125), ArrowRight: () => view.move(0.125),
          "+": () => view.zoom(0.5), "-": () => view.zoom(2), Home: () => view.all(),
        };
        if (!(event.key in keys) || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        keys[event.key]();
      });
    }
  }

  // What is under the pointer, in words.
  const tip = {
    box: document.body.appendChild(document.createElement("div")),
    show(text, event) {
      if (!text) return this.hide();
      const { box } = this;
      box.textContent = text;
      const { width, height } = box.getBoundingClientRect(), { clientWidth, clientHeight } = document.documentElement;
      const left = Math.min(event.clientX + 14, clientWidth - width - 6);
      const below = event.clientY + 18;
      box.style.left = `${Math.max(4, left)}px`;
      box.style.top = `${below + height > clientHeight ? Math.max(4, event.clientY - height - 12) : below}px`;
      box.style.visibility = "visible";
    },
    hide() { this.box.style.visibility = "hidden"; },
  };
  tip.box.className = "tip";
