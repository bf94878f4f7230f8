/**
 * Builds elements. Everything that comes from data goes through here as text or as an attribute, never as HTML, so a
 * product called `<img onerror=…>` is just an odd name.
 */

/**
 * Returns an element.
 *
 * @param {string} tag its name, with classes after dots: `"p.quiet.small"`.
 * @param {object} [properties] `onclick` and the like become listeners, `data` becomes data attributes, everything else
 *   an attribute: true without a value, and not at all if it is false, null or undefined.
 * @param {...(Node|string|number|Array)} children texts and elements; false, null and undefined are left out.
 */
export function element(tag, properties = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const made = document.createElement(name);
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "data") Object.assign(made.dataset, value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...texts(children));
  return made;
}

function texts(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

export function byId(id) {
  return document.getElementById(id);
}

/**
 * Makes a node contain what is given. Children that it has already are not touched: they keep the focus and what is
 * typed in them.
 */
export function fill(parent, ...children) {
  const wanted = texts(children).map((child) => (child instanceof Node ? child : document.createTextNode(child)));
  const kept = new Set(wanted);
  for (const old of [...parent.childNodes]) if (!kept.has(old)) old.remove();
  wanted.forEach((child, place) => {
    if (parent.childNodes[place] !== child) parent.insertBefore(child, parent.childNodes[place] ?? null);
  });
}

/** Returns what the browser remembers under a name; null if there is nothing, or it keeps nothing. */
export function recall(key, storage = "localStorage") {
  try {
    return window[storage].getItem(key);
  } catch {
    return null;
  }
}

/** Lets the browser remember a text; null forgets it. If it keeps nothing, that lasts as long as the page. */
export function remember(key, text, storage = "localStorage") {
  try {
    if (text === null) window[storage].removeItem(key);
    else window[storage].setItem(key, text);
  } catch {
    // As said.
  }
}

const drawn = new WeakMap();

/** Fills a parent again only if what it shows looks different now: what is the same keeps the focus. */
export function refill(parent, looks, draw) {
  const now = JSON.stringify(looks);
  if (drawn.get(parent) === now) return;
  drawn.set(parent, now);
  fill(parent, draw());
}

/**
 * Returns a function that shows a list of things, and draws again only those that have changed. The focus on one stays:
 * on the control with the same `data-focus`, or else on the thing.
 */
export function list(parent, keyOf, draw) {
  let shown = new Map();
  return (things, also = "") => {
    const next = new Map();
    for (const thing of things) {
      const key = keyOf(thing);
      const looks = JSON.stringify([thing, also]);
      const old = shown.get(key);
      if (old?.looks === looks) {
        next.set(key, old);
        continue;
      }
      const node = draw(thing);
      next.set(key, { looks, node });
      if (old?.node.contains(document.activeElement)) {
        const focus = document.activeElement.dataset.focus;
        old.node.replaceWith(node);
        const again = focus && [...node.querySelectorAll("[data-focus]")].find((it) => it.dataset.focus === focus);
        if (!again) node.tabIndex = -1;
        (again || node).focus({ preventScroll: true });
      }
    }
    shown = next;
    fill(parent, [...next.values()].map(({ node }) => node));
  };
}
