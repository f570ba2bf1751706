// The small menu of a message: by a long press, a right click, or the button beside the bubble.

const PRESS_MS = 450;
const EDGE_PX = 8;
const menu = document.getElementById("menu");
let actions = {};
let opener = null;

function close() {
  menu.hidden = true;
}

function open(row, offered, x, y) {
  if (!Object.keys(offered).length) return;
  actions = offered;
  opener = row.querySelector(".more");
  for (const item of menu.children) item.hidden = !actions[item.dataset.does];
  menu.hidden = false;
  const right = window.innerWidth - menu.offsetWidth - EDGE_PX;
  const bottom = window.innerHeight - menu.offsetHeight - EDGE_PX;
  menu.style.left = Math.max(EDGE_PX, Math.min(x, right)) + "px";
  menu.style.top = Math.max(EDGE_PX, Math.min(y, bottom)) + "px";
  menu.querySelector("button:not([hidden])").focus();
}

menu.addEventListener("click", (event) => {
  const item = event.target.closest("button");
  const act = item && actions[item.dataset.does];
  close();
  if (act) act();
});
document.addEventListener("pointerdown", (event) => {
  if (!menu.contains(event.target)) close();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || menu.hidden) return;
  close();
  opener.focus();
});

// `actionsFor(id)` answers {quote} with a function where that is allowed; nobody tells a robot of a recall.
export function offerMenu(log, actionsFor) {
  let timer = 0;
  const rowOf = (event) => event.target.closest(".row");
  const openAt = (row, x, y) => open(row, actionsFor(row.dataset.id), x, y);
  log.addEventListener("contextmenu", (event) => {
    const row = event.target.closest(".bubble") && rowOf(event);
    if (!row) return;
    event.preventDefault();
    clearTimeout(timer);
    openAt(row, event.clientX, event.clientY);
  });
  log.addEventListener("click", (event) => {
    const button = event.target.closest(".more");
    if (!button) return;
    const box = button.getBoundingClientRect();
    openAt(rowOf(event), box.left, box.bottom);
  });
  // iOS fires no contextmenu event at a long press.
  log.addEventListener("pointerdown", (event) => {
    const row = event.pointerType === "touch" && event.target.closest(".bubble") && rowOf(event);
    clearTimeout(timer);
    if (row) timer = setTimeout(() => openAt(row, event.clientX, event.clientY - 60), PRESS_MS);
  });
  for (const end of ["pointerup", "pointercancel", "pointermove", "scroll"]) {
    log.addEventListener(end, (event) => {
      // A finger never lies quite still.
      if (end !== "pointermove" || Math.abs(event.movementX) + Math.abs(event.movementY) > 6) clearTimeout(timer);
    });
  }
}
