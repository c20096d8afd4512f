  // What lies in the rows of the memories.
  class Rows extends Chart {
    static TITLE = 22;
    static HEIGHTS = [300, 110, 70];
    static ALPHA = { input: 0.55, map: 0.85, sums: 0.85, weights: 0.3, parameters: 0.3 };

    constructor() {
      let top = Chart.AXIS;
      const panels = data.rows.memories.map((memory, index) => {
        const panel = { memory, top: top + Rows.TITLE, height: Rows.HEIGHTS[index] };
        top += Rows.TITLE + panel.height + 6;
        return panel;
      });
      super("memory", top + 4, "What lies in the rows of the NPU's memories, and when");
      this.panels = panels;
    }

    y({ memory, top, height }, row) { return top + row / memory.rows * height; }

    draw(context) {
      for (const panel of this.panels) {
        const { memory, top, height } = panel;
        this.drawTitle(context, panel);
        this.within(top, height, () => {
          for (const [content, row, rows, from, until] of memory.held) {
            if (until < view.from || from > view.to) continue;
            // On whole pixels, so that no seams show between neighbours.
            const [left, right] = [from, until].map((cycle) => Math.round(this.x(cycle)));
            const [above, below] = [row, row + rows].map((at) => Math.round(this.y(panel, at)));
            context.fillStyle = this.colour(content);
            context.fillRect(left, above, Math.max(0.6, right - left), Math.max(0.6, below - above));
          }
          this.drawNames(context, panel);
        });
        context.strokeStyle = colours.line;
        context.strokeRect(Chart.LEFT - 0.5, top - 0.5, this.width + 1, height + 1);
      }
    }
    drawTitle(context, { memory, top, height }) {
      const share = Math.round(100 * memory.most / memory.rows);
      const long = `${memory.name}: ${grouped(memory.rows)} rows of ${memory.row}, at most ${grouped(memory.most)} in use (${share} %)`;
      const short = `${memory.name}, ${share} % in use at most`;
      context.textAlign = "left";
      const text = context.measureText(long).width <= this.width ? long : short;
      // The lines of the axis would run through the text.
      context.fillStyle = colours.panel;
      context.fillRect(Chart.LEFT, top - Rows.TITLE + 1, context.measureText(text).width + 6, Rows.TITLE - 2);
      context.fillStyle = colours.text;
      context.fillText(text, Chart.LEFT, top - Rows.TITLE / 2);
      context.textAlign = "right";
      context.fillStyle = colours.soft;
      context.fillText("row 0", Chart.LEFT - 6, top + 6);
      context.fillText(grouped(memory.rows - 1), Chart.LEFT - 6, top + height - 6);
      if (height > 200) context.fillText(grouped(memory.rows / 2), Chart.LEFT - 6, top + height / 2);
    }
    colour(content) {
      const { kind, layer } = data.rows.contents[content];
      const alpha = Rows.ALPHA[kind];
      if (layer !== null) return colours.layer(layer, alpha);
      return `color-mix(in srgb, ${colours.soft} ${100 * alpha}%, transparent)`;
    }

    // Names of maps where there is room, none over another.
    drawNames(context, panel) {
      const boxes = new Map();
      for (const [content, row, rows, from, until] of panel.memory.held) {
        const { kind } = data.rows.contents[content];
        if ((kind !== "map" && kind !== "input") || until < view.from || from > view.to) continue;
        const box = boxes.get(content) ?? [Infinity, Infinity, -Infinity, -Infinity];
        boxes.set(content, [Math.min(box[0], from), Math.min(box[1], row), Math.max(box[2], until), Math.max(box[3], row + rows)]);
      }
      const taken = [];
      context.textAlign = "center";
      for (const [content, [from, row, until, end]] of boxes) {
        const left = Math.max(Chart.LEFT, this.x(from)), right = Math.min(Chart.LEFT + this.width, this.x(until));
        const above = this.y(panel, row), below = this.y(panel, end);
        const text = this.fitting(data.rows.contents[content].name, right - left - 6);
        const [x, y, half] = [(left + right) / 2, (above + below) / 2, context.measureText(text).width / 2 + 3];
        const meets = ([a, b, c]) => Math.abs(a - x) < c + half && Math.abs(b - y) < 14;
        if (!text || below - above < 12 || taken.some(meets)) continue;
        taken.push([x, y, half]);
        context.globalAlpha = 0.75;
        context.fillStyle = colours.panel;
        context.fillRect(x - half, y - 7, 2 * half, 14);
        context.globalAlpha = 1;
        context.fillStyle = colours.text;
        context.fillText(text, x, y);
      }
    }

    tell(cycle, y) {
      const panel = this.panels.find(({ top, height }) => y >= top && y < top + height);
      if (!panel) return "";
      const { memory, top, height } = panel;
      const at = (y - top) / height * memory.rows;
      const inside = ([, row, rows, from, until]) => row <= at && at < row + rows && from <= cycle && cycle < until;
      const held = memory.held.find(inside);
      if (!held) return `row ${grouped(Math.floor(at))} of the ${memory.name} holds nothing that is needed`;
      const [content, row, rows, from, until] = held;
      const { kind, name, layer } = data.rows.contents[content];
      const what = { input: "input", map: "map", weights: "weights of", sums: "sums of", parameters: "parameters of" }[kind];
      const last = row + rows - 1;
      const where = rows > 1 ? `rows ${grouped(row)} to ${grouped(last)}` : `row ${grouped(row)}`;
      const whose = layer === null ? "" : `\n${layerText(layer)}`;
      return `${what} ${name}${whose}\n${where} of the ${memory.name}\n${span(from, until)}`;
    }
  }
