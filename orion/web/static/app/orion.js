// Small behaviours, bound once to the document by data-* attributes, so that swapped-in parts need no set-up.
const root = document.documentElement;

const on = (event, selector, act) =>
  document.addEventListener(event, (e) => {
    const element = e.target.closest?.(selector);
    if (element) act(element, e);
  });

// Theme: "light", "dark", or what the system says.
const showTheme = () => {
  const current = localStorage.getItem("theme") ?? "system";
  for (const button of document.querySelectorAll("[data-theme-set]"))
    button.ariaPressed = String(button.dataset.themeSet === current);
};
on("click", "[data-theme-set]", (button) => {
  const theme = button.dataset.themeSet;
  if (theme === "system") {
    localStorage.removeItem("theme");
    delete root.dataset.theme;
  } else {
    localStorage.setItem("theme", theme);
    root.dataset.theme = theme;
  }
  showTheme();
});

// Quick fill: puts the values of data-fill into the fields of the form around it.
on("click", "[data-fill]", (link, e) => {
  const form = link.closest("form");
  for (const [name, value] of Object.entries(JSON.parse(link.dataset.fill))) form.elements[name].value = value;
  form.elements.source_url.focus();
  e.preventDefault();
});

// Inherit: empties the field; saving is the form's own button. Without scripts the button saves at once.
on("click", "[data-inherit]", (button, e) => {
  const control = button.form.elements[button.value];
  control.value = "";
  control.focus();
  e.preventDefault();
});

// Choose all: the boxes of that name on the page.
on("change", "[data-check-all]", (all) => {
  for (const box of document.getElementsByName(all.dataset.checkAll)) box.checked = all.checked;
});

// A select that sends its form as soon as it is changed.
on("change", "[data-submit]", (select) => select.form.requestSubmit());

// Dialogs: what is swapped into one opens it; the button, Escape and the backdrop close it.
const dialog = document.querySelector("dialog.dialog");
document.addEventListener("htmx:after:swap", (e) => {
  showTimes();
  if (dialog && e.detail.ctx?.target === dialog && !dialog.open) dialog.showModal();
});
on("click", "[data-close]", (button) => button.closest("dialog").close());
on("click", "dialog", (element, e) => {
  if (e.target === element) element.close();
});
dialog?.addEventListener("close", () => {
  document.body.append(toasts);
  dialog.replaceChildren();
});
document.addEventListener("close-dialog", () => dialog?.close());

// Messages: the server sends them as an event; a failed request that says nothing gets the general one.
const toasts = document.getElementById("toasts");
const toast = (text, kind) => {
  if ([...toasts.children].some((shown) => shown.textContent === text)) return;
  (dialog?.open ? dialog : document.body).append(toasts); // nothing outside an open dialog can be seen
  const element = document.createElement("div");
  element.className = `toast ${kind}`;
  element.textContent = text;
  toasts.append(element);
  setTimeout(() => element.remove(), 7000);
};
document.addEventListener("toast", (e) => {
  const { text, kind } = e.detail.value ?? e.detail;
  toast(text, kind);
});
document.addEventListener("htmx:response:error", (e) => {
  const { status, headers } = e.detail.ctx.response;
  if (status !== 422 && !headers.get("HX-Trigger") && !headers.get("HX-Redirect")) toast(toasts.dataset.failed, "bad");
});
document.addEventListener("htmx:error", () => toast(toasts.dataset.failed, "bad"));

// Times: the server writes UTC, the reader sees their own zone.
const format = new Intl.DateTimeFormat(root.lang === "en" ? "en-GB" : root.lang, {
  dateStyle: "medium",
  timeStyle: "medium",
});
const showTimes = () => {
  for (const time of document.querySelectorAll("time[data-local]"))
    time.textContent = format.format(new Date(time.dateTime));
  for (const time of document.querySelectorAll("time[data-title-local]"))
    time.title = format.format(new Date(time.dateTime));
};

showTheme();
showTimes();
