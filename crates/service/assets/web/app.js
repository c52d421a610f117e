// What makes pages quicker and kinder. Every page works without.
"use strict";

document.documentElement.classList.add("scripted");

/** Says something at the foot of the window for a while. */
function toast(text) {
  const note = document.createElement("p");
  note.className = "toast";
  note.textContent = text;
  document.getElementById("toasts")?.append(note);
  setTimeout(() => note.remove(), 6000);
}

/** Times in the reader's own time zone. */
function localise(root) {
  for (const time of root.querySelectorAll("time[data-local]")) {
    const at = new Date(time.dateTime);
    const day = at.toDateString() === new Date().toDateString() ? {} : { month: "short", day: "numeric" };
    const exactly = { ...day, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
    time.textContent = time.dataset.local === "seconds" ? at.toLocaleString(undefined, exactly) : at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  }
}
localise(document);
document.addEventListener("htmx:load", (event) => localise(event.detail.elt));

// Live order: the state goes into the title, and is said once to who listens.
document.addEventListener("htmx:sseMessage", () => {
  const order = document.querySelector(".delivery");
  const said = document.getElementById("said");
  if (!order || !said || said.textContent === order.dataset.said) return;
  said.textContent = order.dataset.said;
  document.title = document.title.replace(/^.*? Order/, `${order.dataset.said} Order`);
});

// What was pressed keeps the focus when htmx swaps the cart.
document.addEventListener("htmx:afterSwap", (event) => {
  const pressed = event.detail.requestConfig?.triggeringEvent?.submitter?.id;
  if (pressed) document.getElementById(pressed)?.focus();
});

// What somebody is in the middle of is not swapped away.
document.addEventListener("htmx:beforeSwap", (event) => {
  const typing = event.detail.target.querySelector("input:focus, select:focus, textarea:focus");
  if (typing || document.getElementById("ask")?.open) event.detail.shouldSwap = false;
});

document.addEventListener("htmx:responseError", () => toast("That did not work. Please reload the page and try again."));
document.addEventListener("htmx:sendError", (event) => {
  if (event.detail.requestConfig?.verb !== "get") toast("We could not be reached. Please try again.");
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    toast("Copied. Handle with care, it is hot.");
  } catch {
    // Without HTTPS there is no clipboard.
    getSelection().selectAllChildren(source);
    toast("It is selected: copy it with your keyboard.");
  }
});

// Forms that ask first.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const dialog = document.getElementById("ask");
  if (!form.dataset.ask || form.dataset.sure || !dialog?.showModal) return;
  event.preventDefault();
  dialog.querySelector("p").textContent = form.dataset.ask;
  dialog.onclick = ({ target }) => {
    if (target.closest("[data-yes]")) {
      form.dataset.sure = "yes";
      dialog.close();
      form.requestSubmit();
    } else if (target === dialog || target.closest("[data-no]")) {
      dialog.close();
    }
  };
  dialog.showModal();
});
