  // Buttons that show a layer each: they are the colours' legend, too.
  const legend = () => {
    const list = document.querySelector("#timeline .layers");
    data.layers.forEach(({ name, start, from, until }, layer) => {
      const button = list.appendChild(document.createElement("li")).appendChild(document.createElement("button"));
      [button.type, button.title] = ["button", layerText(layer)];
      button.appendChild(document.createElement("i")).style.background = colours.layer(layer);
      button.appendChild(document.createElement("span")).textContent = `${layer} ${name}`;
      button.addEventListener("click", () => {
        const first = Math.min(start, from), margin = (until - first) * 0.03;
        view.show(first - margin, until + margin);
      });
    });
  };

  colours.read();
  new Units();
  new Rows();
  legend();
  view.redraw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    colours.read();
    document.querySelectorAll("#timeline .layers i").forEach((key, layer) => {
      key.style.background = colours.layer(layer);
    });
    view.redraw();
  });
