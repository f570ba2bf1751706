// Draws the two charts of the board from the figures in the page; a click leads to the list behind a bar or point.
// Plain ES2017 for old phones. Without this file, or without ECharts, the page shows the same figures as tables.
(function () {
  "use strict";
  var data = document.getElementById("board-data");
  if (!data || !window.echarts) {
    return;
  }
  var figures = JSON.parse(data.textContent);
  var INK = "#4e5969";
  var LINE = "#e5e6eb";
  var TREND = ["#3b82c4", "#07a35a", "#c62a2a"];
  // From quick to slow; the words stand in the legend and the table.
  var BUCKETS = ["#0b7a43", "#4fae72", "#b7d97a", "#f2c14e", "#e2812f", "#b3261e"];
  var charts = [];

  function show(id) {
    var place = document.getElementById(id + "-chart");
    place.hidden = false;
    document.getElementById(id + "-legend").hidden = false;
    place.parentNode.querySelector("details.figures").open = false;
    var chart = window.echarts.init(place, null, { renderer: "canvas" });
    charts.push(chart);
    return chart;
  }

  function leadToLists(chart, series) {
    chart.on("click", function (point) {
      window.location.assign(series[point.seriesIndex].links[point.dataIndex]);
    });
  }

  function axis(more) {
    return Object.assign(
      { axisLabel: { color: INK, fontSize: 13 }, axisLine: { lineStyle: { color: LINE } }, axisTick: { show: false } },
      more
    );
  }

  function drawTrend() {
    var chart = show("trend");
    var room = chart.getWidth() / Math.max(figures.weeks.length, 1);
    chart.setOption({
      animation: false,
      grid: { left: 8, right: 16, top: 24, bottom: 8, containLabel: true },
      xAxis: axis({ type: "category", data: figures.weeks }),
      yAxis: axis({ type: "value", minInterval: 1, splitLine: { lineStyle: { color: LINE } } }),
      series: figures.trend.map(function (one, i) {
        var late = i === figures.trend.length - 1;
        return {
          name: one.name,
          type: late ? "line" : "bar",
          data: one.values,
          cursor: "pointer",
          barMaxWidth: 26,
          symbol: "diamond",
          symbolSize: 9,
          lineStyle: { width: 3, type: "dashed" },
          itemStyle: { color: TREND[i] },
          label: { show: room > (late ? 36 : 72), position: "top", color: TREND[i], fontSize: 12 },
        };
      }),
    });
    leadToLists(chart, figures.trend);
  }

  function drawSteps() {
    var chart = show("steps");
    var totals = figures.step_names.map(function (_name, step) {
      return figures.steps.reduce(function (sum, bucket) {
        return sum + bucket.values[step];
      }, 0);
    });
    chart.setOption({
      animation: false,
      grid: { left: 8, right: 24, top: 8, bottom: 8, containLabel: true },
      xAxis: axis({
        type: "value",
        max: 100,
        axisLabel: { color: INK, formatter: "{value}%" },
        splitLine: { lineStyle: { color: LINE } },
      }),
      yAxis: axis({ type: "category", inverse: true, data: figures.step_names }),
      series: figures.steps.map(function (bucket, i) {
        return {
          name: bucket.name,
          type: "bar",
          stack: "all",
          cursor: "pointer",
          barMaxWidth: 34,
          itemStyle: { color: BUCKETS[i], borderColor: "#fff", borderWidth: 1 },
          data: bucket.values.map(function (n, step) {
            return totals[step] ? (100 * n) / totals[step] : 0;
          }),
          label: {
            show: true,
            fontSize: 12,
            color: i === 2 || i === 3 ? "#1d2129" : "#fff",
            formatter: function (point) {
              return point.value * chart.getWidth() < 4000 ? "" : String(bucket.values[point.dataIndex]);
            },
          },
        };
      }),
    });
    leadToLists(chart, figures.steps);
  }

  drawTrend();
  drawSteps();
  window.addEventListener("resize", function () {
    charts.forEach(function (chart) {
      chart.resize();
    });
  });
})();
