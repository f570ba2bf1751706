// The lists to choose from: groups at the left, people in the boxes.

import { timeLabel } from "./bubble.js";
import { element } from "./element.js";

const inGroup = (person, group) => group.members.includes(person.id) || person.groups.includes(group.id);

// Who may speak in a group, residents first.
export function peopleOf(cast, groupId) {
  const group = cast.groups.find((g) => g.id === groupId);
  const people = cast.people.filter((person) => inGroup(person, group));
  return people.filter((p) => p.kind === "resident").concat(people.filter((p) => p.kind !== "resident"));
}

// Staff in two parts: those who serve the group (grid members first), and the others.
export function staffOptions(cast, groupId) {
  const group = cast.groups.find((g) => g.id === groupId);
  const staff = cast.people.filter((person) => person.kind === "staff");
  const here = staff.filter((person) => inGroup(person, group));
  const members = here.filter((person) => person.title === "网格员");
  return [
    { label: "服务本群", people: members.concat(here.filter((person) => !members.includes(person))) },
    { label: "其他工作人员", people: staff.filter((person) => !here.includes(person)) },
  ];
}

function option(person) {
  const name = person.nick + (person.title && person.title !== "居民" ? " " + person.title : "");
  const made = element("option", "", name);
  made.value = person.id;
  made.dataset.name = name;
  return made;
}

export function fillSelect(select, parts) {
  select.textContent = "";
  for (const part of parts) {
    if (!part.people.length) continue;
    const place = part.label ? select.appendChild(element("optgroup")) : select;
    if (part.label) place.label = part.label;
    place.append(...part.people.map(option));
  }
}

// The number of the building, by which neighbours tell their groups apart.
function faceOf(name) {
  const number = name.match(/\d+|[A-Z]/);
  return number ? number[0] : name.charAt(0);
}

export class GroupList {
  constructor(root, groups, choose) {
    this.rows = new Map();
    for (const group of groups) {
      const button = element("button", "group-row");
      button.type = "button";
      const face = element("span", "group-face", faceOf(group.name));
      face.setAttribute("aria-hidden", "true");
      const words = element("span", "group-words");
      words.append(element("span", "group-name", group.name), element("span", "group-last"));
      const end = element("span", "group-end");
      end.append(element("span", "group-time"), element("b", "badge"));
      button.append(face, words, end);
      button.addEventListener("click", () => choose(group.id));
      root.appendChild(element("li")).append(button);
      this.rows.set(group.id, button);
    }
  }

  select(id) {
    for (const [groupId, row] of this.rows) row.setAttribute("aria-current", String(groupId === id));
  }

  update(chats, unreadOf, nowMs) {
    for (const [id, row] of this.rows) {
      const chat = chats.get("group:" + id);
      const count = unreadOf(id);
      row.querySelector(".group-last").textContent = chat ? chat.preview : "";
      row.querySelector(".group-time").textContent = chat ? timeLabel(chat.sent_at, nowMs) : "";
      row.querySelector(".badge").textContent = count > 99 ? "99+" : count;
      row.querySelector(".badge").hidden = count === 0;
    }
  }
}
