  // The layers, and what LOAD, EXEC and STORE are at.
  class Units extends Chart {
    static TOP = Chart.AXIS + 4;
    static STEP = 32;
    static BAR = 24;

    constructor() {
      super("timeline", Units.TOP + 4 * Units.STEP, "When LOAD, EXEC and STORE are at work on which layer");
    }

    top(row) { return Units.TOP + row * Units.STEP; }

    draw(context) {
      context.textAlign = "right";
      context.fillStyle = colours.text;
      ["layer", ...data.names].forEach((name, row) => {
        context.fillText(name, Chart.LEFT - 8, this.top(row) + Units.BAR / 2);
      });
      this.within(0, this.height, () => {
        this.drawLayers(context);
        data.units.lanes.forEach((lane, unit) => this.drawLane(context, lane, this.top(unit + 1)));
      });
    }
    drawLayers(context) {
      context.textAlign = "left";
      data.layers.forEach(({ name, from, until }, layer) => {
        const left = Math.max(Chart.LEFT, this.x(from)), right = Math.min(Chart.LEFT + this.width, this.x(until));
        if (right < Chart.LEFT || left > Chart.LEFT + this.width) return;
        context.fillStyle = colours.layer(layer, 0.28);
        context.fillRect(left, this.top(0), Math.max(0.5, right - left), Units.BAR);
        context.fillStyle = colours.layer(layer);
        context.fillRect(left, this.top(0) + Units.BAR - 3, Math.max(0.5, right - left), 3);
        const number = context.measureText(`${layer} `).width, room = right - left - 8 - number;
        if (room < 0) return;
        context.fillStyle = colours.text;
        context.fillText(`${layer} ${this.fitting(name, room)}`, left + 4, this.top(0) + Units.BAR / 2 - 1);
      });
    }
    drawLane(context, lane, top) {
      for (const [begin, alone, end, layer] of lane) {
        if (end < view.from || begin > view.to) continue;
        const [left, middle, right] = [begin, alone, end].map((cycle) => this.x(cycle));
        if (middle - left > 1) {
          context.fillStyle = colours.layer(layer, 0.4);
          context.fillRect(left, top + Units.BAR - 5, middle - left, 5);
        }
        // A gap tells boxes apart that are wide enough for one.
        const width = right - middle;
        context.fillStyle = colours.layer(layer);
        context.fillRect(middle, top, width > 4 ? width - 1 : Math.max(0.75, width), Units.BAR);
      }
    }

    tell(cycle, y) {
      const row = Math.floor((y - Units.TOP) / Units.STEP);
      if (row < 0 || row > 3) return "";
      if (row === 0) {
        const layer = data.layers.findIndex(({ until }) => cycle < until);
        return layer < 0 ? "" : this.tellLayer(layer);
      }
      const lane = data.units.lanes[row - 1], near = 2 * (view.to - view.from) / this.width;
      const inside = ([, alone, end]) => alone <= cycle && cycle < end;
      const close = ([, alone, end]) => alone - near <= cycle && cycle < end + near;
      const box = lane.find(inside) ?? lane.find(close);
      if (!box) return "";
      const [begin, , end, layer, first, count, text] = box;
      const which = count > 1 ? `${count} descriptors from ${first} on, the first: ` : `descriptor ${first}: `;
      return `${which}${text}\n${layerText(layer)}\n${span(begin, end)}`;
    }
    tellLayer(layer) {
      const { start, from, until } = data.layers[layer];
      const early = start < from ? `\nits first EXEC or STORE began in cycle ${grouped(start)}` : "";
      return `${layerText(layer)}\n${span(from, until)}${early}`;
    }
  }
