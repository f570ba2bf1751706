// Draws the two plots of docs/simulation.md from what `suishoupai simulate` printed:
//   suishoupai simulate --days 365 > var/year.json && node docs/plots.mjs var/year.json docs/images
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const echarts = createRequire(import.meta.url)("echarts");
const [, , source, folder] = process.argv;
const lived = JSON.parse(readFileSync(source, "utf8"));
const FONT = "Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif";

function draw(name, title, weeks, series, unit) {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: 960, height: 400 });
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    textStyle: { fontFamily: FONT },
    title: { text: title, left: 16, top: 12, textStyle: { fontSize: 16 } },
    legend: { top: 12, right: 16 },
    grid: { left: 56, right: 24, top: 64, bottom: 40 },
    xAxis: { type: "category", data: weeks, boundaryGap: false },
    yAxis: { type: "value", name: unit, minInterval: 1 },
    series: series.map(([label, color, data, dashed]) => ({
      name: label, type: "line", data, showSymbol: false, color,
      lineStyle: { width: 2, type: dashed ? "dashed" : "solid" },
    })),
  });
  writeFileSync(`${folder}/${name}.svg`, chart.renderToSVGString());
  chart.dispose(); // else its timers keep node running
}

const column = (rows, key) => rows.map((row) => row[key]);
const { by_week: flow, messages_a_day: load } = lived;
draw("simulated-flow", `模拟 ${lived.days} 天：每周受理、办结与周末超期`, column(flow, "monday"), [
  ["受理", "#2f6fb5", column(flow, "received")],
  ["办结", "#1a9850", column(flow, "resolved")],
  ["周末仍超期", "#c62a2a", column(flow, "overdue"), true],
], "件");
draw("simulated-load", `模拟 ${lived.days} 天：工作人员每人每天收到的消息`, column(load, "week"), [
  ["平均", "#2f6fb5", column(load, "mean")],
  ["95% 的人不超过", "#1a9850", column(load, "p95")],
  ["最多", "#c62a2a", column(load, "most"), true],
], "条");
