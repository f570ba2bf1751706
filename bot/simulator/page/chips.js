// The ready-made sentences, made to fit the group and the last case number seen.

// Numbers the bot names that are no cases.
const HOTLINES = new Set(["12345", "12388", "12315", "12319", "12369", "95598"]);

export function numberIn(texts) {
  for (const text of texts) {
    const plain = text.replace(/https?:\/\/\S+/g, " ");
    const found = plain.match(/\d+/g) || [];
    const number = found.find((digits) => digits.length >= 4 && digits.length <= 9 && !HOTLINES.has(digits));
    if (number) return number;
  }
  return null;
}

function lines(number, texts) {
  return texts.map((text) => ({ text: text.replace("N", number) }));
}

function stepped(step, chips) {
  chips[0].label = step + " " + chips[0].text;
  return chips;
}

export function groupChips(groupName, sample, number) {
  const building = groupName.match(/\d+\s*(号楼|栋|座)/);
  const trouble = (building ? building[0] : "") + "2单元电梯又停了";
  const chips = stepped("①", [{ text: trouble }]);
  chips.push({ label: "照片＋话", text: trouble, photo: sample }, { text: "今晚谁去跳广场舞？", aloof: true });
  return number ? chips.concat(lines(number, ["查 N"])) : chips;
}

export function staffChips(number) {
  if (!number) return [{ text: "我的待办" }, { text: "帮助" }];
  return stepped("②", lines(number, ["办结 N 已重启恢复", "到场 N", "我的待办"]));
}

export function residentChips(number) {
  if (!number) return [{ text: "我的上报" }, { text: "帮助" }];
  return stepped("③", lines(number, ["解决了 N", "没解决 N", "查 N"]));
}
