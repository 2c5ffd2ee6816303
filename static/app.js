// Pages work the same without this file; it only makes them quicker. What it adds:
//   swap   a form with data-swap="id" sends itself and replaces that element, without a page load
//   keys   / find, c share, j k move, Enter open, 1-5 rate, u used, a m decide in the review; never in a field, never with Ctrl or Alt
//          and on pages that offer it p to print, e to take the numbers along
//   draft  a text being written survives a closed window, in this browser only
// The server knows nothing of it: a form gets the page it would get anyway.

const live = () => document.getElementById("live");

// ---- saying

/** Tells what happened, to the eye and to a screen reader. */
function say(text) {
  const region = live();
  if (!region) return;
  region.className = "vh";
  region.replaceChildren(text);
}

/** Takes over the message of a fetched page, with its button if it has one. */
function sayAsOn(page) {
  const theirs = page.getElementById("live");
  const ours = live();
  if (!theirs || !ours || !theirs.textContent.trim()) return;
  ours.className = theirs.className;
  ours.replaceChildren(...[...theirs.childNodes].map((node) => document.importNode(node, true)));
}

// ---- swap

/** The request under way for each element, so that a second one takes its place. */
const underWay = new Map();

/** What finds the same control again in the new element: its name and value, or its text. */
function traceOf(control, inside) {
  if (!control || !inside.contains(control)) return null;
  const form = control.form && new URL(control.form.action).pathname;
  return { id: control.id, form, name: control.name, value: control.value, tag: control.tagName };
}

function find(trace, inside) {
  if (!trace) return null;
  if (trace.id) return document.getElementById(trace.id);
  const all = [...inside.querySelectorAll(trace.tag)];
  const sameForm = (one) => !trace.form || (one.form && new URL(one.form.action).pathname === trace.form);
  return all.find((one) => sameForm(one) && one.name === trace.name && one.value === trace.value) ?? null;
}

/** Sends a form as the browser would and puts the answer's element in place of ours. */
async function swap(form, button) {
  const id = form.dataset.swap;
  const target = document.getElementById(id);
  if (!target) return form.submit();
  underWay.get(id)?.abort();
  const stop = new AbortController();
  underWay.set(id, stop);

  const fields = new URLSearchParams(new FormData(form));
  if (button?.name) fields.append(button.name, button.value);
  const get = form.method === "get";
  const address = new URL(form.action);
  if (get) address.search = fields;
  const trace = traceOf(button ?? document.activeElement, target);
  target.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, {
      method: form.method,
      body: get ? null : fields,
      signal: stop.signal,
      credentials: "same-origin",
      headers: { accept: "text/html" },
    });
    const html = answer.headers.get("content-type")?.startsWith("text/html") ? await answer.text() : "";
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = page.getElementById(id);
    // The sign-in page, an error, or a list it no longer belongs to: go where the browser would have gone.
    if (!answer.ok || !fresh) return leave(answer, page, target);
    const element = document.importNode(fresh, true);
    target.replaceWith(element);
    if (get) history.pushState(null, "", answer.url);
    sayAsOn(page);
    const focus = find(trace, element) ?? element.querySelector("h2 a, button, a");
    focus?.focus({ preventScroll: true });
  } catch (error) {
    target.removeAttribute("aria-busy");
    if (error.name !== "AbortError") say("Nothing was sent: the connection failed. Try again.");
  } finally {
    if (underWay.get(id) === stop) underWay.delete(id);
  }
}

function leave(answer, page, target) {
  target.removeAttribute("aria-busy");
  if (answer.ok && answer.redirected) {
    // Rated away from "To rate": the row goes, the page stays.
    const row = target.closest(".lots > li");
    if (row && page.querySelector(".lots") && new URL(answer.url).pathname === location.pathname) {
      const next = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      sayAsOn(page);
      next?.querySelector("h2 a")?.focus({ preventScroll: true });
      if (next) return;
    }
    location.assign(answer.url);
    return;
  }
  const heading = page.querySelector("h1")?.textContent.trim();
  const sentence = page.querySelector(".deck, .problem")?.textContent.trim();
  say([heading, sentence].filter(Boolean).join(". ") || "That did not work. Load the page again.");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.swap || event.defaultPrevented) return;
  event.preventDefault();
  swap(form, event.submitter);
});

// ---- keys

/** Whether a key belongs to whoever types. */
function isTyping(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

const lots = () => [...document.querySelectorAll(".lot, .queue > li")];

/** The lot the focus is in, or was moved to last. */
function current() {
  const focused = document.activeElement?.closest?.(".lot, .queue > li");
  return focused ?? document.querySelector(".is-current:is(.lot, .queue > li)");
}

function moveTo(lot) {
  if (!lot) return;
  document.querySelector(".is-current:is(.lot, .queue > li)")?.classList.remove("is-current");
  lot.classList.add("is-current");
  lot.querySelector("h2 a")?.focus({ preventScroll: true });
  lot.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = lots();
  const at = all.indexOf(current());
  moveTo(all[Math.min(Math.max(at + by, 0), all.length - 1)]);
}

/** Presses a button of the current lot, or of the page of one insight. */
function press(selector) {
  const place = current() ?? (lots().length ? null : document);
  const button = place?.querySelector(selector);
  if (button) button.click();
  return Boolean(button);
}

const KEYS = {
  "/": () => focusOn("#q, #find"),
  c: () => focusOn("#c-text, #text") || location.assign("/insights/new"),
  j: () => step(1),
  k: () => step(-1),
  u: () => press('form[action$="/use"] button'),
  // In the review: the gentlest decision, or the merge; then one says why.
  a: () => choose(".ruling input[type=radio]"),
  m: () => choose('.ruling input[value="merge_into_first"]'),
  p: () => follow("p"),
  e: () => follow("e"),
};
for (const value of "12345") KEYS[value] = () => press(`.rate button[value="${value}"]`);

/** Presses the link of this page that has the key. */
function follow(key) {
  const link = document.querySelector(`a[data-key="${key}"]`);
  link?.click();
  return Boolean(link);
}

// A link that prints this page where there are scripts; without them it leads to what is made for paper.
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("a[data-print]")) return;
  event.preventDefault();
  window.print();
});

function choose(selector) {
  const choice = document.querySelector(selector);
  if (!choice) return false;
  choice.checked = true;
  return focusOn(".ruling textarea");
}

function focusOn(selector) {
  const field = [...document.querySelectorAll(selector)].find((one) => one.offsetParent);
  if (!field) return false;
  field.focus();
  field.select?.();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
  if (document.documentElement.dataset.keys === "off" || isTyping(event.target)) return;
  const act = KEYS[event.key];
  // A page without such a thing leaves the key to the browser.
  if (act && act() !== false) event.preventDefault();
});

// Ctrl+Enter sends the form one is writing in.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.target.tagName !== "TEXTAREA") return;
  event.preventDefault();
  event.target.form?.requestSubmit();
});

// ---- draft

/** Storage may be switched off: then a draft lives as long as the page. */
function stored(work) {
  try {
    return work(localStorage);
  } catch {
    return null;
  }
}

function keepDraft(form) {
  const field = form.querySelector('textarea[name="text"]');
  if (!field) return;
  const name = "tradewind-draft";
  const kept = stored((storage) => storage.getItem(name));
  // What the server put there, after an error or from a link, is newer.
  if (kept && !field.value) {
    field.value = kept;
    say("What you were writing is here again.");
  }
  let timer;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      stored((storage) => (field.value ? storage.setItem(name, field.value) : storage.removeItem(name)));
    }, 400);
  });
  // Sent is not arrived: the draft goes when the next page says that it was kept.
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    stored((storage) => storage.setItem(name, field.value));
    stored(() => sessionStorage.setItem("tradewind-sent", "yes"));
  });
}

function forgetSent() {
  const sent = stored(() => sessionStorage.getItem("tradewind-sent"));
  stored(() => sessionStorage.removeItem("tradewind-sent"));
  if (sent && live()?.classList.contains("said")) stored((storage) => storage.removeItem("tradewind-draft"));
}

forgetSent();

for (const form of document.querySelectorAll('form[action="/insights"]')) keepDraft(form);

// Whoever signs out leaves no text behind on a shared computer.
for (const form of document.querySelectorAll('form[action="/sign-out"]')) {
  form.addEventListener("submit", () => stored((storage) => storage.removeItem("tradewind-draft")));
}
