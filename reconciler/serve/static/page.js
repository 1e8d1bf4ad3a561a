"use strict";
// Asks for the page again and puts what has changed in the place of what there was: what somebody opened stays open.
// Without this script a browser asks for the whole page again.
const shown = new Map();
const parts = (root) => root.querySelectorAll("header, #views, section[id]");
const name = (part) => part.id || part.tagName;

function dress(part) {
  for (const typed of part.querySelectorAll(".typed")) {
    const words = typed.textContent;
    const button = document.createElement("button");
    button.textContent = "copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(words);
      button.textContent = "copied";
      setTimeout(() => { button.textContent = "copy"; }, 1500);
    });
    typed.append(button);
  }
}

function take(fresh) {
  document.title = fresh.title;
  document.body.dataset.again = fresh.body.dataset.again;
  for (const part of parts(fresh)) {
    const here = [...parts(document)].find((one) => name(one) === name(part));
    if (!here || shown.get(name(part)) === part.innerHTML) continue;
    shown.set(name(part), part.innerHTML);
    const open = [...here.querySelectorAll("details[open][id]")].map((one) => one.id);
    here.replaceChildren(...part.childNodes);
    for (const one of here.querySelectorAll("details[id]")) one.open = open.includes(one.id);
    dress(here);
  }
}

async function again() {
  try {
    const answer = await fetch("/", { cache: "no-store" });
    if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), "text/html"));
    document.body.classList.toggle("lost", !answer.ok);
  } catch {
    document.body.classList.add("lost");
  }
  setTimeout(again, Number(document.body.dataset.again) * 1000);
}

for (const part of parts(document)) {
  shown.set(name(part), part.innerHTML);
  dress(part);
}
setTimeout(again, Number(document.body.dataset.again) * 1000);
