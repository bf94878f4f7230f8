/** The words of the page in the language of the person. Each language is a file, and only the one in use is loaded. */

import { makeLanguage } from "./language.js";

export const words = await makeLanguage((code) => import(`./market-${code}.js`));
export const say = words.say;

/** Returns a price in won. */
export const won = (price) => say("won", words.number(price ?? 0));
