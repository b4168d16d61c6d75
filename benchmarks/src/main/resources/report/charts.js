'use strict';

// What the charts show: all engines and repeats of a scenario in each.

const REPEATS = ' Of several repeats, the one in front is that with the median p99; the others are'
  + ' faint.';
const COMMITTED = 'committed verdicts/s';
const measured = series => (series ?? []).filter(point => point[0] >= 0);
// The load ends within the last second.
const wholeSeconds = series => measured(series).slice(0, -1);
const committedRate = run => wholeSeconds(run.throughput?.series);
const seconds = (run, field) => (run.latency_ms?.series ?? [])
  .map(second => [second.t, second.count === 0 ? null : second[field]]);

/** A line for each run that has points; one of each engine is not faint. */
function lines(scenario, points) {
  return scenario.engines.flatMap(engine => {
    const runs = engine.runs.filter(run => points(run).length > 0);
    const front = runs.includes(engine.runs[engine.front]) ? engine.runs[engine.front] : runs[0];
    return runs.map(run => (
      {name: engine.name, style: engine.style, faint: run !== front, points: points(run)}));
  });
}

const frontOf = scenario => scenario.engines[0].runs[scenario.engines[0].front];
const faults = (scenario, zero) => frontOf(scenario).faults.map(fault =>
  ({from: fault.at_s - (zero ?? 0), to: fault.ended_at_s - (zero ?? 0), text: fault.fault}));

/** The objective for a percentile of the committed latency. */
function limits(scenario, percentile) {
  const targets = runsOf(scenario).flatMap(run => run.objectives)
    .filter(each => !each.goal && (each.name + ' ').startsWith('committed ' + percentile + ' '))
    .map(each => /^<=?\s*([0-9.]+)\s*ms/.exec(each.target)).filter(found => found);
  return unique(targets.map(found => Number(found[1])))
    .map(at => ({at, text: `objective: ${percentile} < ${at} ms`}));
}

/** A chart over the time since the warm-up, in the unit that suits its length. */
function overTime(scenario, id, title, y, series, more) {
  const last = greatest(series.flatMap(line => line.points.map(point => point[0])));
  const [unit, size] = last >= 10800 ? ['h', 3600] : last >= 600 ? ['min', 60] : ['s', 1];
  const scaled = series.map(line => Object.assign({}, line,
    {points: line.points.map(point => [point[0] / size, point[1]])}));
  const events = faults(scenario).map(event =>
    ({from: event.from / size, to: event.to / size, text: event.text}));
  return Object.assign({id: scenario.id + '-' + id, title,
    x: `time since the measured part began, ${unit}`, y, series: scaled, events}, more);
}

/** Values far apart share a linear axis badly. */
function farApart(series) {
  const values = sorted(series.flatMap(line => line.points.map(point => point[1])));
  return values[0] > 0 && values.at(-1) > 30 * values[values.length >> 1];
}

function throughputChart(scenario) {
  const series = lines(scenario, committedRate);
  const sent = scenario.engines.map(engine => engine.runs[engine.front])
    .map(run => wholeSeconds(run.throughput?.published_series)).find(points => points.length > 1);
  return overTime(scenario, 'throughput', 'Throughput over time', COMMITTED,
    sent ? series.concat({name: 'published', style: -1, points: sent}) : series,
    {csv: 'throughput', caption: 'Verdicts that a read_committed reader received in each second.'
      + REPEATS});
}

function latencyChart(scenario, percentile) {
  const series = lines(scenario, run => seconds(run, percentile).filter(point => point[0] >= 0));
  return overTime(scenario, 'latency-' + percentile, 'Committed latency over time: ' + percentile,
    percentile + ', committed, ms', series,
    {csv: 'latency', log: farApart(series), limits: limits(scenario, percentile),
      caption: `The ${percentile} of what was sent in each second, from the intended send time to`
        + ' the return of a read_committed poll.' + REPEATS});
}

/** The curve up to the last percentile that a single record can reach; x is the number of nines. */
function curve(run) {
  const latency = run.latency_ms?.committed;
  if (!latency) {
    return [];
  }
  const last = isNumber(latency.count) ? 100 - 100 / Math.max(latency.count, 2) : 99.999;
  const points = latency.percentiles.length > 0 ? latency.percentiles
    : [[50, latency.p50], [90, latency.p90], [95, latency.p95], [99, latency.p99],
      [99.9, latency.p999]];
  return points.filter(point => point[0] < last).concat([[last, latency.max]])
    .map(point => [-Math.log10(1 - point[0] / 100), point[1]]);
}

function distributionChart(scenario) {
  return {id: scenario.id + '-latency-distribution', title: 'Committed latency by percentile',
    x: 'percentile', y: 'committed latency, ms', log: true, nines: true,
    series: lines(scenario, curve), csv: 'distribution',
    caption: 'Each further nine on the axis is ten times rarer. Read: so many percent of all'
      + ' verdicts took at most so long.' + REPEATS};
}

/** The latency and the throughput around each fault. */
function recoveryCharts(scenario) {
  return frontOf(scenario).faults.flatMap((fault, i) => {
    const after = greatest([30].concat(
      runsOf(scenario).map(run => run.faults[i]?.caught_up_after_s * 1.4)));
    const around = points => points
      .filter(point => point[0] >= Math.max(0, fault.at_s - 10) && point[0] <= fault.at_s + after)
      .map(point => [point[0] - fault.at_s, point[1]]);
    const series = lines(scenario, run => around(seconds(run, 'max')));
    const both = {x: 'time since the fault, s', events: faults(scenario, fault.at_s).slice(i, i + 1)};
    const id = scenario.id + '-recovery-' + (i + 1);
    return [
      Object.assign({id: id + '-latency', title: 'Recovery: slowest verdict, ' + fault.fault,
        y: 'greatest latency, ms', log: farApart(series), series, csv: 'latency',
        caption: 'By the second in which the transaction should have been sent: the first seconds'
          + ' wait for the engine to come back, the later ones for it to catch up.'}, both),
      Object.assign({id: id + '-throughput', title: 'Recovery: throughput, ' + fault.fault,
        y: COMMITTED, series: lines(scenario, run => around(committedRate(run))),
        csv: 'throughput', caption: 'No verdicts while the engine is away; above the offered rate'
          + ' while it catches up.'}, both)];
  });
}

function searchChart(scenario) {
  const series = lines(scenario, run => run.search.map(step => [step.offered_per_s, step.p99_ms])
    .sort((a, b) => a[0] - b[0]));
  return {id: scenario.id + '-search', title: 'Latency by rate: p99',
    x: 'offered transactions per second', y: 'p99, committed, ms',
    log: farApart(series), series, limits: limits(scenario, 'p99'), csv: 'search',
    caption: 'The steps of the search for the highest rate that still holds the objective.'};
}

/** By whole seconds: the processes are sampled one after the other. */
function total(run, field) {
  const sums = new Map();
  run.resources.filter(process => process.process !== 'load').forEach(process => {
    const used = new Map(process.series.filter(sample => isNumber(sample[field]))
      .map(sample => [Math.round(sample.t), sample[field]]));
    used.forEach((value, t) => sums.set(t, (sums.get(t) ?? 0) + value));
  });
  return [...sums].sort((a, b) => a[0] - b[0]);
}

function resourceCharts(scenario) {
  const cores = unique(runsOf(scenario).map(run => run.environment?.cores)).filter(isNumber);
  return [
    overTime(scenario, 'cpu', 'CPU over time', 'busy cores',
      lines(scenario, run => total(run, 'cpu_cores')), {csv: 'resources',
        limits: cores.map(at => ({at, text: `the machine's ${at} cores`})),
        caption: 'The engine and Kafka, without the measuring process; the table tells the processes'
          + ' apart.'}),
    overTime(scenario, 'memory', 'Memory over time', 'resident memory, MiB',
      lines(scenario, run => total(run, 'rss_mb')),
      {csv: 'resources', caption: 'The engine and Kafka, without the measuring process.'}),
    overTime(scenario, 'lag', 'Consumer lag', 'records',
      lines(scenario, run => measured(run.consumer_lag?.series)),
      {csv: 'lag', caption: 'Inputs written but not yet read. A lag that keeps growing: the engine does not keep'
        + ' up.'})];
}

function checkpointsChart(scenario) {
  const series = lines(scenario, run => run.checkpoints.map(each => [each.at_s, each.duration_ms]));
  return overTime(scenario, 'checkpoints', 'Checkpoint durations', 'duration, ms',
    series, {csv: 'checkpoints', log: farApart(series), caption: 'From trigger to completion, by the time of the trigger.'});
}

/** A chart for each metric whose growth was judged, a line for each process. */
function growthCharts(scenario) {
  const trends = runsOf(scenario).flatMap(run => run.leaks?.trends ?? []);
  const units = new Map(trends.map(trend => [trend.figure, trend.unit]));
  return [...units].sort().map(([metric, unit]) => {
    const processes = unique(trends.filter(trend => trend.figure === metric)
      .map(trend => trend.process));
    const series = processes.flatMap((process, i) => lines(scenario, run =>
      run.leaks?.trends.find(trend => trend.figure === metric && trend.process === process)?.series
        ?? []).map(line => Object.assign(line,
      {name: line.name + ': ' + process, style: line.style + i})));
    return overTime(scenario, 'trend-' + metric.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
      'Growth: ' + metric, metric + ', ' + unit, series,
      {csv: 'growth', fromZero: false, caption: 'The samples that the verdict rests on.'});
  });
}

// How they look. Colours differ for colour-blind readers, too (Okabe and Ito), and dashes tell
// lines apart without colour.

const STYLES = [['#0072b2', []], ['#d55e00', [7, 3]], ['#009e73', [2, 2]], ['#808080', [9, 3, 2, 3]],
  ['#cc79a7', [5, 2]], ['#8c6d00', [1, 2]], ['#3aa3dc', [10, 2]]];
const PAPER = 690;
const drawn = [];
let charts = 0;

const themed = name => () => getComputedStyle(document.documentElement).getPropertyValue(name);

/** Lines of objectives, and where faults happened. */
function drawMarks(plot, chart) {
  const {ctx, bbox} = plot;
  const pixel = uPlot.pxRatio;
  ctx.save();
  ctx.font = 11 * pixel + 'px sans-serif';
  ctx.strokeStyle = ctx.fillStyle = themed('--bad')();
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  ctx.setLineDash([4 * pixel, 3 * pixel]);
  (chart.limits ?? []).forEach(limit => {
    const y = plot.valToPos(limit.at, 'y', true);
    if (y >= bbox.top && y <= bbox.top + bbox.height) {
      ctx.strokeRect(bbox.left, y, bbox.width, 0);
      ctx.fillText(limit.text, bbox.left + 6 * pixel, y - 4 * pixel);
    }
  });
  (chart.events ?? []).forEach(event => {
    const x = plot.valToPos(event.from, 'x', true);
    ctx.strokeRect(x, bbox.top, 0, bbox.height);
    ctx.fillText(event.text, x + 4 * pixel, bbox.top + 12 * pixel);
    if (isNumber(event.to)) {
      ctx.globalAlpha = 0.1;
      ctx.fillRect(x, bbox.top, plot.valToPos(event.to, 'x', true) - x, bbox.height);
      ctx.globalAlpha = 1;
    }
  });
  ctx.restore();
}

function seriesOptions(line) {
  const [colour, dash] = STYLES[line.style % STYLES.length] ?? ['#9aa5b1', [1, 3]];
  return {label: line.name, stroke: colour + (line.faint ? '55' : ''), dash, width: 1.5,
    class: line.faint ? 'faint' : 'front', value: (plot, value) => brief(value),
    points: {show: !line.faint && line.points.length < 30}};
}

function plotOptions(chart, width) {
  const axis = {stroke: themed('--text'), labelFont: '12px system-ui, sans-serif', labelSize: 20,
    grid: {stroke: themed('--line'), width: 1},
    ticks: {stroke: themed('--line'), width: 1}};
  const highest = Math.max.apply(null, (chart.limits ?? []).map(limit => limit.at));
  const percentile = nines => String(Number((100 - 100 / 10 ** nines).toFixed(6)));
  const range = (plot, least, most) => uPlot.rangeNum(
    chart.fromZero === false ? least : 0, highest < 4 * most ? Math.max(most, highest) : most,
    0.1, chart.fromZero !== false);
  return {width, height: width < 600 ? 240 : 300,
    scales: {x: {time: false}, y: chart.log ? {distr: 3} : {range}},
    axes: [
      Object.assign({label: chart.x, size: 34}, chart.nines && {
        incrs: [1], values: (plot, nines) => nines.map(percentile)}, axis),
      Object.assign({label: chart.y, size: 64,
        values: (plot, values) => values.map(v => v == null ? '' : v.toLocaleString('en-US'))}, axis)],
    series: [{label: 'at', value: (plot, x) => chart.nines && isNumber(x)
      ? percentile(x) : brief(x)}].concat(chart.series.map(seriesOptions)),
    hooks: {draw: [plot => drawMarks(plot, chart)]}};
}

/** A figure, or null without points; its canvas is drawn once it has a width. */
function figure(chart) {
  if (chart.series.length === 0) {
    return null;
  }
  charts++;
  const place = element('div', {class: 'chart'});
  drawn.push({chart, place});
  return element('figure', {id: chart.id}, element('h4', {}, chart.title), place,
    element('figcaption', {}, link(chart.id, 'Chart ' + charts), '. ' + chart.caption + ' Data: ',
      element('a', {href: chart.file}, chart.file), '.'));
}

function drawCharts() {
  drawn.forEach(each => {
    const columns = each.chart.series.map(line => [line.points.map(point => point[0]),
      line.points.map(point =>
        isNumber(point[1]) && (point[1] > 0 || !each.chart.log) ? point[1] : null)]);
    each.plot = new uPlot(plotOptions(each.chart, each.place.clientWidth), uPlot.join(columns),
      each.place);
  });
  const resize = width => drawn.forEach(each => each.plot.setSize(
    {width: width ?? each.place.clientWidth, height: each.plot.height}));
  const onPaper = printing => {
    document.documentElement.classList.toggle('print', printing);
    resize(printing ? PAPER : undefined);
  };
  addEventListener('resize', () => {
    if (!document.documentElement.classList.contains('print')) {
      resize();
    }
  });
  addEventListener('beforeprint', () => onPaper(true));
  addEventListener('afterprint', () => onPaper(false));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => resize());
}
