/** A document for components: imported before anything that looks for one. */
import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!doctype html><body></body>", { url: "https://page.example/" });
const { document, HTMLElement, Element, Node, DocumentFragment, MutationObserver } = window;
Object.assign(globalThis, { window, document, HTMLElement, Element, Node, DocumentFragment, MutationObserver });
Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
