import { element, fill } from "./dom.js";
import { language, say } from "./operator-words.js";

/** Lines of the last five minutes, one for each worker, with their numbers as text. */

const SPAN = 300; // seconds
const NS = "http://www.w3.org/2000/svg";

function svg(tag, attributes, ...children) {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Returns a round number that is not less. */
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 2, 5, 10].map((step) => step * power).find((round) => round >= value) ?? 10 * power;
}

const brief = (value) => language.number(value >= 100 ? Math.round(value) : Math.round(value * 10) / 10);

/**
 * Returns a chart: `{node, draw}`. `draw(names, points)` takes points as `{time, values: {name: number}}`, times in
 * seconds.
 */
export function chart(titleKey) {
  const caption = element("figcaption.unseen");
  const heading = element("h3");
  const canvas = element("div");
  const legend = element("ul.legend");
  const node = element("figure.card", {},
    element("div.head", {}, heading, element("span.quiet.small", { "data-word": "lastFive" })),
    element("div.inside.stack.tight", {}, canvas, legend, caption));

  function draw(names, points, now) {
    heading.textContent = say(titleKey);
    node.querySelector("[data-word]").textContent = say("lastFive");
    if (points.length < 2) {
      fill(canvas, element("p.quiet", {}, say("gathering")));
      fill(legend);
      caption.textContent = say("gathering");
      return;
    }
    const width = Math.max(240, canvas.clientWidth || 480);
    const height = 176;
    const [left, bottom, top, right] = [44, 20, 10, 6];
    const most = ceiling(Math.max(1, ...points.flatMap(({ values }) => Object.values(values))));
    // A page that was opened just now shows its minute as a whole.
    const span = Math.min(SPAN, Math.max(60, now - points[0].time));
    const x = (time) => left + (width - left - right) * (1 - (now - time) / span);
    const y = (value) => top + (height - top - bottom) * (1 - value / most);
    const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", focusable: "false" });
    for (const part of [0, 0.5, 1]) {
      picture.append(svg("line", { class: "grid", x1: left, x2: width - right, y1: y(most * part), y2: y(most * part) }));
      picture.append(svg("text", { x: left - 6, y: y(most * part) + 4, "text-anchor": "end" }, brief(most * part)));
    }
    const step = span > 150 ? 60 : 30;
    for (let ago = step; ago <= span; ago += step) {
      const word = ago % 60 ? `−${ago}″` : `−${ago / 60}′`;
      picture.append(svg("text", { x: x(now - ago), y: height - 4, "text-anchor": ago + 15 > span ? "start" : "middle" }, word));
    }
    picture.append(svg("text", { x: width - right, y: height - 4, "text-anchor": "end" }, say("now")));
    const parts = [];
    const items = names.map((name, place) => {
      const own = points.filter(({ values }) => name in values);
      const line = own.map(({ time, values }) => `${x(time).toFixed(1)},${y(values[name]).toFixed(1)}`).join(" ");
      const style = `series-${place + 1}`;
      picture.append(svg("polyline", { class: style, points: line }));
      const last = own.at(-1)?.values[name] ?? 0;
      parts.push(say("chartPart", name, brief(last), brief(Math.max(0, ...own.map(({ values }) => values[name])))));
      return element("li", {},
        svg("svg", { viewBox: "0 0 24 8", "aria-hidden": "true" }, svg("polyline", { class: style, points: "1,4 23,4", fill: "none", "stroke-width": 2 })),
        element("span", {}, name, " ", element("b", {}, brief(last))));
    });
    fill(canvas, picture);
    fill(legend, items);
    caption.textContent = say("chartText", say(titleKey), parts);
  }

  return { node, draw };
}

/** Returns the points of rates and lags of the last five minutes from readings `{time, workers}`. */
export function histories(readings) {
  const rates = [];
  const lags = [];
  for (const [place, { time, workers }] of readings.entries()) {
    lags.push({ time, values: Object.fromEntries(workers.map(({ worker, lag }) => [worker, lag])) });
    const before = readings[place - 1];
    if (!before || time <= before.time) continue;
    const values = {};
    for (const { worker, read } of workers) {
      const old = before.workers.find((other) => other.worker === worker)?.read;
      if (old !== undefined && read >= old) values[worker] = (read - old) / (time - before.time);
    }
    rates.push({ time, values });
  }
  return { rates, lags };
}

/** Whether more entries wait than two seconds' work: a few always do while there is something to do. */
export const isBehind = (lag, rate = 0) => lag > Math.max(50, 2 * rate);

export { SPAN, brief };
