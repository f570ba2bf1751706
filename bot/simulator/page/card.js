// A template card as WeCom draws one: title, words and short fields; choices and buttons under a line.

import { element } from "./element.js";

function field(pair) {
  const row = element("div", "card-field");
  row.append(element("span", "card-key", pair[0]), element("span", "card-value", pair[1]));
  return row;
}

function head(card) {
  const opens = /^https?:\/\//.test(card.link);
  const made = element(opens ? "a" : "div", "card-head");
  if (opens) {
    made.href = card.link;
    made.target = "_blank";
    made.rel = "noopener noreferrer";
  }
  made.append(element("p", "card-title", card.title));
  if (card.desc) made.append(element("p", "card-body", card.desc));
  if (card.body) made.append(element("p", "card-body", card.body));
  if (card.fields.length) made.append(...card.fields.map(field));
  return made;
}

function dropDown(selection) {
  const made = element("label", "card-choice");
  const select = element("select");
  for (const one of selection.option_list) {
    const option = element("option", "", one.text);
    option.value = one.id;
    option.selected = one.id === selection.selected_id;
    select.append(option);
  }
  made.append(element("span", "", selection.title || "请选择"), select);
  return made;
}

// `press(key, chosen)` hands the button over; its card is shown anew when the platform has changed it.
export function cardElement(card, press) {
  const made = element("div", "card");
  made.append(head(card));
  const foot = element("div", "card-foot");
  const choice = card.selection ? dropDown(card.selection) : null;
  if (choice) foot.append(choice);
  const row = element("div", "card-buttons");
  card.buttons.forEach((button, index) => {
    const pressed = element("button", index ? "card-button" : "card-button first", button.text);
    pressed.type = "button";
    pressed.addEventListener("click", () => {
      const chosen = choice ? { [card.selection.question_key]: [choice.querySelector("select").value] } : {};
      press(button.key, chosen);
    });
    row.append(pressed);
  });
  if (card.done) row.append(element("span", "card-done", card.done));
  foot.append(row);
  if (row.childNodes.length) made.append(foot);
  return made;
}
